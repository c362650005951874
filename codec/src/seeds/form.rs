//! The rows of `form-*.txt`.

use super::{lines, sender};
use crate::{Rule, Sender, Version};
use alloc::format;
use alloc::vec::Vec;

/// What a standard says about the form of a packet: lawful packets, and packets that break a rule, in the notation of
/// [`bytes`](super::bytes()).
#[derive(Clone, Debug)]
pub struct Row {
    /// The statement, or the section where only prose says it.
    pub statement: &'static str,
    /// The statement that is told in place of this one.
    pub told_as: Option<&'static str>,
    /// Who sends the packets.
    pub sender: Sender,
    /// The receiver takes no packet larger than the one that is accepted.
    pub limited: bool,
    /// The rule that is broken and the [`Field`](crate::Field) that breaks it, spelt as it is in Rust; `None` when all
    /// packets of the row are lawful.
    pub broken: Option<(Rule, &'static str)>,
    /// Lawful packets.
    pub good: Vec<&'static str>,
    /// Each with the offset of the error.
    pub bad: Vec<(&'static str, usize)>,
}

impl Row {
    /// Whether a numbered statement says it.
    #[must_use]
    pub fn numbered(&self) -> bool {
        self.statement.starts_with("MQTT-")
    }

    /// The statement that an error of this row leads to.
    #[must_use]
    pub fn told(&self) -> Option<&'static str> {
        self.told_as.or(self.numbered().then_some(self.statement))
    }
}

/// What each statement and each section of this version says about the form of a packet, in the order of the standard.
///
/// # Panics
/// Never: the tables are part of this crate.
#[must_use]
pub fn form(version: Version) -> Vec<Row> {
    let text = match version {
        Version::V311 => include_str!("form-3.1.1.txt"),
        Version::V5 => include_str!("form-5.0.txt"),
    };
    let mut rows: Vec<Row> = Vec::new();
    for line in lines(text) {
        let Some(packet) = line.strip_prefix("    ") else {
            rows.push(head(line));
            continue;
        };
        let row = rows.last_mut().expect("a packet stands in a row");
        match packet.split_once(" @") {
            None => row.good.push(packet),
            Some((bad, offset)) => row.bad.push((bad, offset.parse().expect(line))),
        }
    }
    rows
}

fn head(line: &'static str) -> Row {
    let mut words = line.split(' ');
    let mut word = || words.next().expect(line);
    let (statement, sender_name, rule_name) = (word(), word(), word());
    let rule = Rule::ALL.iter().copied().find(|rule| format!("{rule:?}") == rule_name);
    let broken = if rule_name == "lawful" { None } else { Some((rule.expect(line), word())) };
    let (good, bad) = (Vec::new(), Vec::new());
    let mut row = Row { statement, told_as: None, sender: sender(sender_name), limited: false, broken, good, bad };
    for option in words {
        match option.split_once('=') {
            Some(("as", id)) => row.told_as = Some(id),
            None if option == "limit" => row.limited = true,
            _ => panic!("{line}: {option}"),
        }
    }
    row
}
