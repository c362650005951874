//! The last of what a case said and heard.

use super::DIM;
use crate::report::text::{Seconds, Shown};
use mqttspec_engine::event::{Ending, Event, Moment};
use std::collections::VecDeque;
use std::fmt::{self, Write};

/// How much of a conversation is shown.
const SHOWN: usize = 20;

/// The end of a conversation.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    lines: VecDeque<Line>,
    count: usize,
}

#[derive(Debug)]
struct Line {
    at_us: u64,
    client: String,
    arrow: &'static str,
    text: String,
}

impl Conversation {
    /// Takes in what is a line of a conversation.
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Opened(moment) => self.push(moment, "  ", format!("opened connection {}", moment.connection)),
            Event::Refused { moment, reason } => {
                self.push(moment, "  ", format!("no connection {}: {reason}", moment.connection));
            }
            Event::Sent(bytes) => self.push(&bytes.moment, "->", bytes.packet.clone()),
            Event::Received(bytes) => self.push(&bytes.moment, "<-", bytes.packet.clone()),
            Event::Closed { moment, ending } => {
                self.push(moment, "  ", format!("{} connection {}", how(*ending), moment.connection));
            }
            // What was done to the server, and what became of that.
            Event::Operation { at_us, what, .. } => {
                self.push_line(Line { at_us: *at_us, client: String::new(), arrow: "  ", text: what.clone() });
            }
            _ => {}
        }
    }

    fn push(&mut self, moment: &Moment, arrow: &'static str, text: String) {
        self.push_line(Line { at_us: moment.at_us, client: moment.client.clone(), arrow, text });
    }

    fn push_line(&mut self, line: Line) {
        if self.lines.len() == SHOWN {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.count += 1;
    }

    pub(super) fn write(&self, text: &mut String) -> fmt::Result {
        if self.lines.is_empty() {
            return Ok(());
        }
        let all = self.count == self.lines.len();
        let some = if all { String::new() } else { format!(", the last {} of {} lines", self.lines.len(), self.count) };
        writeln!(text, "  conversation{some}")?;
        let width = self.lines.iter().map(|line| line.client.chars().count()).max().unwrap_or_default();
        for Line { at_us, client, arrow, text: told } in &self.lines {
            let (at, client, told) = (Seconds(*at_us), Shown(client).to_string(), Shown(told));
            writeln!(text, "    {DIM}{at:>10}{DIM:#}  {client:width$} {arrow} {told}")?;
        }
        Ok(())
    }
}

/// Who did what to a connection.
pub(in crate::report) const fn how(ending: Ending) -> &'static str {
    match ending {
        Ending::ByServer => "the Server closed",
        Ending::ResetByServer => "the Server reset",
        Ending::ByClient => "closed",
        Ending::ResetByClient => "reset",
        Ending::HalfByClient => "closed the sending direction of",
        Ending::CutOff => "cut off",
        Ending::WithServer => "with the server ended",
    }
}
