//! The last of what a case said and heard.

use super::DIM;
use crate::report::text::{Seconds, Shown};
use mqttspec_engine::event::{Bytes, Ending, Moment};
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
    pub(super) fn opened(&mut self, moment: &Moment) {
        self.push(moment, "  ", format!("opened connection {}", moment.connection));
    }

    pub(super) fn refused(&mut self, moment: &Moment, reason: &str) {
        self.push(moment, "  ", format!("no connection {}: {reason}", moment.connection));
    }

    pub(super) fn sent(&mut self, bytes: &Bytes) {
        self.push(&bytes.moment, "->", bytes.packet.clone());
    }

    pub(super) fn received(&mut self, bytes: &Bytes) {
        self.push(&bytes.moment, "<-", bytes.packet.clone());
    }

    pub(super) fn closed(&mut self, moment: &Moment, ending: Ending) {
        let how = match ending {
            Ending::ByServer => "the Server closed",
            Ending::ResetByServer => "the Server reset",
            Ending::ByClient => "closed",
            Ending::ResetByClient => "reset",
            Ending::HalfByClient => "closed the sending direction of",
        };
        self.push(moment, "  ", format!("{how} connection {}", moment.connection));
    }

    fn push(&mut self, moment: &Moment, arrow: &'static str, text: String) {
        if self.lines.len() == SHOWN {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { at_us: moment.at_us, client: moment.client.clone(), arrow, text });
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
