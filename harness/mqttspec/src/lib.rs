//! mqttspec: tells, statement by statement and with evidence, whether an MQTT server obeys MQTT 3.1.1 and 5.0.

pub mod authority;
pub mod baseline;
pub mod bundle;
pub mod campaign;
pub mod cli;
pub mod corpus;
pub mod coverage;
pub mod explain;
pub mod interpretations;
pub mod merge;
mod overlay;
pub mod probe;
pub mod report;
pub mod run;
pub mod selftest;
pub mod serve;
mod signals;
pub mod target;
mod transport;
mod words;
