//! The table of frames: decoded fields beside the bytes, and those lit that broke a rule.

use super::locate::{locate, violations};
use super::seconds;
use crate::report::run::Case;
use crate::report::terminal::conversation::how;
use crate::report::text::lines;
use mqttspec_engine::event::{Bytes, Event};
use std::ops::Range;

/// How many bytes of a frame are shown.
const BYTES: usize = 256;

/// A row of the table.
pub(super) struct Frame {
    pub(super) at: String,
    pub(super) client: String,
    pub(super) arrow: &'static str,
    /// The packet's type, or what happened to the connection.
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    pub(super) hex: Vec<Part>,
    pub(super) broken: bool,
    pub(super) notes: Vec<String>,
}

/// A decoded field: its name, and the rest.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
}

/// Bytes that belong together.
pub(super) struct Part {
    pub(super) lit: bool,
    pub(super) text: String,
}

/// A row for each of these events.
pub(super) fn frames(case: &Case, events: &[&Event]) -> Vec<Frame> {
    events.iter().filter_map(|event| frame(case, event)).collect()
}

fn frame(case: &Case, event: &Event) -> Option<Frame> {
    let (at_us, client, told) = match event {
        Event::Opened(moment) => (moment.at_us, &moment.client, format!("opened connection {}", moment.connection)),
        Event::Refused { moment, reason } => {
            (moment.at_us, &moment.client, format!("no connection {}: {reason}", moment.connection))
        }
        Event::Closed { moment, ending } => {
            (moment.at_us, &moment.client, format!("{} connection {}", how(*ending), moment.connection))
        }
        Event::Operation { at_us, what, .. } => (*at_us, &String::new(), what.clone()),
        Event::Sent(bytes) => return Some(packet(case, bytes, "→")),
        Event::Received(bytes) => return Some(packet(case, bytes, "←")),
        _ => return None,
    };
    Some(Frame {
        at: seconds(at_us),
        client: lines(client),
        arrow: "·",
        name: lines(&told),
        fields: Vec::new(),
        hex: Vec::new(),
        broken: false,
        notes: Vec::new(),
    })
}

fn packet(case: &Case, bytes: &Bytes, arrow: &'static str) -> Frame {
    let received = arrow == "←";
    let at_us = bytes.moment.at_us;
    let shows = |hex: &str| !hex.is_empty() && (bytes.hex.starts_with(hex) || hex.starts_with(&bytes.hex));
    let broken = case.broken();
    let mut breaches = broken.iter().filter_map(|rule| Some((rule, rule.breach.as_ref()?)));
    let breach =
        breaches.rfind(|(_, breach)| received && at_us <= breach.at_us && breach.hex.as_deref().is_some_and(shows));
    let findings = case.transcript.iter().filter_map(|event| match event {
        Event::Finding { finding, .. } if finding.at_us == at_us && shows(&finding.hex) && received => Some(finding),
        _ => None,
    });
    let mut notes: Vec<String> = breach.iter().map(|(rule, _)| lines(&rule.statement)).collect();
    notes.extend(
        findings
            .map(|finding| lines(&format!("{} {}", finding.statement.as_deref().unwrap_or("finding:"), finding.text))),
    );
    let actual = breach.map(|(_, breach)| breach.actual.as_str()).or((!notes.is_empty()).then_some(""));
    let (name, fields) = fields(&bytes.packet);
    let mut hex = parts(&bytes.hex, actual, &case.planned.version);
    let shown = (bytes.hex.len() / 2).min(BYTES);
    if bytes.len > shown {
        hex.push(Part { lit: false, text: format!(" … {} bytes", bytes.len) });
    }
    Frame {
        at: seconds(at_us),
        client: lines(&bytes.moment.client),
        arrow,
        name,
        fields,
        hex,
        broken: !notes.is_empty(),
        notes,
    }
}

/// The type of a packet and its fields, from the line that the codec prints.
fn fields(packet: &str) -> (String, Vec<Field>) {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quoted, mut escaped, mut depth) = (String::new(), false, false, 0_usize);
    for character in packet.chars() {
        match character {
            ' ' if !quoted && depth == 0 => words.push(std::mem::take(&mut word)),
            _ => {
                match character {
                    '"' if !escaped => quoted = !quoted,
                    '(' if !quoted => depth += 1,
                    ')' if !quoted => depth = depth.saturating_sub(1),
                    _ => {}
                }
                escaped = character == '\\' && !escaped;
                word.push(character);
            }
        }
    }
    words.push(word);
    let mut words = words.into_iter();
    let name = lines(&words.next().unwrap_or_default());
    let field = |word: String| match word.split_once('=') {
        Some((name, value)) => Field { name: lines(name), value: lines(&format!("={value}")) },
        None => Field { name: String::new(), value: lines(&word) },
    };
    (name, words.map(field).collect())
}

/// Hex digits in pairs. What broke a rule is lit: the fields that `actual` tells of (`qos=0 in PUBLISH ...`), what the codec
/// finds wrong, or else the whole packet. Nothing without `actual`.
pub(super) fn parts(hex: &str, actual: Option<&str>, version: &str) -> Vec<Part> {
    let all: Vec<&str> = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or("??")).collect();
    let bytes: Vec<u8> = all.iter().map(|pair| u8::from_str_radix(pair, 16).unwrap_or(b'*')).collect();
    let lit: Vec<Range<usize>> = match actual {
        None => Vec::new(),
        Some(actual) => {
            let named = actual.split_once(" in ").map_or("", |(fields, _)| fields);
            let keys = named.split(", ").filter_map(|field| field.split_once('=')).map(|(key, _)| key);
            let mut found: Vec<Range<usize>> = keys.filter_map(|key| locate(&bytes, key, version)).collect();
            if found.is_empty() {
                found = violations(&bytes, version);
            }
            if found.is_empty() { std::iter::once(0..bytes.len()).collect() } else { found }
        }
    };
    let mut parts: Vec<Part> = Vec::new();
    for (at, pair) in all.iter().enumerate().take(BYTES) {
        let is_lit = lit.iter().any(|range| range.contains(&at));
        let pair = lines(pair);
        let blank = if at == 0 { "" } else { " " };
        match parts.last_mut() {
            Some(part) if part.lit == is_lit => part.text.extend([blank, &pair]),
            // The blank before what is lit is not.
            Some(part) if is_lit => {
                part.text.push_str(blank);
                parts.push(Part { lit: is_lit, text: pair });
            }
            _ => parts.push(Part { lit: is_lit, text: format!("{blank}{pair}") }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lit(hex: &str, actual: &str) -> String {
        parts(hex, Some(actual), "5.0")
            .iter()
            .map(|part| if part.lit { format!("[{}]", part.text) } else { part.text.clone() })
            .collect()
    }

    #[test]
    fn what_is_wrong_is_lit() {
        assert_eq!(lit("320a0003612f6200070068", "qos=1 in PUBLISH"), "[32] 0a 00 03 61 2f 62 00 07 00 68");
        assert_eq!(
            lit("320a0003612f6200070068", "topic=\"a/b\", payload=h in PUBLISH"),
            "32 0a [00 03 61 2f 62] 00 07 00 [68]"
        );
        assert_eq!(lit("320a0003612f6200070068", "id=7 in PUBLISH"), "32 0a 00 03 61 2f 62 [00 07] 00 68");
        assert_eq!(lit("900400010080", "codes=0x80 in SUBACK"), "90 04 00 01 00 [80]");
        assert_eq!(lit("2003010000", "session-present=true in CONNACK"), "20 03 [01] 00 00");
        assert_eq!(lit("d000", "PINGRESP"), "[d0 00]");
        // A reserved bit in PINGRESP: the codec says where.
        assert_eq!(lit("d100", "PINGRESP"), "[d1] 00");
    }

    #[test]
    fn fields_of_a_packet() {
        let (name, fields) = fields(r#"CONNACK session-present=false code=0x00 (Success) reason="a b\" c" x=1"#);
        let fields: Vec<String> = fields.iter().map(|field| format!("{}{}", field.name, field.value)).collect();
        assert_eq!(name, "CONNACK");
        assert_eq!(fields, ["session-present=false", "code=0x00", "(Success)", r#"reason="a b\" c""#, "x=1"]);
    }
}
