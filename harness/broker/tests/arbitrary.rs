//! Whatever comes, in whatever pieces: the broker does not panic, what it writes is right, and it does the same
//! each time.

#![expect(clippy::disallowed_methods, reason = "the tests read their seeds; the broker reads none")]

#[path = "support/chunks.rs"]
mod chunks;
#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/operations.rs"]
mod operations;
#[path = "support/referee.rs"]
mod referee;
#[path = "../../../fuzz/seeds.rs"]
mod seeds;
mod support;

use core::time::Duration;
use mqttspec_broker::{ChallengeMethod, Config, ConnectionId, Output};
use mqttspec_codec::{
    Packet, Properties, Property, PropertyId, QoS, ReasonCode, Subscription, SubscriptionOptions, Value, Version,
};
use proptest::prelude::*;
use referee::Referee;
use std::collections::BTreeMap;
use support::{ack, connect, message, nack, number, will};

#[derive(Clone, Debug)]
enum Event {
    Bytes(u64, Vec<u8>),
    Closed(u64),
    Wait(u16),
}

/// The first of these properties, how many `byte` says; none in 3.1.1.
fn some<'a>(version: Version, properties: &'a [Property<'a>], byte: u8) -> Properties<'a> {
    let count = usize::from(byte) % (properties.len() + 1);
    if version == Version::V5 { Properties::list(&properties[..count]) } else { Properties::EMPTY }
}

fn packet(version: Version) -> impl Strategy<Value = Vec<u8>> {
    let id = 1..4_u16;
    let qos = prop::sample::select(QoS::ALL.to_vec());
    let topic = prop::sample::select(vec!["t", "t/a", "$t", "", "u"]);
    let filter = prop::sample::select(vec!["#", "t/+", "$share/g/t", "$share/h/#", "t", "u"]);
    (0..13_u8, id, qos, topic, filter, any::<u8>(), any::<bool>()).prop_map(
        move |(kind, id, qos, topic, filter, byte, flag)| {
            let v5 = version == Version::V5;
            let numbers = [
                number(PropertyId::SessionExpiryInterval, u32::from(byte) * 7),
                number(PropertyId::ReceiveMaximum, u32::from(byte % 3)),
                number(PropertyId::TopicAliasMaximum, u32::from(byte % 3)),
                number(PropertyId::MaximumPacketSize, u32::from(byte) + 4),
                Property::text(PropertyId::AuthenticationMethod, "CHALLENGE"),
            ];
            let by_challenge = Properties::list(&numbers[4..]);
            let answer = format!("answer {}", 1 + byte % 2);
            let proof = [
                Property::text(PropertyId::AuthenticationMethod, "CHALLENGE"),
                Property { id: PropertyId::AuthenticationData, value: Value::Binary(answer.as_bytes()) },
            ];
            let alias = [
                number(PropertyId::TopicAlias, u32::from(byte % 4)),
                number(PropertyId::MessageExpiryInterval, byte.into()),
                Property::user("a", "b"),
            ];
            let delay = [number(PropertyId::WillDelayInterval, byte.into())];
            let some = |properties| some(version, properties, byte);
            let subscription = Subscription {
                filter: filter.into(),
                options: SubscriptionOptions::from_bits(if v5 { byte & 0x2e } else { byte & 1 }),
            };
            let subscriptions = [subscription];
            let filters = [filter.into()];
            let code = if v5 && flag { 0x80 } else { 0 };
            let packet = match kind {
                0 | 1 => Packet::Connect(mqttspec_codec::Connect {
                    clean_start: flag,
                    keep_alive: (byte % 5).into(),
                    properties: if v5 && byte % 4 == 3 { by_challenge } else { some(&numbers) },
                    will: (byte % 2 == 0).then(|| mqttspec_codec::Will {
                        qos,
                        retain: flag,
                        properties: some(&delay),
                        ..will("t", "will")
                    }),
                    ..connect(version, ["a", "b", ""][usize::from(byte % 3)])
                }),
                2..=4 => Packet::Publish(mqttspec_codec::Publish {
                    retain: flag,
                    properties: some(&alias),
                    ..message(topic, qos, id, "payload")
                }),
                5 => Packet::Puback(nack(id, code)),
                6 => Packet::Pubrec(nack(id, code)),
                7 => Packet::Pubrel(ack(id)),
                8 => Packet::Pubcomp(ack(id)),
                9 => Packet::Subscribe(mqttspec_codec::Subscribe {
                    packet_identifier: id,
                    properties: Properties::EMPTY,
                    subscriptions: mqttspec_codec::List::new(&subscriptions),
                }),
                10 | 11 if v5 => Packet::Auth(mqttspec_codec::Auth {
                    reason: if flag { ReasonCode::CONTINUE_AUTHENTICATION } else { ReasonCode::RE_AUTHENTICATE },
                    properties: Properties::list(&proof),
                }),
                _ if byte > 250 => Packet::Disconnect(mqttspec_codec::Disconnect::default()),
                _ => Packet::Unsubscribe(mqttspec_codec::Unsubscribe {
                    packet_identifier: id,
                    properties: Properties::EMPTY,
                    filters: mqttspec_codec::List::new(&filters),
                }),
            };
            packet.to_bytes(version).unwrap_or_default()
        },
    )
}

/// Mostly packets that are right, some cut or joined anywhere, some noise.
fn bytes(version: Version) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        20 => packet(version),
        2 => (packet(version), any::<prop::sample::Index>()).prop_map(|(bytes, at)| bytes[..at.index(bytes.len() + 1)].to_vec()),
        2 => (packet(version), packet(version)).prop_map(|(one, two)| [one, two].concat()),
        1 => (packet(version), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let version = |connection: u64| if connection.is_multiple_of(2) { Version::V5 } else { Version::V311 };
    prop_oneof![
        20 => (0..6_u64).prop_flat_map(move |connection| {
            bytes(version(connection)).prop_map(move |bytes| Event::Bytes(connection, bytes))
        }),
        1 => (0..6_u64).prop_map(Event::Closed),
        1 => any::<u16>().prop_map(Event::Wait),
    ]
}

/// Plays the events; all that the broker did, in order, every packet of it judged.
fn play(events: &[Event], config: &Config) -> Vec<Output> {
    let mut referee = Referee::new(config.clone());
    let mut connections: BTreeMap<u64, ConnectionId> = BTreeMap::new();
    let mut next = 0;
    for event in events {
        match event {
            Event::Bytes(client, bytes) => {
                let connection = connections.entry(*client).or_insert(ConnectionId(0));
                if !referee.is_open(*connection) {
                    next += 1;
                    *connection = ConnectionId(next);
                    referee.opened(*connection);
                }
                referee.received(*connection, bytes);
            }
            Event::Closed(client) => {
                if let Some(connection) = connections.remove(client) {
                    referee.closed(connection);
                }
            }
            Event::Wait(milliseconds) => referee.pass(Duration::from_millis((*milliseconds).into())),
        }
    }
    referee.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_at_all(events in prop::collection::vec(event(), 0..120)) {
        let outputs = play(&events, &Config::default());
        prop_assert_eq!(&outputs, &play(&events, &Config::default()));
    }

    #[test]
    fn a_small_server(events in prop::collection::vec(event(), 0..120)) {
        let config = Config {
            maximum_packet_size: 64,
            receive_maximum: 1,
            queue_maximum: 2,
            session_maximum: 2,
            retained_maximum: 1,
            subscription_maximum: 2,
            in_flight_maximum: 0,
            connection_maximum: 3,
            topic_alias_use: 1,
            sys_interval: Some(Duration::from_secs(20)),
            // One question: some clients authenticate to the end, and again.
            challenge_method: Some(ChallengeMethod {
                rounds: vec![(b"challenge 1".to_vec(), b"answer 1".to_vec())],
                ..ChallengeMethod::default()
            }),
            maximum_qos: QoS::AtLeastOnce,
            ..Config::default()
        };
        play(&events, &config);
    }

    #[test]
    fn noise(chunks in prop::collection::vec((0..3_u64, prop::collection::vec(any::<u8>(), 0..30)), 0..20)) {
        let events: Vec<_> = chunks.into_iter().map(|(client, bytes)| Event::Bytes(client, bytes)).collect();
        play(&events, &Config::default());
    }

    /// How the stream is cut does not matter.
    #[test]
    fn chunks(packets in prop::collection::vec(packet(Version::V5), 1..20), cuts in prop::collection::vec(1..9_u8, 1..9)) {
        let mut stream = Packet::Connect(connect(Version::V5, "a")).to_bytes(Version::V5).unwrap();
        stream.extend(packets.concat());
        chunks::judge(&stream, &cuts);
    }

    #[test]
    fn operations_of_any_kind(choices in prop::collection::vec(any::<u8>(), 0..600)) {
        let outputs = operations::judge(&choices);
        prop_assert_eq!(outputs, operations::judge(&choices));
    }
}

/// The seeds of the fuzz target, and with them what it has found.
#[test]
fn seeds_are_played() {
    for (name, bytes) in seeds::of("broker") {
        eprintln!("{name}");
        operations::judge(&bytes);
    }
}
