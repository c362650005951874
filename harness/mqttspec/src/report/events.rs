//! The event stream: one JSON object a line, written as it happens, so that a run that was killed can still be read.

use super::Report;
use mqttspec_engine::event::Event;
use std::io::{self, Write};

/// Writes the event stream.
#[derive(Debug)]
pub struct Events<W>(W);

impl<W: Write> Events<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self(out)
    }
}

impl<W: Write> Report for Events<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.0.write_all(&line)?;
        self.0.flush()
    }
}
