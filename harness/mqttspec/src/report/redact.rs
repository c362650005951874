//! Takes passwords out of events: a report is passed on, a password must not be.

mod configuration;

use mqttspec_engine::event::{Bytes, Event};
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands for a byte of a password, in place of two hex digits.
const HIDDEN: &str = "**";

const CONNECT: u8 = 0x10;
const USER_NAME: u8 = 0x80;
const PASSWORD: u8 = 0x40;
const WILL: u8 = 0x04;

/// Follows what each Client sends, since a CONNECT may go out in pieces.
#[derive(Debug, Default)]
pub struct Redactor {
    secrets: Vec<String>,
    streams: BTreeMap<(String, u32), Stream>,
}

impl Redactor {
    /// A text that is to be taken out wherever a configuration or a log may hold it.
    pub fn hide(&mut self, secret: &[u8]) {
        if let Ok(secret) = std::str::from_utf8(secret).map(str::to_owned)
            && !secret.is_empty()
            && !self.secrets.contains(&secret)
        {
            self.secrets.push(secret);
        }
    }

    /// Takes the passwords out of an event. The events of a run have to come in their order.
    pub fn redact(&mut self, event: &mut Event) {
        match event {
            Event::RunStarted { environment, .. } => {
                for file in &mut environment.configuration {
                    file.text = configuration::without_secrets(&file.text, &self.secrets);
                }
            }
            Event::Corpus { sources, .. } => sources.iter_mut().for_each(|source| hide(&mut source.text)),
            Event::Log { line, .. } => *line = configuration::without_secrets(line, &self.secrets),
            Event::CaseStarted { case, .. } => self.forget(case),
            Event::Sent(bytes) => {
                let key = (bytes.moment.case.clone(), bytes.moment.connection);
                self.streams.entry(key).or_default().redact(bytes);
            }
            Event::CaseFinished(result) => {
                self.forget(&result.case);
                hide(&mut result.reason);
                for breach in result.rules.iter_mut().filter_map(|rule| rule.breach.as_mut()) {
                    hide(&mut breach.expected);
                    hide(&mut breach.step);
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, case: &str) {
        self.streams.retain(|(other, _), _| other != case);
    }
}

/// What one Client sends on one Network Connection.
#[derive(Debug, Default)]
struct Stream {
    /// What has been sent of a packet that is not whole yet, if that may be a CONNECT.
    begun: Vec<u8>,
    /// How many bytes of a packet are still to come of which nothing more needs to be known.
    rest: usize,
    /// Whether these bytes may hold a password.
    hidden: bool,
}

impl Stream {
    fn redact(&mut self, sent: &mut Bytes) {
        let Some(bytes) = from_hex(&sent.hex) else {
            sent.hex = HIDDEN.to_owned();
            return;
        };
        if self.begun.first().is_some_and(|&first| is_connect(first)) || self.rest > 0 && self.hidden {
            // A printer that takes this for a packet of its own would print what it finds.
            sent.packet = format!("CONNECT continued ({} bytes)", sent.len);
        }
        let mut hidden = vec![false; bytes.len()];
        let taken = self.rest.min(bytes.len());
        hidden[..taken].fill(self.hidden);
        self.rest -= self.rest.min(sent.len);
        let old = self.begun.len();
        self.begun.extend_from_slice(&bytes[taken..]);
        // What the event does not show of what was sent.
        let unseen = sent.len.saturating_sub(bytes.len());
        let mut at = 0;
        while let Some(&first) = self.begun.get(at) {
            let packet = &self.begun[at..];
            if let Some(secret) = password(packet).filter(|_| is_connect(first)) {
                let new = (secret.start.min(packet.len()) + at).max(old)..(secret.end.min(packet.len()) + at).max(old);
                hidden[new.start - old + taken..new.end - old + taken].fill(true);
            }
            match length(packet) {
                Some(len) if len <= packet.len() => at += len,
                // Where the password of a CONNECT is that was not shown cannot be known any more.
                Some(len) if !is_connect(first) || unseen > 0 => {
                    self.rest = (len - packet.len()).saturating_sub(unseen);
                    self.hidden = is_connect(first);
                    at = self.begun.len();
                }
                _ => break,
            }
        }
        self.begun.drain(..at);
        if hidden.contains(&true) {
            let digits = |(byte, hidden): (&u8, bool)| if hidden { HIDDEN.to_owned() } else { format!("{byte:02x}") };
            sent.hex = bytes.iter().zip(hidden).map(digits).collect();
        }
    }
}

const fn is_connect(first: u8) -> bool {
    first & 0xf0 == CONNECT
}

/// The length of the packet in front, if its fixed header is there and right.
fn length(bytes: &[u8]) -> Option<usize> {
    mqttspec_codec::frame(bytes).ok().flatten().map(|frame| frame.len)
}

/// Where the password of a CONNECT is, as far as can be told: the packet need be neither right nor whole, and the end may
/// lie beyond what is there. Remaining Length is not trusted.
fn password(packet: &[u8]) -> Option<Range<usize>> {
    let mut at = 1 + packet.get(1..)?.iter().take(4).position(|byte| byte & 0x80 == 0)? + 1;
    skip_string(packet, &mut at)?;
    let (level, flags) = (*packet.get(at)?, *packet.get(at + 1)?);
    at += 4;
    let properties = |at: &mut usize| {
        if level >= 5 { skip_properties(packet, at) } else { Some(()) }
    };
    properties(&mut at)?;
    skip_string(packet, &mut at)?;
    if flags & WILL != 0 {
        properties(&mut at)?;
        skip_string(packet, &mut at)?;
        skip_string(packet, &mut at)?;
    }
    if flags & USER_NAME != 0 {
        skip_string(packet, &mut at)?;
    }
    if flags & PASSWORD == 0 {
        return None;
    }
    let start = at + 2;
    skip_string(packet, &mut at)?;
    Some(start..at)
}

/// Over two bytes of length and so many bytes.
fn skip_string(packet: &[u8], at: &mut usize) -> Option<()> {
    let length = packet.get(*at..*at + 2)?;
    *at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    Some(())
}

/// Over a variable byte integer and so many bytes.
fn skip_properties(packet: &[u8], at: &mut usize) -> Option<()> {
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = *packet.get(*at)?;
        *at += 1;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 || shift == 28 {
            *at += length;
            return Some(());
        }
    }
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    hex.as_bytes().chunks(2).map(pair).collect()
}

/// Takes the value of `password=` out of a step.
fn hide(text: &mut String) {
    const KEY: &str = "password=";
    let mut from = 0;
    while let Some(found) = text[from..].find(KEY) {
        let start = from + found + KEY.len();
        let end = start + value(&text[start..]);
        text.replace_range(start..end, "(hidden)");
        from = start;
    }
}

/// The length of the KDL value in front: a type in parentheses, then a string or a word.
fn value(text: &str) -> usize {
    let kind = if text.starts_with('(') { text.find(')').map_or(text.len(), |end| end + 1) } else { 0 };
    let rest = &text[kind..];
    let Some(quoted) = rest.strip_prefix('"') else {
        return kind + rest.find(|c: char| c.is_whitespace() || matches!(c, ';' | '}')).unwrap_or(rest.len());
    };
    let mut escaped = false;
    let end = quoted.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    kind + 1 + end.map_or(quoted.len(), |end| end + 1)
}

#[cfg(test)]
mod tests;
