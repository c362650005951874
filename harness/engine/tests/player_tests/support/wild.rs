//! A server that does anything: it answers as it should, or bytes that someone chose say what it does instead. Seeds,
//! the fuzz target and the tests judge the player by this file.

use super::CATALOGUE;
use super::driver::{Deed, Doing, Played, Seen, Server, play};
use super::script::Script;
use arbitrary::Unstructured;
use mqttspec_codec::{Context, Decoded, Packet, PropertyId, Sender, Version, decode, frame};
use mqttspec_engine::event::Verdict;
use mqttspec_engine::plan::{self, Case};
use mqttspec_engine::player::Settings;
use mqttspec_engine::scenario::{self, Source};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

macro_rules! scenarios {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../../../../scenarios/", $path, ".kdl"))),)*]
    };
}

/// Scenarios of many kinds: exchanges, silences, branches, sessions, Wills, raw bytes.
const SCENARIOS: &[(&str, &str)] = scenarios! {
    "qos/qos2-handshake" "qos/publish-malformed" "qos/resend-publish-on-resume" "qos/subscriber-refuses-qos2"
    "session/session-present-on-resume" "session/session-takeover" "session/offline-queue" "session/keep-alive-expiry"
    "will/will-delay" "will/will-retained" "wildcard/overlap-highest-qos" "wildcard/malformed-filter"
};

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let load = |&(path, text): &(&str, &str)| {
        let area = path.split('/').next().unwrap_or_default();
        let source = Arc::new(Source { path: format!("{path}.kdl"), text: text.to_owned() });
        scenario::load(source, area, &CATALOGUE).unwrap_or_else(|error| panic!("{path}: {error:?}"))
    };
    SCENARIOS.iter().flat_map(load).flat_map(|scenario| plan::cases(&Arc::new(scenario))).collect()
});

/// What the fuzzer says most easily, as a server may say it.
const PACKETS: &[&[u8]] = &[
    b"\x20\x02\0\0",
    b"\x20\x03\0\0\0",
    b"\x20\x02\x01\0",
    b"\x20\x03\x01\0\0",
    b"\x20\x02\0\x05",
    b"\x20\x03\0\x87\0",
    b"\x20\x06\0\0\x03\x21\0\x01",
    b"\x90\x03\0\x01\x02",
    b"\x90\x04\0\x01\0\x02",
    b"\x90\x03\0\x01\x80",
    b"\x50\x02\0\x01",
    b"\x70\x02\0\x01",
    b"\x62\x02\0\x01",
    b"\x40\x02\0\x01",
    b"\x40\x03\0\x01\x97",
    b"\xd0\0",
    b"\xe0\x01\x8b",
    b"\xe0\0",
    b"\x30\x06\0\x03p/ax",
    b"\x34\x09\0\x03p/a\0\x07on",
    b"\x3c\x0a\0\x03p/a\0\x07\0on",
];

struct Wild<'d> {
    data: Unstructured<'d>,
    script: Script,
    clients: Vec<String>,
    /// Nothing but bytes of the input goes out.
    only_noise: bool,
    slow: bool,
    /// What each Client has been sent since its connection opened.
    sent: BTreeMap<String, Vec<u8>>,
    /// A valid CONNACK has gone out.
    spoke: bool,
    /// Client Identifiers whose last session lives on.
    kept: BTreeMap<Vec<u8>, bool>,
}

impl Wild<'_> {
    fn byte(&mut self) -> u8 {
        self.data.arbitrary().unwrap_or(0)
    }

    fn bytes(&mut self, most: u8) -> Vec<u8> {
        let len = usize::from(self.byte() % most).min(self.data.len());
        self.data.bytes(len).unwrap_or_default().to_vec()
    }

    fn after(&mut self) -> Duration {
        Duration::from_millis([0, 0, 0, 1, 300, 1_100, 5_000, 9_000][usize::from(self.byte() % 8)])
    }

    fn client(&mut self) -> Option<String> {
        let choice = usize::from(self.byte());
        let clients = &self.clients;
        (choice % 2 == 1).then(|| clients[choice / 2 % clients.len()].clone())
    }

    /// One thing that nobody asked for.
    fn whim(&mut self) -> Doing {
        let deed = match self.byte() % 12 {
            0..=3 => Deed::Send(self.bytes(24)),
            4..=8 => Deed::Send(PACKETS[usize::from(self.byte()) % PACKETS.len()].to_vec()),
            9 => Deed::Close,
            10 => Deed::Reset,
            _ => [Deed::Stall, Deed::Interrupt, Deed::Written(1), Deed::Refuse][usize::from(self.byte() % 4)].clone(),
        };
        (self.after(), self.client(), deed)
    }

    /// What is made of the right answers.
    fn twist(&mut self, doings: &mut Vec<Doing>) {
        if self.data.is_empty() {
            return;
        }
        match self.byte() % 16 {
            0..=6 => {}
            7 => doings.clear(),
            8 => {
                let again = doings.clone();
                doings.extend(again);
            }
            9 => {
                let later = self.after();
                doings.iter_mut().for_each(|doing| doing.0 += later);
            }
            10 | 11 => {
                let (at, byte) = (usize::from(self.byte()), self.byte());
                if let Some((_, _, Deed::Send(bytes))) = doings.last_mut()
                    && !bytes.is_empty()
                {
                    let at = at % bytes.len();
                    bytes[at] = byte;
                }
            }
            12 => doings.insert(0, self.whim()),
            _ => doings.push(self.whim()),
        }
    }

    /// What a Client's CONNECT says about its session.
    fn note(&mut self, seen: &[u8], version: Version) {
        let Ok(Decoded::Packet { packet: Packet::Connect(connect), .. }) =
            decode(seen, &Context::new(version, Sender::Client))
        else {
            return;
        };
        let kept = match connect.version {
            Version::V311 => !connect.clean_start,
            Version::V5 => connect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0) > 0,
        };
        if !connect.client_id.is_empty() {
            self.kept.insert(connect.client_id.as_bytes().to_vec(), kept);
        }
    }
}

/// Whether a valid CONNACK of either version is among these packets.
fn has_connack(mut sent: &[u8]) -> bool {
    let connack = |sent: &[u8], version| {
        let decoded = decode(sent, &Context::new(version, Sender::Server));
        matches!(decoded, Ok(Decoded::Packet { packet: Packet::Connack(_), .. }))
    };
    while let Ok(Some(frame)) = frame(sent)
        && frame.len <= sent.len()
    {
        if Version::ALL.iter().any(|&version| connack(sent, version)) {
            return true;
        }
        sent = &sent[frame.len..];
    }
    false
}

impl Server for Wild<'_> {
    fn see(&mut self, client: &str, version: Version, seen: &Seen<'_>) -> Vec<Doing> {
        match seen {
            Seen::Bytes(bytes) => self.note(bytes, version),
            Seen::Open => drop(self.sent.remove(client)),
            _ => {}
        }
        let mut doings = self.script.see(client, version, seen);
        // A subscriber gets what is published, as it stands.
        if let Seen::Bytes(bytes) = seen
            && bytes.first().is_some_and(|first| first >> 4 == 3)
        {
            doings.push((Duration::ZERO, Some("sub".to_owned()), Deed::Send(bytes.to_vec())));
        }
        if self.only_noise {
            doings =
                if self.data.is_empty() { Vec::new() } else { vec![(self.after(), None, Deed::Send(self.bytes(64)))] };
        } else {
            self.twist(&mut doings);
        }
        for (_, to, deed) in &doings {
            if let Deed::Send(bytes) = deed {
                let sent = self.sent.entry(to.as_deref().unwrap_or(client).to_owned()).or_default();
                sent.extend(bytes);
                self.spoke |= has_connack(sent);
            }
        }
        doings
    }

    fn writing(&self) -> Duration {
        if self.slow { Duration::from_millis(400) } else { Duration::ZERO }
    }

    fn refuses(&mut self) -> bool {
        self.data.len() > 1 && self.byte() % 32 == 31
    }
}

/// Plays a case against a server of these bytes: it comes to a verdict in bounded time, never to a clean `pass` when
/// no CONNACK was ever said, and every session that the case began is ended or told to be left behind.
pub(crate) fn judge(data: &[u8]) -> Played {
    let mut data = Unstructured::new(data);
    let mut byte = || data.arbitrary::<u8>().unwrap_or(0);
    let (which, manner) = (usize::from(byte()) | usize::from(byte()) << 8, byte());
    let case = CASES[which % CASES.len()].clone();
    let settings = Settings { topic_prefix: "p".to_owned(), client_id_prefix: "c".to_owned(), ..Settings::default() };
    let mut wild = Wild {
        data,
        script: Script::new(""),
        clients: case.scenario.clients.iter().map(|client| client.name.clone()).collect(),
        only_noise: manner % 8 == 7,
        slow: manner & 0x10 != 0,
        sent: BTreeMap::new(),
        spoke: false,
        kept: BTreeMap::new(),
    };
    let played = play(case, settings, &mut wild);
    let result = &played.result;
    assert!(played.turns < 2_000, "{} turns", played.turns);
    // A CONNACK that is broken counts as one for the steps, and a finding tells of it.
    let clean = result.verdict == Verdict::Pass && played.findings.is_empty();
    assert!(wild.spoke || !clean, "{} passes without a CONNACK", result.case);
    assert!(result.verdict == Verdict::Pass || !result.reason.is_empty(), "{} gives no reason", result.case);
    for (client_id, _) in wild.kept.iter().filter(|(_, kept)| **kept) {
        let client_id = String::from_utf8_lossy(client_id);
        let told = result.left_behind.iter().any(|left| left.contains(&*client_id));
        assert!(told, "{}: the session of {client_id} lives on and nobody is told", result.case);
    }
    assert_eq!(played.left_open, 0, "connections that nobody closed");
    played
}
