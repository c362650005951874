//! Packets that break one rule.

use super::{bytes, form};
use crate::generate::{Recipe, Shape};
use crate::{PacketType, Rule, Sender, Version};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A packet that is nearly valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule, the packet and the field, numbered where there are more, and the version; no other has the same name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// Who sends it.
    pub sender: Sender,
    /// The whole packet, or as much of it as shows the fault.
    pub bytes: Vec<u8>,
    /// The first rule that is broken.
    pub rule: Rule,
    /// Where: the offset from the first byte.
    pub offset: usize,
    /// The normative statement that the bytes break, where a numbered one says it.
    pub statement: Option<&'static str>,
}

/// Packets that break each rule which bytes alone can break: those of [`form`](super::form()), and each packet from the
/// party that may not send it. [`Rule::PacketTooLarge`] is left out: it takes a limit of the receiver.
///
/// # Panics
/// Never: the tables are part of this crate.
#[must_use]
pub fn broken() -> Vec<Broken> {
    let mut all = Vec::new();
    let (mut names, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let mut add = |title: String, seed: Broken| {
        let version = seed.version;
        if seen.insert((version, seed.sender, seed.bytes.clone())) {
            let count: &mut u32 = names.entry((title.clone(), version)).or_default();
            *count += 1;
            let number = if *count == 1 { String::new() } else { format!("-{count}") };
            all.push(Broken { name: format!("{title}{number} {version}"), ..seed });
        }
    };
    for version in Version::ALL {
        for row in form(version).into_iter().filter(|row| !row.limited) {
            let Some((rule, field)) = row.broken else { continue };
            for &(bad, offset) in &row.bad {
                let (sender, statement, bytes) = (row.sender, row.told(), bytes(bad));
                let title = [words(&format!("{rule:?}")), packet(&bytes, version), words(field)].join("-");
                add(title, Broken { name: String::new(), version, sender, bytes, rule, offset, statement });
            }
        }
    }
    for shape in Shape::all() {
        let (version, bytes) = (shape.version(), Recipe::new(shape, &[]).to_bytes());
        let sender = if shape.sender() == Sender::Client { Sender::Server } else { Sender::Client };
        if !shape.packet_type().allowed(version, sender) {
            let (rule, statement) = (Rule::PacketTypeForSender, None);
            let title = format!("{}-{}", words(&format!("{rule:?}")), packet(&bytes, version));
            add(title, Broken { name: String::new(), version, sender, bytes, rule, offset: 0, statement });
        }
    }
    all
}

/// The packet that the first byte tells.
fn packet(bytes: &[u8], version: Version) -> String {
    let packet = bytes.first().and_then(|&first| PacketType::from_first_byte(first));
    packet.filter(|packet| packet.exists_in(version)).map_or("reserved", PacketType::name).to_ascii_lowercase()
}

/// `Property(MaximumQoS)` as `property-maximum-qos`.
fn words(name: &str) -> String {
    let characters: Vec<char> = name.chars().filter(|&c| c != ')').collect();
    let mut words = String::new();
    for (at, &c) in characters.iter().enumerate() {
        let after_lower = at > 0 && characters[at - 1].is_ascii_lowercase();
        let before_lower = characters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if c == '(' || (c.is_ascii_uppercase() && after_lower && before_lower) {
            words.push('-');
        }
        words.extend((c != '(').then_some(c.to_ascii_lowercase()));
    }
    words
}

#[cfg(test)]
mod tests {
    #[test]
    fn words() {
        let rows = [
            ("Utf8", "utf8"),
            ("WillQosWithoutWill", "will-qos-without-will"),
            ("Property(MaximumQoS)", "property-maximum-qos"),
            ("WillProperty(ContentType)", "will-property-content-type"),
        ];
        for (name, words) in rows {
            assert_eq!(super::words(name), words);
        }
    }
}
