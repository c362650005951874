//! Whole conversations.

use super::{bytes, lines, version};
use crate::{Sender, Version};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What a Client and a Server say to each other on one Network Connection, from CONNECT on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// What it is, and the version; no other has the same name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// The packets in order, with who sends them. All are valid.
    pub packets: Vec<(Sender, Vec<u8>)>,
}

impl Conversation {
    /// All that one side sends, as a stream of bytes.
    #[must_use]
    pub fn stream(&self, sender: Sender) -> Vec<u8> {
        self.packets.iter().filter(|packet| packet.0 == sender).flat_map(|packet| packet.1.iter().copied()).collect()
    }
}

/// The conversations: the life of a connection, each quality of service in both directions, subscriptions, Wills,
/// sessions, and what only 5.0 has.
///
/// # Panics
/// Never: the table is part of this crate.
#[must_use]
pub fn conversations() -> Vec<Conversation> {
    let mut conversations: Vec<Conversation> = Vec::new();
    for line in lines(include_str!("conversations.txt")) {
        match (line.trim_start().split_once(' '), conversations.last_mut()) {
            (Some(("->", packet)), Some(current)) => current.packets.push((Sender::Client, bytes(packet))),
            (Some(("<-", packet)), Some(current)) => current.packets.push((Sender::Server, bytes(packet))),
            (Some((name, number)), _) => {
                let name = format!("{name} {number}");
                conversations.push(Conversation { name, version: version(number), packets: Vec::new() });
            }
            (None, _) => panic!("no version: {line}"),
        }
    }
    conversations
}
