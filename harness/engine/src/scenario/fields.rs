//! The fields that scenarios may give to packets: one table for the loader, the encoder and the matcher.

use mqttspec_codec::property::{Home, Kind as Wire, PropertyId};
use mqttspec_codec::{PacketType, Version};

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number up to this.
    Number(u64),
    /// `#true` or `#false`.
    Bool,
    /// A string.
    Text,
    /// Bytes, or a text for its bytes.
    Bytes,
    /// A list of codes in a text: `"0 1 0x80"`; a bare number is a list of one.
    Codes,
    /// Numbers up to this, of which a packet has as many as it likes. Where they are expected, a text lists all of
    /// them, in any order: `"1 2"`; a bare number is the only one.
    Numbers(u64),
}

/// A field of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The key in a scenario.
    pub key: &'static str,
    /// The value.
    pub kind: Kind,
    /// Whether it tells which packet is meant, so that a step may match on it without a rule.
    pub identity: bool,
    /// The property, if it is one; then only 5.0 has it.
    pub property: Option<PropertyId>,
}

const fn plain(key: &'static str, kind: Kind) -> FieldSpec {
    FieldSpec { key, kind, identity: false, property: None }
}

const fn identity(key: &'static str, kind: Kind) -> FieldSpec {
    FieldSpec { key, kind, identity: true, property: None }
}

const ID: FieldSpec = identity("id", Kind::Number(0xffff));
const CODE: FieldSpec = plain("code", Kind::Number(0xff));
const QOS: FieldSpec = plain("qos", Kind::Number(2));
const RETAIN: FieldSpec = plain("retain", Kind::Bool);

/// What a step may expect of any packet: how long the whole of it is, in bytes.
pub const PACKET_SIZE: &str = "packet-size";
/// How many User Properties a packet has.
pub const USER_PROPERTIES: &str = "user-properties";

const CONNECT: &[FieldSpec] = &[
    plain("client-id", Kind::Text),
    plain("clean-start", Kind::Bool),
    plain("keep-alive", Kind::Number(0xffff)),
    plain("user-name", Kind::Text),
    plain("password", Kind::Bytes),
];
const CONNACK: &[FieldSpec] = &[plain("session-present", Kind::Bool), CODE];
/// What the topic of a PUBLISH that is expected begins with, where the whole of it is the Server's to choose.
pub const TOPIC_BEGINS: &str = "topic-begins";
const PUBLISH: &[FieldSpec] = &[
    identity("topic", Kind::Text),
    identity(TOPIC_BEGINS, Kind::Text),
    identity("payload", Kind::Bytes),
    ID,
    QOS,
    RETAIN,
    plain("dup", Kind::Bool),
];
const SUBACK: &[FieldSpec] = &[ID, plain("codes", Kind::Codes)];

const fn own_fields(packet: PacketType) -> &'static [FieldSpec] {
    match packet {
        PacketType::Connect => CONNECT,
        PacketType::Connack => CONNACK,
        PacketType::Publish => PUBLISH,
        PacketType::Puback | PacketType::Pubrec | PacketType::Pubrel | PacketType::Pubcomp => &[ID, CODE],
        PacketType::Subscribe | PacketType::Unsubscribe => &[ID],
        PacketType::Suback | PacketType::Unsuback => SUBACK,
        PacketType::Pingreq | PacketType::Pingresp => &[],
        PacketType::Disconnect | PacketType::Auth => &[CODE],
    }
}

/// The fields of a Will, besides its properties.
pub const WILL: &[FieldSpec] = &[plain("topic", Kind::Text), plain("payload", Kind::Bytes), QOS, RETAIN];

/// The fields of a filter of SUBSCRIBE; those but `qos` exist in 5.0 only. `options` is the whole byte.
pub const FILTER: &[FieldSpec] = &[
    QOS,
    plain("no-local", Kind::Bool),
    plain("retain-as-published", Kind::Bool),
    plain("retain-handling", Kind::Number(2)),
    plain("options", Kind::Number(0xff)),
];

fn property_field(id: PropertyId) -> Option<FieldSpec> {
    let kind = match id.spec().kind {
        Wire::Byte => Kind::Number(0xff),
        Wire::TwoByte => Kind::Number(0xffff),
        Wire::FourByte => Kind::Number(0xffff_ffff),
        Wire::VarInt => Kind::Number(mqttspec_codec::varint::MAX as u64),
        Wire::Text => Kind::Text,
        Wire::Binary => Kind::Bytes,
        // User Properties are entries.
        Wire::Pair => return None,
    };
    Some(FieldSpec { key: id.spec().key, kind, identity: false, property: Some(id) })
}

fn properties(home: Home) -> impl Iterator<Item = FieldSpec> {
    PropertyId::ALL.iter().filter(move |id| id.allowed_in(home)).filter_map(|&id| property_field(id))
}

/// Every field of a packet in a version.
pub fn fields(packet: PacketType, version: Version) -> Vec<FieldSpec> {
    let codes_in_v311 = matches!(packet, PacketType::Connack | PacketType::Suback);
    let own = own_fields(packet)
        .iter()
        .copied()
        .filter(move |field| version == Version::V5 || codes_in_v311 || !matches!(field.key, "code" | "codes"));
    let properties = properties(Home::Packet(packet)).filter(move |_| version == Version::V5);
    own.chain(properties).map(|field| if packet == PacketType::Publish { of_publish(field) } else { field }).collect()
}

/// A PUBLISH has a Subscription Identifier for each subscription that it comes by.
fn of_publish(field: FieldSpec) -> FieldSpec {
    match (field.property, field.kind) {
        (Some(PropertyId::SubscriptionIdentifier), Kind::Number(most)) => {
            FieldSpec { kind: Kind::Numbers(most), ..field }
        }
        _ => field,
    }
}

/// What can be asked of any packet that is expected, and is no field that it could be sent with.
pub fn measures(version: Version) -> impl Iterator<Item = FieldSpec> {
    let properties = (version == Version::V5).then_some(plain(USER_PROPERTIES, Kind::Number(u32::MAX as u64)));
    [plain(PACKET_SIZE, Kind::Number(u32::MAX as u64))].into_iter().chain(properties)
}

/// A field of a packet in a version.
#[must_use]
pub fn field(packet: PacketType, version: Version, key: &str) -> Option<FieldSpec> {
    fields(packet, version).into_iter().find(|field| field.key == key)
}

/// Every field of a Will in a version.
pub fn will_fields(version: Version) -> Vec<FieldSpec> {
    let properties = properties(Home::Will).filter(move |_| version == Version::V5);
    WILL.iter().copied().chain(properties).collect()
}

/// Every field of a filter in a version.
pub fn filter_fields(version: Version) -> Vec<FieldSpec> {
    FILTER.iter().copied().filter(|field| version == Version::V5 || matches!(field.key, "qos" | "options")).collect()
}
