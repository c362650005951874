//! The engine of mqttspec: from scenario text to cases, from cases and a server's bytes to events and verdicts.
//!
//! It knows no socket, no clock and no report. Bytes, closes and the time go in; bytes, closes, deadlines and events
//! come out.

pub mod event;
pub mod operation;
pub mod plan;
pub mod player;
pub mod scenario;
pub mod statement;
mod template;
pub mod watch;
