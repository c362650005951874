//! Whether a packet is the one that a step means, and whether it is as the step claims.

use super::values::{Names, Nonsense};
use crate::scenario::fields::{self, FieldSpec, Kind};
use crate::scenario::{Entry, Field, PacketSpec, Value};
use mqttspec_codec::{Packet, PacketType, Properties, PropertyId, Version, print_payload};

/// A field of a packet, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actual {
    Number(u64),
    Bool(bool),
    Bytes(Vec<u8>),
    Codes(Vec<u8>),
    /// In any order.
    Numbers(Vec<u64>),
}

impl std::fmt::Display for Actual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Bytes(bytes) => write!(f, "{}", print_payload(bytes)),
            Self::Codes(codes) => {
                let codes: Vec<String> = codes.iter().map(|code| format!("{code:#04x}")).collect();
                f.write_str(&codes.join(" "))
            }
            Self::Numbers(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
                f.write_str(&numbers.join(" "))
            }
        }
    }
}

impl Actual {
    /// The value as later steps see it through a binding; `None` where it is no text.
    fn bound(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
            other => Some(other.to_string()),
        }
    }
}

/// The value of a field of a packet of this size; `None` when the packet does not have it.
pub(crate) fn actual(packet: &Packet<'_>, size: usize, field: &FieldSpec) -> Option<Actual> {
    match field.key {
        fields::PACKET_SIZE => return Some(Actual::Number(size as u64)),
        fields::USER_PROPERTIES => return Some(Actual::Number(properties(packet)?.user_properties().count() as u64)),
        _ => {}
    }
    if let Some(id) = field.property {
        return property(properties(packet)?, id, field.kind);
    }
    Some(match (field.key, packet) {
        ("id", packet) => Actual::Number(packet.packet_identifier()?.into()),
        ("topic" | fields::TOPIC_BEGINS, Packet::Publish(publish)) => Actual::Bytes(publish.topic.as_bytes().to_vec()),
        ("payload", Packet::Publish(publish)) => Actual::Bytes(publish.payload.to_vec()),
        ("qos", Packet::Publish(publish)) => Actual::Number(publish.qos as u64),
        ("retain", Packet::Publish(publish)) => Actual::Bool(publish.retain),
        ("dup", Packet::Publish(publish)) => Actual::Bool(publish.dup),
        ("session-present", Packet::Connack(connack)) => Actual::Bool(connack.session_present),
        ("code", Packet::Connack(connack)) => Actual::Number(connack.reason.0.into()),
        ("code", Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack)) => {
            Actual::Number(ack.reason.0.into())
        }
        ("code", Packet::Disconnect(disconnect)) => Actual::Number(disconnect.reason.0.into()),
        ("code", Packet::Auth(auth)) => Actual::Number(auth.reason.0.into()),
        ("codes", Packet::Suback(suback) | Packet::Unsuback(suback)) => Actual::Codes(suback.reasons.to_vec()),
        _ => return None,
    })
}

fn property(properties: Properties<'_>, id: PropertyId, kind: Kind) -> Option<Actual> {
    Some(match kind {
        Kind::Text => Actual::Bytes(properties.text(id)?.as_bytes().to_vec()),
        Kind::Bytes => Actual::Bytes(properties.binary(id)?.to_vec()),
        Kind::Numbers(_) => {
            let numbers: Vec<u64> = properties.subscription_identifiers().map(u64::from).collect();
            return (!numbers.is_empty()).then_some(Actual::Numbers(numbers));
        }
        Kind::Number(_) | Kind::Bool | Kind::Codes => Actual::Number(properties.number(id)?.into()),
    })
}

pub(crate) fn properties<'a>(packet: &Packet<'a>) -> Option<Properties<'a>> {
    Some(match packet {
        Packet::Connect(connect) => connect.properties,
        Packet::Connack(connack) => connack.properties,
        Packet::Publish(publish) => publish.properties,
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => ack.properties,
        Packet::Subscribe(subscribe) => subscribe.properties,
        Packet::Suback(suback) | Packet::Unsuback(suback) => suback.properties,
        Packet::Unsubscribe(unsubscribe) => unsubscribe.properties,
        Packet::Disconnect(disconnect) => disconnect.properties,
        Packet::Auth(auth) => auth.properties,
        Packet::Pingreq | Packet::Pingresp => return None,
    })
}

/// The fields of a packet that later steps may use.
pub(crate) fn bindings(packet: &Packet<'_>, version: Version) -> Vec<(&'static str, String)> {
    let fields = fields::fields(packet.packet_type(), version).into_iter();
    fields.filter_map(|field| Some((field.key, actual(packet, 0, &field)?.bound()?))).collect()
}

/// Whether the packet is the one that is meant: type and identity fields.
pub(crate) fn is_meant(
    names: &Names,
    spec: &PacketSpec,
    packet: &Packet<'_>,
    version: Version,
) -> Result<bool, Nonsense> {
    if packet.packet_type() != spec.packet {
        return Ok(false);
    }
    for field in &spec.fields {
        let Some(known) = known(spec.packet, version, field)? else { continue };
        if known.identity && !holds(names, field, &known, packet, 0)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the packet, of so many bytes, does otherwise than claimed, in words; empty when all claims hold.
pub(crate) fn broken_claims(
    names: &Names,
    spec: &PacketSpec,
    packet: &Packet<'_>,
    size: usize,
    version: Version,
) -> Result<Vec<String>, Nonsense> {
    let mut broken = Vec::new();
    for field in &spec.fields {
        let Some(known) = known(spec.packet, version, field)? else { continue };
        if !known.identity && !holds(names, field, &known, packet, size)? {
            let actual = actual(packet, size, &known).map_or_else(|| "absent".to_owned(), |actual| actual.to_string());
            broken.push(format!("{}={actual}", field.key));
        }
    }
    let entries: Vec<&Entry> = spec.entries.iter().filter(|entry| entry.name == "user-property").collect();
    if entries.is_empty() {
        return Ok(broken);
    }
    let named = entries.iter().filter(|entry| entry.arguments != [Value::Null]);
    let expected: Vec<(Vec<u8>, Vec<u8>)> = named
        .map(|entry| {
            let argument = |at: usize| entry.arguments.get(at).map_or(Ok(Vec::new()), |value| names.bytes(value));
            Ok((argument(0)?, argument(1)?))
        })
        .collect::<Result<_, Nonsense>>()?;
    let actual: Vec<_> = properties(packet).into_iter().flat_map(mqttspec_codec::Properties::user_properties).collect();
    let same = actual.len() == expected.len()
        && actual.iter().zip(&expected).all(|((name, value), (n, v))| name.as_bytes() == n && value.as_bytes() == v);
    if !same {
        let listed: Vec<String> = actual.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
        broken.push(format!("user properties: {listed}"));
    }
    Ok(broken)
}

/// The field; `None` where the version has no such field and none is expected.
fn known(packet: PacketType, version: Version, field: &Field) -> Result<Option<FieldSpec>, Nonsense> {
    let measure = || fields::measures(version).find(|measure| measure.key == field.key);
    match fields::field(packet, version, &field.key).or_else(measure) {
        None if field.value != Value::Null => Err(format!("{packet} of MQTT {version} has no `{}`", field.key)),
        known => Ok(known),
    }
}

fn holds(names: &Names, field: &Field, known: &FieldSpec, packet: &Packet<'_>, size: usize) -> Result<bool, Nonsense> {
    let actual = actual(packet, size, known);
    if field.value == Value::Null {
        return Ok(actual.is_none());
    }
    let Some(actual) = actual else { return Ok(false) };
    if field.value == Value::Text("*".to_owned()) {
        return Ok(true);
    }
    match &actual {
        Actual::Bytes(bytes) if field.key == fields::TOPIC_BEGINS => Ok(bytes.starts_with(&names.bytes(&field.value)?)),
        Actual::Number(number) => names.accepts_number(&field.value, *number),
        Actual::Bool(value) => Ok(names.boolean(&field.value)? == *value),
        Actual::Bytes(bytes) => Ok(names.bytes(&field.value)? == *bytes),
        Actual::Codes(codes) => names.accepts_codes(&field.value, codes),
        Actual::Numbers(numbers) => names.accepts_numbers(&field.value, numbers),
    }
}
