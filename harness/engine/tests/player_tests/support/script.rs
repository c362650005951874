//! Servers as data. A line of a script is `CLIENT WHAT: DEED; DEED ...` and stands for what the server does when it sees
//! that; all else is answered as it is owed, and nothing is delivered.
//!
//! `CLIENT` may be `*`. `WHAT` is a packet, `open`, `close`, `reset`, `half-close` or `cut`; `PUBLISH#2` is the second of a
//! Client. A deed is a packet, `@CLIENT PACKET`, `answer`, `nothing`, `bytes 00ff`, `close`, `@CLIENT close`, `reset`, `after
//! 2s` for those behind it, `stall`, `interrupt`, or `done`, `refused WHY`, `failed WHY` for what was done to the server,
//! which is seen as `server restart`. `refuse 2` as a line refuses the second Network
//! Connection, `writes take 3s` makes writes slow, and `silent` answers nothing by itself.

use super::driver::{Deed, Doing, Seen, Server};
use super::packets::{answer, bytes};
use mqttspec_codec::{Context, Decoded, Packet, Sender, Version, decode};
use mqttspec_engine::operation::Operated;
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) struct Script {
    lines: Vec<(String, String, Vec<String>)>,
    refused: Vec<usize>,
    opened: usize,
    counts: BTreeMap<(String, String), usize>,
    buffers: BTreeMap<String, Vec<u8>>,
    answers: bool,
    writing: Duration,
}

impl Script {
    pub(crate) fn new(text: &str) -> Self {
        let mut script = Self {
            lines: Vec::new(),
            refused: Vec::new(),
            opened: 0,
            counts: BTreeMap::new(),
            buffers: BTreeMap::new(),
            answers: true,
            writing: Duration::ZERO,
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(number) = line.strip_prefix("refuse ") {
                script.refused.push(number.parse().expect("a number"));
                continue;
            }
            if let Some(time) = line.strip_prefix("writes take ") {
                script.writing = duration(time);
                continue;
            }
            if line == "silent" {
                script.answers = false;
                continue;
            }
            let (when, deeds) = line.split_once(':').unwrap_or_else(|| panic!("`{line}` has no colon"));
            let (client, what) = when.trim().split_once(' ').unwrap_or_else(|| panic!("`{line}` names no Client"));
            let deeds = deeds.split(';').map(|deed| deed.trim().to_owned()).collect();
            script.lines.push((client.to_owned(), what.trim().to_owned(), deeds));
        }
        script
    }

    fn react(&mut self, client: &str, version: Version, what: &str, packet: Option<&Packet<'_>>) -> Vec<Doing> {
        let count = self.counts.entry((client.to_owned(), what.to_owned())).or_default();
        *count += 1;
        let numbered = format!("{what}#{count}");
        let meant = |(by, seen, _): &&(String, String, Vec<String>)| {
            (by == client || by == "*") && (*seen == numbered || seen == what)
        };
        let exact = self.lines.iter().filter(meant).max_by_key(|(_, seen, _)| *seen == numbered);
        let own = packet.filter(|_| self.answers).and_then(answer);
        let id = packet.and_then(Packet::packet_identifier).unwrap_or(1);
        let Some((_, _, deeds)) = exact else {
            return own.map(|own| (Duration::ZERO, None, Deed::Send(bytes(&own, version, id)))).into_iter().collect();
        };
        let mut after = Duration::ZERO;
        let mut doings = Vec::new();
        for deed in deeds {
            let (to, deed) = match deed.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
                Some((to, deed)) => (Some(to.to_owned()), deed),
                None => (None, deed.as_str()),
            };
            let deed = match deed.split_once(' ').unwrap_or((deed, "")) {
                ("nothing", _) => continue,
                ("after", time) => {
                    after += duration(time);
                    continue;
                }
                ("answer", _) => Deed::Send(bytes(&own.clone().expect("an answer"), version, id)),
                ("bytes", hex) => Deed::Send(unhex(hex)),
                ("close", _) => Deed::Close,
                ("text-frame", _) => Deed::TextFrame,
                ("reset", _) => Deed::Reset,
                ("stall", _) => Deed::Stall,
                ("interrupt", _) => Deed::Interrupt,
                ("done", _) => Deed::Operated(Operated::Done),
                ("refused", why) => Deed::Operated(Operated::Refused(why.to_owned())),
                ("failed", why) => Deed::Operated(Operated::Failed(why.to_owned())),
                _ => Deed::Send(bytes(deed, version, id)),
            };
            doings.push((after, to, deed));
        }
        doings
    }
}

impl Server for Script {
    fn see(&mut self, client: &str, version: Version, seen: &Seen<'_>) -> Vec<Doing> {
        let what = match seen {
            Seen::Open => "open",
            Seen::HalfClose => "half-close",
            Seen::Cut => "cut",
            Seen::Close => "close",
            Seen::Reset => "reset",
            Seen::Operation(operation) => operation.word(),
            Seen::Bytes(bytes) => {
                let mut buffer = self.buffers.remove(client).unwrap_or_default();
                buffer.extend_from_slice(bytes);
                let mut doings = Vec::new();
                let mut rest = buffer.as_slice();
                loop {
                    match decode(rest, &Context::new(version, Sender::Client)) {
                        Ok(Decoded::Packet { packet, len }) => {
                            let name = packet.packet_type().name();
                            doings.extend(self.react(client, version, name, Some(&packet)));
                            rest = &rest[len..];
                        }
                        Ok(Decoded::Incomplete) => break,
                        Err(_) => {
                            doings.extend(self.react(client, version, "broken", None));
                            rest = &[];
                        }
                    }
                }
                self.buffers.insert(client.to_owned(), rest.to_vec());
                return doings;
            }
        };
        self.buffers.remove(client);
        self.react(client, version, what, None)
    }

    fn writing(&self) -> Duration {
        self.writing
    }

    fn refuses(&mut self) -> bool {
        self.opened += 1;
        self.refused.contains(&self.opened)
    }
}

fn duration(text: &str) -> Duration {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').expect("s or ms"), 1000),
    };
    Duration::from_millis(number.parse::<u64>().expect("a number") * unit)
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |digit: u8| char::from(digit).to_digit(16).expect("a digit") as u8;
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}
