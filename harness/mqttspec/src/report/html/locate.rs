//! Where the fields of a packet are, and what is wrong with it.

use mqttspec_codec::{Context, Sender, Version, frame, inspect};
use std::ops::Range;

fn version_of(version: &str) -> Version {
    if version == "3.1.1" { Version::V311 } else { Version::V5 }
}

/// The bytes of a field that the Server sent, by its name in scenarios; of a property the whole list of properties.
pub(super) fn locate(packet: &[u8], key: &str, version: &str) -> Option<Range<usize>> {
    let len = frame(packet).ok()??.len;
    let first = *packet.first()?;
    let start = 1 + packet[1..].iter().take(4).position(|byte| byte & 0x80 == 0)? + 1;
    let end = len.min(packet.len());
    let v5 = version_of(version) == Version::V5;
    let properties = |at: usize| if v5 { list(packet, at).unwrap_or(at..at) } else { at..at };
    let range = match (first >> 4, key) {
        (3, "qos" | "dup" | "retain") => 0..1,
        (3, _) => {
            let topic =
                start..start + 2 + usize::from(u16::from_be_bytes([*packet.get(start)?, *packet.get(start + 1)?]));
            let id = topic.end..topic.end + if first & 6 == 0 { 0 } else { 2 };
            let properties = properties(id.end);
            match key {
                "topic" => topic,
                "id" => id,
                "payload" => properties.end..end,
                _ => properties,
            }
        }
        (2, "session-present") => start..start + 1,
        (2, "code") => start + 1..start + 2,
        (2, _) => properties(start + 2),
        (4..=7, "id") | (9 | 11, "id") => start..start + 2,
        (4..=7, "code") => start + 2..start + 3,
        (4..=7, _) => properties(start + 3),
        (9 | 11, "code" | "codes") => properties(start + 2).end..end,
        (9 | 11, _) => properties(start + 2),
        (14 | 15, "code") => start..start + 1,
        (14 | 15, _) => properties(start + 1),
        _ => return None,
    };
    (range.start < range.end && range.end <= end).then_some(range)
}

/// Property Length and the properties behind it.
fn list(packet: &[u8], at: usize) -> Option<Range<usize>> {
    let (mut length, mut shift, mut behind) = (0, 0, at);
    loop {
        let byte = *packet.get(behind)?;
        behind += 1;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 || shift == 28 {
            return Some(at..behind + length);
        }
    }
}

/// The bytes at which the codec finds a rule broken.
pub(super) fn violations(packet: &[u8], version: &str) -> Vec<Range<usize>> {
    let context = Context::new(version_of(version), Sender::Server);
    let found = inspect(packet, &context).violations;
    found.iter().map(|error| error.offset..error.offset + 1).filter(|range| range.end <= packet.len()).collect()
}
