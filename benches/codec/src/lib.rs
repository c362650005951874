//! The packets that the codecs are measured with: buffers of a thousand, back to back.

use mqttspec_codec::{
    Acknowledgement, Connect, Context, Decoded, List, Packet, Properties, Property, PropertyId, Publish, QoS,
    ReasonCode, Sender, Subscribe, Subscription, SubscriptionOptions, Version, Will, decode,
};
use std::hint::black_box;

/// Packets in a buffer.
pub const PACKETS: usize = 1000;

/// What a buffer is full of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PUBLISH, QoS 0, a topic of 27 bytes, a payload of 9.
    SmallPublish,
    /// PUBLISH, QoS 1, the same topic, a payload of 1 KiB.
    LargePublish,
    /// PUBLISH, QoS 1, with eight properties; 5.0 only.
    Properties,
    /// CONNECT with Will, User Name and Password; in 5.0 with properties.
    Connect,
    /// SUBSCRIBE with ten filters.
    Subscribe,
    /// PUBACK.
    Puback,
    /// Of ten packets five small PUBLISH, a large one, three PUBACK and a PINGREQ.
    Mix,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::SmallPublish,
        Self::LargePublish,
        Self::Properties,
        Self::Connect,
        Self::Subscribe,
        Self::Puback,
        Self::Mix,
    ];

    /// Its name in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SmallPublish => "publish-qos0",
            Self::LargePublish => "publish-qos1-1k",
            Self::Properties => "publish-8-properties",
            Self::Connect => "connect",
            Self::Subscribe => "subscribe-10",
            Self::Puback => "puback",
            Self::Mix => "mix",
        }
    }

    /// Whether the version can say it.
    #[must_use]
    pub fn exists_in(self, version: Version) -> bool {
        version == Version::V5 || self != Self::Properties
    }
}

/// The characters of topics and other strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// ASCII only.
    Ascii,
    /// Topics and other strings hold characters of two and three bytes.
    NonAscii,
}

impl Letters {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ascii, Self::NonAscii];

    /// Its name in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::NonAscii => "non-ascii",
        }
    }

    /// A topic of 27 bytes.
    #[must_use]
    pub const fn topic(self) -> &'static str {
        match self {
            Self::Ascii => "sensors/kitchen/temperature",
            Self::NonAscii => "fühler/küche/wärme/große/€",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Ascii => "application/json",
            Self::NonAscii => "größe/wärme/€",
        }
    }

    const fn filters(self) -> [&'static str; 10] {
        match self {
            Self::Ascii => [
                "sensors/kitchen/temperature",
                "sensors/+/temperature",
                "sensors/kitchen/#",
                "sensors/bathroom/humidity",
                "building/7/floor/+/light",
                "building/7/floor/3/door/#",
                "commands/device-17/+",
                "status/device-17",
                "+/+/alarm",
                "#",
            ],
            Self::NonAscii => [
                "fühler/küche/wärme",
                "fühler/+/wärme",
                "fühler/küche/#",
                "fühler/bad/nässe/größe",
                "gebäude/7/stöcke/+/licht",
                "gebäude/7/stöcke/3/tür/#",
                "befehle/gerät-17/+",
                "zustände/gerät-17",
                "+/+/störung",
                "#",
            ],
        }
    }
}

/// The strings and lists that the packets of a workload borrow.
#[derive(Debug)]
pub struct Parts {
    letters: Letters,
    payload: Vec<u8>,
    properties: Vec<Property<'static>>,
    connect: Vec<Property<'static>>,
    will: Vec<Property<'static>>,
    subscriptions: Vec<Subscription<'static>>,
}

impl Parts {
    /// The parts in these letters.
    ///
    /// # Panics
    /// Never: the properties are numbers where they must be.
    #[must_use]
    pub fn new(letters: Letters) -> Self {
        let number = |id, value| Property::number(id, value).expect("a number");
        let word = letters.word();
        let options = SubscriptionOptions::new(QoS::AtLeastOnce);
        Self {
            letters,
            payload: (0..1024).map(|index| index as u8).collect(),
            properties: vec![
                number(PropertyId::PayloadFormatIndicator, 0),
                number(PropertyId::MessageExpiryInterval, 3600),
                number(PropertyId::TopicAlias, 7),
                Property::text(PropertyId::ResponseTopic, letters.topic()),
                Property { id: PropertyId::CorrelationData, value: mqttspec_codec::Value::Binary(b"0123456789abcdef") },
                Property::user("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                Property::user("origin", word),
                Property::text(PropertyId::ContentType, word),
            ],
            connect: vec![
                number(PropertyId::SessionExpiryInterval, 3600),
                number(PropertyId::ReceiveMaximum, 100),
                number(PropertyId::MaximumPacketSize, 65_536),
                number(PropertyId::TopicAliasMaximum, 10),
                Property::user("model", word),
            ],
            will: vec![number(PropertyId::WillDelayInterval, 30), Property::text(PropertyId::ContentType, word)],
            subscriptions: letters
                .filters()
                .into_iter()
                .map(|filter| Subscription { filter: filter.into(), options })
                .collect(),
        }
    }

    fn small(&self) -> Packet<'_> {
        Packet::Publish(Publish {
            dup: false,
            qos: QoS::AtMostOnce,
            retain: false,
            topic: self.letters.topic().into(),
            packet_identifier: None,
            properties: Properties::EMPTY,
            payload: &self.payload[b'0' as usize..][..9],
        })
    }

    fn large(&self) -> Packet<'_> {
        Packet::Publish(Publish {
            dup: false,
            qos: QoS::AtLeastOnce,
            retain: false,
            topic: self.letters.topic().into(),
            packet_identifier: Some(17),
            properties: Properties::EMPTY,
            payload: &self.payload,
        })
    }

    /// The packets that follow each other in a buffer.
    #[must_use]
    pub fn packets(&self, kind: Kind, version: Version) -> Vec<Packet<'_>> {
        let v5 = |properties| if version == Version::V5 { Properties::list(properties) } else { Properties::EMPTY };
        let puback = Packet::Puback(Acknowledgement::new(4711, ReasonCode::SUCCESS));
        match kind {
            Kind::SmallPublish => vec![self.small()],
            Kind::LargePublish => vec![self.large()],
            Kind::Properties => {
                let Packet::Publish(publish) = self.large() else { return Vec::new() };
                let properties = Properties::list(&self.properties);
                vec![Packet::Publish(Publish { properties, payload: &self.payload[..9], ..publish })]
            }
            Kind::Connect => vec![Packet::Connect(Connect {
                version,
                clean_start: true,
                keep_alive: 60,
                properties: v5(&self.connect),
                client_id: "device-17-of-building-7".into(),
                will: Some(Will {
                    qos: QoS::AtLeastOnce,
                    retain: true,
                    properties: v5(&self.will),
                    topic: self.letters.topic().into(),
                    payload: b"offline",
                }),
                user_name: Some("device-17".into()),
                password: Some(b"correct horse battery staple"),
            })],
            Kind::Subscribe => vec![Packet::Subscribe(Subscribe {
                packet_identifier: 5,
                properties: Properties::EMPTY,
                subscriptions: List::new(&self.subscriptions),
            })],
            Kind::Puback => vec![puback],
            Kind::Mix => {
                let (small, large) = (self.small(), self.large());
                vec![small, puback, small, small, puback, large, small, puback, small, Packet::Pingreq]
            }
        }
    }

    /// A buffer of [`PACKETS`] packets.
    ///
    /// # Panics
    /// Never: the packets are lawful.
    #[must_use]
    pub fn buffer(&self, kind: Kind, version: Version) -> Vec<u8> {
        let mut bytes = Vec::new();
        for packet in self.packets(kind, version).iter().cycle().take(PACKETS) {
            packet.encode(version, &mut bytes).expect("a lawful packet");
        }
        bytes
    }
}

/// Decodes a buffer and reads every field; gives the number of packets.
///
/// # Panics
/// A packet is refused or not whole.
#[must_use]
pub fn decode_all(mut bytes: &[u8], version: Version) -> usize {
    let context = Context::new(version, Sender::Client);
    let mut packets = 0;
    while !bytes.is_empty() {
        let Ok(Decoded::Packet { packet, len }) = decode(bytes, &context) else { panic!("a lawful packet") };
        read(&packet);
        bytes = &bytes[len..];
        packets += 1;
    }
    packets
}

/// Encodes packets until there are [`PACKETS`].
///
/// # Panics
/// A packet is refused.
pub fn encode_all(packets: &[Packet<'_>], version: Version, out: &mut Vec<u8>) {
    let mut left = PACKETS;
    while left > 0 {
        for packet in &packets[..packets.len().min(left)] {
            black_box(packet).encode(version, out).expect("a lawful packet");
        }
        left = left.saturating_sub(packets.len());
    }
}

fn read(packet: &Packet<'_>) {
    match packet {
        Packet::Publish(publish) => {
            black_box((publish.dup, publish.qos, publish.retain, publish.packet_identifier));
            black_box(publish.topic.as_bytes());
            black_box(publish.payload);
            properties(publish.properties);
        }
        Packet::Connect(connect) => {
            black_box((connect.version, connect.clean_start, connect.keep_alive));
            black_box(connect.client_id);
            if let Some(will) = &connect.will {
                black_box((will.qos, will.retain, will.topic, will.payload));
                properties(will.properties);
            }
            black_box((connect.user_name, connect.password));
            properties(connect.properties);
        }
        Packet::Subscribe(subscribe) => {
            black_box(subscribe.packet_identifier);
            properties(subscribe.properties);
            for subscription in subscribe.subscriptions {
                black_box((subscription.filter, subscription.options));
            }
        }
        Packet::Puback(ack) => {
            black_box((ack.packet_identifier, ack.reason));
            properties(ack.properties);
        }
        other => {
            black_box(other.packet_type());
        }
    }
}

fn properties(properties: Properties<'_>) {
    for property in properties {
        black_box(property);
    }
}
