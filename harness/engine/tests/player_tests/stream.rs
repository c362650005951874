//! Streams of messages, against a server that carries them at QoS 1 and does one thing wrong.

use super::support::driver::{Deed, Doing, Played, Seen, Server, play};
use super::support::packets::bytes;
use super::support::{cases, check, settings, told};
use mqttspec_codec::{Context, Decoded, Packet, Sender, Version, decode};
use mqttspec_engine::player::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wrong {
    #[default]
    Nothing,
    /// Does not send one message again when the subscriber takes its session up, once.
    Forgets,
    /// Has lost the session when the subscriber comes back.
    Clean,
    /// Never acknowledges m40.
    Unanswered,
    /// Refuses m40.
    Refuses,
    /// Delivers m40 after m41.
    Swaps,
    /// Closes on m40.
    Closes,
    /// Answers nothing any more from m40 on.
    Falls,
    /// Gives m40 to the subscriber twice.
    Doubles,
}

/// What it holds of each Client: packets that are not acknowledged, by identifier.
#[derive(Default)]
struct Relay {
    wrong: Wrong,
    buffers: BTreeMap<String, Vec<u8>>,
    unacknowledged: BTreeMap<u16, String>,
    known: BTreeSet<String>,
    last_id: u16,
    late: Option<String>,
    silent: bool,
}

impl Relay {
    fn deliver(&mut self, payload: String, version: Version, doings: &mut Vec<Doing>) {
        self.last_id += 1;
        let line = format!("PUBLISH topic=p/a qos=1 payload={payload}");
        doings.push(to("sub", Deed::Send(bytes(&line, version, self.last_id))));
        self.unacknowledged.insert(self.last_id, payload);
    }

    fn take(&mut self, client: &str, version: Version, packet: &Packet<'_>) -> Vec<Doing> {
        let mut doings = Vec::new();
        let answer = |line: &str, id: u16| (Duration::ZERO, None, Deed::Send(bytes(line, version, id)));
        let id = packet.packet_identifier().unwrap_or(1);
        match packet {
            Packet::Connect(_) => {
                let lost = self.wrong == Wrong::Clean && client == "sub";
                let present = !self.known.insert(client.to_owned()) && client != "cleanup" && !lost;
                doings.push(answer(if present { "CONNACK present=1" } else { "CONNACK" }, id));
                if client == "sub" {
                    if self.wrong == Wrong::Forgets && self.unacknowledged.pop_first().is_some() {
                        self.wrong = Wrong::Nothing;
                    }
                    doings.extend(
                        self.unacknowledged.iter().map(|(id, payload)| {
                            answer(&format!("PUBLISH topic=p/a qos=1 dup payload={payload}"), *id)
                        }),
                    );
                }
            }
            Packet::Subscribe(_) => doings.push(answer("SUBACK codes=1", id)),
            Packet::Puback(_) => drop(self.unacknowledged.remove(&id)),
            Packet::Pingreq => doings.push(answer("PINGRESP", id)),
            Packet::Publish(publish) => {
                let payload = String::from_utf8_lossy(publish.payload).into_owned();
                let meant = payload == "m40";
                match self.wrong {
                    Wrong::Unanswered if meant => return doings,
                    Wrong::Refuses if meant => return vec![answer("PUBACK code=0x97", id)],
                    Wrong::Closes if meant => return vec![(Duration::ZERO, None, Deed::Close)],
                    Wrong::Falls if meant => {
                        self.silent = true;
                        return doings;
                    }
                    _ => {}
                }
                doings.push(answer("PUBACK", id));
                if self.wrong == Wrong::Swaps && meant {
                    self.late = Some(payload);
                } else {
                    self.deliver(payload.clone(), version, &mut doings);
                    if let Some(late) = self.late.take() {
                        self.deliver(late, version, &mut doings);
                    }
                    if self.wrong == Wrong::Doubles && meant {
                        self.deliver(payload, version, &mut doings);
                    }
                }
            }
            _ => {}
        }
        doings
    }
}

fn to(client: &str, deed: Deed) -> Doing {
    (Duration::ZERO, Some(client.to_owned()), deed)
}

impl Server for Relay {
    fn see(&mut self, client: &str, version: Version, seen: &Seen<'_>) -> Vec<Doing> {
        let Seen::Bytes(bytes) = seen else {
            self.buffers.remove(client);
            return Vec::new();
        };
        let mut buffer = self.buffers.remove(client).unwrap_or_default();
        buffer.extend_from_slice(bytes);
        let mut doings = Vec::new();
        while let Ok(Decoded::Packet { packet, len }) = decode(&buffer, &Context::new(version, Sender::Client)) {
            if !self.silent || client == "cleanup" {
                doings.extend(self.take(client, version, &packet));
            }
            buffer.drain(..len);
        }
        self.buffers.insert(client.to_owned(), buffer);
        doings
    }
}

const BODY: &str = r#"
    rule order "in order" v3.1.1=MQTT-4.6.0-6 v5=MQTT-4.6.0-5
    client sub session=kept
    client pub session=kept
    sub -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
    sub <- SUBACK id=1
    stream pub -> sub topic="$t/a" qos=1 messages=100 times=9 by="fin rst cut" rule=r order=order
"#;

fn streamed(version: &str, wrong: Wrong, seed: u64) -> Played {
    let both = cases("v3.1.1 v5", BODY);
    let case = both.into_iter().find(|case| case.id.ends_with(version)).expect("one of the versions");
    play(case, Settings { seed, ..settings() }, &mut Relay { wrong, ..Relay::default() })
}

#[track_caller]
fn expect(wrong: Wrong, seed: u64, expected: &[&str]) {
    for version in ["v3.1.1", "v5"] {
        let played = streamed(version, wrong, seed);
        let told = told(&played);
        let head = told.split("transcript:").next().unwrap_or_default();
        assert!(head.starts_with(expected[0]), "{version} {wrong:?} {seed}: {head}");
        for part in &expected[1..] {
            assert!(head.contains(part), "{version} {wrong:?} {seed}: `{part}` is not in {head}");
        }
        assert!(!head.contains("finding"), "{version} {wrong:?}: {head}");
    }
}

#[test]
fn all_arrives_wherever_it_is_broken() {
    for seed in 0..20 {
        expect(Wrong::Nothing, seed, &["pass", "rule r: proved", "rule order: proved"]);
        // At QoS 1 a message may come twice.
        expect(Wrong::Doubles, seed, &["pass"]);
    }
}

#[test]
fn what_is_lost_is_told_with_its_acknowledgement() {
    let lost = ["fail", "rule r: broken MQTT-4.5.0-1", "was acknowledged at +", "by PUBACK id=", "hex=40"];
    expect(Wrong::Forgets, 0, &lost);
}

#[test]
fn a_session_that_is_gone() {
    expect(Wrong::Clean, 0, &["fail", "owed Session Present: broken MQTT-3.2.2-"]);
}

#[test]
fn what_comes_late_is_out_of_order() {
    expect(
        Wrong::Swaps,
        0,
        &["fail", "rule r: proved", "rule order: broken MQTT-4.6.0-", "m40 comes after it", "hex=32"],
    );
}

#[test]
fn an_answer_that_is_owed() {
    expect(Wrong::Unanswered, 0, &["fail", "owed PUBACK: broken MQTT-4.3.2-"]);
    expect(Wrong::Closes, 0, &["fail", "owed PUBACK: broken MQTT-4.3.2-", "the Server closed the connection"]);
    expect(Wrong::Falls, 0, &["fail", "owed PINGRESP: broken MQTT-3.12.4-1"]);
}

/// What a server refuses, as it may, is no fault of it.
#[test]
fn a_refusal_is_inconclusive() {
    let told = told(&streamed("v5", Wrong::Refuses, 0));
    assert!(told.starts_with("inconclusive") && told.contains("the Server refuses a message of the stream"), "{told}");
}

/// The seed and the case alone say where it is broken, and the transcript tells both.
#[test]
fn the_seed_says_where() {
    let breaks = |seed| {
        let played = streamed("v5", Wrong::Nothing, seed);
        let line = |line: &String| line.split_once("stream of ").map(|(_, told)| told.to_owned());
        let told = played.transcript.iter().find_map(line).expect("it is told");
        let ends = played.transcript.iter().filter(|line| line.ends_with("CutOff") || line.ends_with("ResetByClient"));
        (told, ends.cloned().collect::<Vec<_>>())
    };
    let (told, ends) = breaks(7);
    assert!(told.starts_with("100 messages, seed 7, broken after packet "), "{told}");
    assert_eq!(told.matches(" by ").count(), 9);
    assert!(!ends.is_empty());
    assert_eq!((told, ends), breaks(7));
    assert_ne!(breaks(7).1, breaks(8).1);
}

/// An operation that goes wrong ends the stream without a word on the server.
#[test]
fn an_operation_that_fails() {
    let body = BODY.replace("fin rst cut", "restart");
    check("v3.1.1 v5", &body, "server restart: failed boom", "inconclusive\n `server restart` failed: boom");
}
