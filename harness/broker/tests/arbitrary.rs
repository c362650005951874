//! Whatever comes, in whatever pieces: the broker does not panic, what it writes is right, and it does the same
//! each time.

mod support;

use core::time::Duration;
use mqttspec_broker::{Broker, Config, ConnectionId, Output};
use mqttspec_codec::{
    Connack, Context, Decoded, Packet, Properties, Property, PropertyId, QoS, Sender, Subscription,
    SubscriptionOptions, Version, decode,
};
use proptest::prelude::*;
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
    let count = usize::from(byte % 4).min(properties.len());
    if version == Version::V5 { Properties::list(&properties[..count]) } else { Properties::EMPTY }
}

fn packet(version: Version) -> impl Strategy<Value = Vec<u8>> {
    let id = 1..4_u16;
    let qos = prop::sample::select(QoS::ALL.to_vec());
    let topic = prop::sample::select(vec!["t", "t/a", "$t", "", "u"]);
    let filter = prop::sample::select(vec!["#", "t/+", "$share/g/t", "$share/h/#", "t", "u"]);
    (0..11_u8, id, qos, topic, filter, any::<u8>(), any::<bool>()).prop_map(
        move |(kind, id, qos, topic, filter, byte, flag)| {
            let v5 = version == Version::V5;
            let numbers = [
                number(PropertyId::SessionExpiryInterval, u32::from(byte) * 7),
                number(PropertyId::ReceiveMaximum, u32::from(byte % 3)),
                number(PropertyId::MaximumPacketSize, u32::from(byte) + 4),
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
                    properties: some(&numbers),
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

/// Plays the events; all that the broker did, in order.
fn play(events: &[Event], config: &Config) -> Vec<Output> {
    let mut broker = Broker::new(config.clone());
    let mut now = Duration::ZERO;
    let mut connections: BTreeMap<u64, ConnectionId> = BTreeMap::new();
    let mut next = 0;
    let mut outputs = Vec::new();
    for event in events {
        match event {
            Event::Bytes(client, bytes) => {
                let connection = *connections.entry(*client).or_insert_with(|| {
                    next += 1;
                    broker.opened(now, ConnectionId(next));
                    ConnectionId(next)
                });
                broker.received(now, connection, bytes);
            }
            Event::Closed(client) => {
                if let Some(connection) = connections.remove(client) {
                    broker.closed(now, connection);
                }
            }
            Event::Wait(milliseconds) => {
                now += Duration::from_millis((*milliseconds).into());
                broker.tick(now);
                assert!(broker.next_deadline().is_none_or(|deadline| deadline > now));
            }
        }
        while let Some(output) = broker.poll() {
            if let Output::Close { connection } = output {
                connections.retain(|_, known| *known != connection);
            }
            outputs.push(output);
        }
    }
    outputs
}

fn judge(outputs: &[Output]) {
    let mut versions: BTreeMap<ConnectionId, Version> = BTreeMap::new();
    let mut closed = Vec::new();
    for output in outputs {
        match output {
            Output::Close { connection } => {
                assert!(!closed.contains(connection));
                closed.push(*connection);
            }
            Output::Write { connection, bytes } => {
                assert!(!closed.contains(connection));
                let first = !versions.contains_key(connection);
                // CONNACK is first; its form tells the version.
                let guess = if bytes.get(1) == Some(&2) { Version::V311 } else { Version::V5 };
                let version = *versions.entry(*connection).or_insert(guess);
                let decoded = decode(bytes, &Context::new(version, Sender::Server)).unwrap();
                let Decoded::Packet { packet, len } = decoded else { panic!("not a whole packet") };
                assert_eq!(len, bytes.len());
                assert_eq!(first, matches!(packet, Packet::Connack(Connack { .. })));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_at_all(events in prop::collection::vec(event(), 0..120)) {
        let outputs = play(&events, &Config::default());
        judge(&outputs);
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
            maximum_qos: QoS::AtLeastOnce,
            ..Config::default()
        };
        judge(&play(&events, &config));
    }

    #[test]
    fn noise(chunks in prop::collection::vec((0..3_u64, prop::collection::vec(any::<u8>(), 0..30)), 0..20)) {
        let events: Vec<_> = chunks.into_iter().map(|(client, bytes)| Event::Bytes(client, bytes)).collect();
        judge(&play(&events, &Config::default()));
    }

    /// How the stream is cut does not matter.
    #[test]
    fn chunks(packets in prop::collection::vec(packet(Version::V5), 1..20), cuts in prop::collection::vec(1..9_usize, 1..9)) {
        let mut stream = Packet::Connect(connect(Version::V5, "a")).to_bytes(Version::V5).unwrap();
        stream.extend(packets.concat());
        let whole = play(&[Event::Bytes(0, stream.clone())], &Config::default());
        let mut pieces = Vec::new();
        let mut rest = &stream[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, behind) = rest.split_at((*cut).min(rest.len()));
            pieces.push(Event::Bytes(0, piece.to_vec()));
            rest = behind;
        }
        // A connection that is closed is not opened again here: what is left goes nowhere.
        let cut = play(&pieces, &Config::default());
        let end = whole.iter().position(|output| matches!(output, Output::Close { .. })).map_or(whole.len(), |at| at + 1);
        prop_assert_eq!(&whole[..end], &cut[..end.min(cut.len())]);
    }
}
