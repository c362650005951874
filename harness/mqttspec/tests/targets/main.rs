//! Targets: servers that are ready, and every way in which one is not.

mod mosquitto;
mod programs;
mod readiness;
mod scripted;
