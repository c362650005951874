//! Sequences of what several clients do, made from any bytes at all.

use super::referee::Referee;
use arbitrary::{Arbitrary, Unstructured};
use core::time::Duration;
use mqttspec_broker::{Config, ConnectionId, Output};
use mqttspec_codec::{
    Acknowledgement, Connect, Disconnect, List, Packet, PacketType, Properties, Property, PropertyId, Publish, QoS,
    ReasonCode, Subscribe, Subscription, SubscriptionOptions, Text, Unsubscribe, Version, Will,
};
use std::collections::BTreeMap;

const CLIENT_IDS: [&str; 4] = ["a", "b", "c", ""];
const TOPICS: [&str; 8] = ["t", "t/a", "t/b", "u", "$t", "/", "", "t/a/b"];
const FILTERS: [&str; 10] = ["#", "t/+", "t", "+/a", "$share/g/t", "$share/h/#", "$t", "t/#", "$share/g/t/+", "/"];

/// Who does what.
#[derive(Arbitrary, Clone, Debug)]
pub(crate) struct Operation {
    client: u8,
    deed: Deed,
}

#[derive(Arbitrary, Clone, Debug)]
enum Deed {
    Connect(Introduction),
    Publish {
        topic: u8,
        flags: u8,
        id: u8,
        properties: u8,
        payload: u8,
    },
    Subscribe {
        id: u8,
        properties: u8,
        filters: [(u8, u8); 2],
    },
    Unsubscribe {
        id: u8,
        filter: u8,
    },
    /// The right acknowledgement of one of the messages that are under way; perhaps with an error.
    Answer {
        nth: u8,
        refuse: bool,
    },
    /// Any acknowledgement.
    Acknowledge {
        kind: u8,
        id: u8,
        code: u8,
    },
    Ping,
    Disconnect {
        code: u8,
        expiry: Option<u16>,
    },
    /// A packet, but only its first bytes; what follows is read as the rest of it.
    Bytes(Vec<u8>),
    Abort,
    Wait(u16),
}

#[derive(Arbitrary, Clone, Debug)]
struct Introduction {
    flags: u8,
    client_id: u8,
    keep_alive: u8,
    expiry: u8,
    receive_maximum: u8,
    max_packet: u8,
    will: Option<(u8, u8)>,
}

/// Plays what the bytes say and judges all that the broker does.
pub(crate) fn judge(data: &[u8]) -> Vec<Output> {
    let mut data = Unstructured::new(data);
    let config = config(data.arbitrary().unwrap_or(0));
    // A play of any length ends: each operation takes at least two bytes.
    let operations: Vec<Operation> = data.arbitrary_iter().map_or_else(|_| Vec::new(), |all| all.flatten().collect());
    play(&operations, config)
}

fn play(operations: &[Operation], config: Config) -> Vec<Output> {
    let mut referee = Referee::new(config);
    let mut connections: BTreeMap<u8, ConnectionId> = BTreeMap::new();
    let mut next = 0;
    for Operation { client, deed } in operations {
        let client = client % 4;
        let mut line = *connections.entry(client).or_insert(ConnectionId(0));
        // Who wants to say something opens a connection first.
        if !referee.is_open(line) && !matches!(deed, Deed::Abort | Deed::Wait(_)) {
            next += 1;
            line = ConnectionId(next);
            connections.insert(client, line);
            referee.opened(line);
        }
        match deed {
            Deed::Abort => referee.closed(line),
            Deed::Wait(time) => referee.pass(Duration::from_millis(u64::from(*time) * 4)),
            Deed::Bytes(bytes) => referee.received(line, bytes),
            Deed::Connect(introduction) => referee.received(line, &introduction.bytes()),
            Deed::Answer { nth, refuse } => {
                let Some((kind, id)) = referee.right_answer(line, (*nth).into()) else { continue };
                let version = referee.version(line).unwrap_or(Version::V5);
                let refuse = *refuse && version == Version::V5 && kind != PacketType::Pubcomp;
                let code = if refuse { ReasonCode::QUOTA_EXCEEDED } else { ReasonCode::SUCCESS };
                referee.received(line, &acknowledgement(kind, id, code).to_bytes(version).unwrap_or_default());
            }
            deed => {
                let version = referee.version(line).unwrap_or(Version::V5);
                referee.received(line, &deed.bytes(version));
            }
        }
    }
    // At the end the time runs out for everyone.
    referee.pass(Duration::from_secs(3600));
    referee.finish()
}

fn config(choice: u8) -> Config {
    if choice.is_multiple_of(4) {
        return Config::default();
    }
    Config {
        maximum_packet_size: if choice & 1 == 0 { 64 } else { 2048 },
        receive_maximum: 1 + u16::from(choice >> 6),
        topic_alias_maximum: 2,
        queue_maximum: 3,
        queue_bytes_maximum: 100,
        undecided_bytes_maximum: 150,
        session_maximum: 3,
        retained_maximum: 2,
        subscription_maximum: 3,
        in_flight_maximum: u16::from(choice >> 4) % 4,
        maximum_qos: QoS::ALL[usize::from(choice >> 2) % 3],
        retain_available: choice & 0x40 == 0,
        wildcard_subscription_available: choice & 0x80 == 0,
        reason_strings: choice & 0x20 == 0,
        ..Config::default()
    }
}

fn number(id: PropertyId, value: u32) -> Property<'static> {
    Property::number(id, value).expect("a property with a number")
}

/// Those properties whose bit is set; none in 3.1.1.
fn chosen<'a>(version: Version, bits: u8, all: &[Property<'a>]) -> Vec<Property<'a>> {
    let set = all.iter().enumerate().filter(|(bit, _)| version == Version::V5 && bits & (1 << bit) != 0);
    set.map(|(_, property)| *property).collect()
}

fn qos(bits: u8) -> QoS {
    QoS::ALL[usize::from(bits) % 3]
}

fn acknowledgement(kind: PacketType, id: u16, reason: ReasonCode) -> Packet<'static> {
    let ack = Acknowledgement::new(id, reason);
    match kind {
        PacketType::Puback => Packet::Puback(ack),
        PacketType::Pubrec => Packet::Pubrec(ack),
        PacketType::Pubrel => Packet::Pubrel(ack),
        _ => Packet::Pubcomp(ack),
    }
}

impl Introduction {
    fn bytes(&self) -> Vec<u8> {
        let version = if self.flags & 1 == 0 { Version::V5 } else { Version::V311 };
        let properties = chosen(
            version,
            self.flags >> 2,
            &[
                number(PropertyId::SessionExpiryInterval, u32::from(self.expiry)),
                number(PropertyId::ReceiveMaximum, u32::from(self.receive_maximum % 4)),
                number(PropertyId::MaximumPacketSize, u32::from(self.max_packet)),
                number(PropertyId::RequestProblemInformation, u32::from(self.max_packet & 1)),
                number(PropertyId::TopicAliasMaximum, u32::from(self.receive_maximum >> 2)),
            ],
        );
        let (topic, bits) = self.will.unwrap_or_default();
        let will_properties = chosen(
            version,
            bits >> 3,
            &[number(PropertyId::WillDelayInterval, bits.into()), number(PropertyId::MessageExpiryInterval, 3)],
        );
        let will = Will {
            qos: qos(bits),
            retain: bits & 4 != 0,
            properties: Properties::list(&will_properties),
            topic: TOPICS[usize::from(topic) % TOPICS.len()].into(),
            payload: b"will",
        };
        let connect = Connect {
            version,
            clean_start: self.flags & 2 != 0,
            keep_alive: self.keep_alive.into(),
            properties: Properties::list(&properties),
            client_id: CLIENT_IDS[usize::from(self.client_id) % CLIENT_IDS.len()].into(),
            will: self.will.map(|_| will),
            user_name: None,
            password: None,
        };
        Packet::Connect(connect).to_bytes(version).unwrap_or_default()
    }
}

impl Deed {
    /// The packet of a deed that has one which depends on the version only.
    fn bytes(&self, version: Version) -> Vec<u8> {
        let id = |id: u8| u16::from(id % 8);
        let filter = |filter: u8| Text::from(FILTERS[usize::from(filter) % FILTERS.len()]);
        let write = |packet: Packet<'_>| packet.to_bytes(version).unwrap_or_default();
        match *self {
            Self::Publish { topic, flags, id: number_, properties, payload } => {
                let properties = chosen(
                    version,
                    properties,
                    &[
                        number(PropertyId::TopicAlias, (flags >> 4).into()),
                        number(PropertyId::MessageExpiryInterval, (payload >> 4).into()),
                        number(PropertyId::PayloadFormatIndicator, (payload & 1).into()),
                        Property::user("name", "value"),
                        Property::text(PropertyId::ContentType, "text"),
                    ],
                );
                let qos = qos(flags);
                write(Packet::Publish(Publish {
                    dup: flags & 8 != 0 && qos != QoS::AtMostOnce,
                    qos,
                    retain: flags & 4 != 0,
                    topic: TOPICS[usize::from(topic) % TOPICS.len()].into(),
                    packet_identifier: (qos != QoS::AtMostOnce).then(|| id(number_)),
                    properties: Properties::list(&properties),
                    payload: &[payload; 40][..usize::from(payload) % 40],
                }))
            }
            Self::Subscribe { id: number_, properties, filters } => {
                let bits = |bits: u8| if version == Version::V5 { bits & 0x3f } else { bits & 3 };
                let options = |options| SubscriptionOptions::from_bits(bits(options));
                let all = filters.map(|(name, bits)| Subscription { filter: filter(name), options: options(bits) });
                let used = if properties & 0x80 == 0 { &all[..1] } else { &all[..] };
                let identifier = number(PropertyId::SubscriptionIdentifier, (properties >> 1).into());
                let properties = chosen(version, properties, &[identifier]);
                write(Packet::Subscribe(Subscribe {
                    packet_identifier: id(number_),
                    properties: Properties::list(&properties),
                    subscriptions: List::new(used),
                }))
            }
            Self::Unsubscribe { id: number_, filter: name } => write(Packet::Unsubscribe(Unsubscribe {
                packet_identifier: id(number_),
                properties: Properties::EMPTY,
                filters: List::new(&[filter(name)]),
            })),
            Self::Acknowledge { kind, id: number_, code } => {
                let kind = PacketType::ALL[3 + usize::from(kind) % 4];
                write(acknowledgement(kind, id(number_), ReasonCode(if version == Version::V5 { code } else { 0 })))
            }
            Self::Ping => write(Packet::Pingreq),
            Self::Disconnect { code, expiry } => {
                let expiry = expiry.map(|expiry| number(PropertyId::SessionExpiryInterval, expiry.into()));
                let properties: Vec<_> = expiry.into_iter().filter(|_| version == Version::V5).collect();
                let reason = ReasonCode(if version == Version::V5 { code } else { 0 });
                write(Packet::Disconnect(Disconnect { reason, properties: Properties::list(&properties) }))
            }
            Self::Connect(_) | Self::Answer { .. } | Self::Bytes(_) | Self::Abort | Self::Wait(_) => Vec::new(),
        }
    }
}
