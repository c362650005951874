//! From a packet as a scenario writes it to bytes.

use super::values::{Names, Nonsense};
use crate::scenario::{Entry, Field, PacketSpec, Raw, RawKind, Value, fields};
use mqttspec_codec::packet::{
    Acknowledgement, Auth, Connect, Disconnect, Publish, Subscribe, Subscription, Unsubscribe, Will,
};
use mqttspec_codec::property::{Kind, PropertyId, Value as Wire};
use mqttspec_codec::{
    List, Packet, PacketType, Properties, Property, QoS, ReasonCode, RetainHandling, SubscriptionOptions, Text,
    Version, raw,
};

/// Values that the borrowed packet of the codec points into.
#[derive(Default)]
struct Arena {
    properties: Vec<(PropertyId, OwnedValue)>,
}

enum OwnedValue {
    Number(u32),
    Bytes(Vec<u8>),
    Pair(Vec<u8>, Vec<u8>),
}

impl Arena {
    fn new(names: &Names, fields: &[Field], entries: &[Entry]) -> Result<Self, Nonsense> {
        let mut arena = Self::default();
        for field in fields {
            let Some(id) = PropertyId::from_key(&field.key) else { continue };
            if field.value == Value::Null {
                continue;
            }
            let value = match id.spec().kind {
                Kind::Text | Kind::Binary | Kind::Pair => OwnedValue::Bytes(names.bytes(&field.value)?),
                _ => OwnedValue::Number(names.number(&field.value)? as u32),
            };
            arena.properties.push((id, value));
        }
        for entry in entries.iter().filter(|entry| entry.name == "user-property") {
            let argument = |at: usize| entry.arguments.get(at).map_or(Ok(Vec::new()), |value| names.bytes(value));
            arena.properties.push((PropertyId::UserProperty, OwnedValue::Pair(argument(0)?, argument(1)?)));
        }
        Ok(arena)
    }

    fn list(&self) -> Vec<Property<'_>> {
        self.properties.iter().filter_map(|(id, value)| property(*id, value)).collect()
    }
}

fn property(id: PropertyId, value: &OwnedValue) -> Option<Property<'_>> {
    let value = match value {
        OwnedValue::Number(number) => return Property::number(id, *number),
        OwnedValue::Bytes(bytes) if id.spec().kind == Kind::Binary => Wire::Binary(bytes),
        OwnedValue::Bytes(bytes) => Wire::Text(Text::from_bytes(bytes)),
        OwnedValue::Pair(name, value) => Wire::Pair(Text::from_bytes(name), Text::from_bytes(value)),
    };
    Some(Property { id, value })
}

/// What a CONNECT has beyond its own fields.
pub(crate) struct ConnectDefaults<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) clean_start: bool,
    /// For a kept session in 5.0.
    pub(crate) session_expiry: Option<u32>,
    pub(crate) credentials: Option<(&'a str, &'a [u8])>,
}

/// The bytes of a CONNECT.
pub(crate) fn connect(
    names: &Names,
    spec: &PacketSpec,
    version: Version,
    defaults: &ConnectDefaults<'_>,
) -> Result<Vec<u8>, Nonsense> {
    let mut spec = spec.clone();
    if let Some(seconds) = defaults.session_expiry.filter(|_| version == Version::V5)
        && spec.field("session-expiry-interval").is_none()
    {
        let field = Field {
            key: "session-expiry-interval".into(),
            value: Value::Number(seconds.into()),
            span: Default::default(),
        };
        spec.fields.push(field);
    }
    let arena = Arena::new(names, &spec.fields, &spec.entries)?;
    let will = match spec.entries.iter().find(|entry| entry.name == "will") {
        Some(entry) => Some(OwnedWill::new(names, entry)?),
        None => None,
    };
    let will_properties = will.as_ref().map(|will| will.arena.list()).unwrap_or_default();
    let text =
        |key: &str| spec.field(key).filter(|value| **value != Value::Null).map(|value| names.bytes(value)).transpose();
    let client_id = text("client-id")?.unwrap_or_else(|| defaults.client_id.as_bytes().to_vec());
    let (user, secret) = defaults.credentials.unzip();
    let user_name = text("user-name")?.or_else(|| user.map(|user| user.as_bytes().to_vec()));
    let password = text("password")?.or_else(|| secret.map(<[u8]>::to_vec));
    let properties = arena.list();
    let packet = Packet::Connect(Connect {
        version,
        clean_start: spec.field("clean-start").map_or(Ok(defaults.clean_start), |value| names.boolean(value))?,
        keep_alive: spec.field("keep-alive").map_or(Ok(0), |value| names.number(value))? as u16,
        properties: Properties::list(&properties),
        client_id: Text::from_bytes(&client_id),
        will: will.as_ref().map(|will| Will {
            qos: will.qos,
            retain: will.retain,
            properties: Properties::list(&will_properties),
            topic: Text::from_bytes(&will.topic),
            payload: &will.payload,
        }),
        user_name: user_name.as_deref().map(Text::from_bytes),
        password: password.as_deref(),
    });
    packet.to_bytes(version).map_err(|error| error.to_string())
}

struct OwnedWill {
    qos: QoS,
    retain: bool,
    topic: Vec<u8>,
    payload: Vec<u8>,
    arena: Arena,
}

impl OwnedWill {
    fn new(names: &Names, entry: &Entry) -> Result<Self, Nonsense> {
        let field = |key: &str| entry.fields.iter().find(|field| field.key == key).map(|field| &field.value);
        let bytes = |key: &str| field(key).map_or(Ok(Vec::new()), |value| names.bytes(value));
        Ok(Self {
            qos: qos(names, field("qos"))?,
            retain: field("retain").map_or(Ok(false), |value| names.boolean(value))?,
            topic: bytes("topic")?,
            payload: bytes("payload")?,
            arena: Arena::new(names, &own_properties(&entry.fields), &entry.entries)?,
        })
    }
}

/// The fields of a Will that are properties; `topic` and `payload` are not.
fn own_properties(fields: &[Field]) -> Vec<Field> {
    fields.iter().filter(|field| !fields::WILL.iter().any(|own| own.key == field.key)).cloned().collect()
}

fn qos(names: &Names, value: Option<&Value>) -> Result<QoS, Nonsense> {
    let number = value.map_or(Ok(0), |value| names.number(value))?;
    u8::try_from(number).ok().and_then(QoS::from_u8).ok_or_else(|| format!("QoS {number}"))
}

/// The bytes of any packet but CONNECT.
pub(crate) fn packet(names: &Names, spec: &PacketSpec, version: Version) -> Result<Vec<u8>, Nonsense> {
    let arena = Arena::new(names, &spec.fields, &spec.entries)?;
    let list = arena.list();
    let properties = Properties::list(&list);
    let field = |key: &str| spec.field(key).filter(|value| **value != Value::Null);
    let number = |key: &str| field(key).map_or(Ok(0), |value| names.number(value));
    let flag = |key: &str| field(key).map_or(Ok(false), |value| names.boolean(value));
    let bytes = |key: &str| field(key).map_or(Ok(Vec::new()), |value| names.bytes(value));
    let id = number("id")? as u16;
    let reason = ReasonCode(number("code")? as u8);
    let acknowledgement = Acknowledgement { packet_identifier: id, reason, properties };

    let (topic, payload) = (bytes("topic")?, bytes("payload")?);
    let filters = spec.entries.iter().filter(|entry| entry.name == "filter");
    let filters: Vec<(Vec<u8>, SubscriptionOptions)> =
        filters.map(|entry| filter(names, entry)).collect::<Result<_, _>>()?;
    let subscriptions: Vec<Subscription<'_>> = filters
        .iter()
        .map(|(filter, options)| Subscription { filter: Text::from_bytes(filter), options: *options })
        .collect();
    let names_only: Vec<Text<'_>> = filters.iter().map(|(filter, _)| Text::from_bytes(filter)).collect();
    let codes: Vec<u8> = match field("codes") {
        Some(codes) => names.codes(codes)?.into_iter().map(|code| code as u8).collect(),
        None => Vec::new(),
    };
    let suback = mqttspec_codec::Suback { packet_identifier: id, properties, reasons: &codes };

    let packet = match spec.packet {
        PacketType::Publish => {
            let qos = qos(names, field("qos"))?;
            Packet::Publish(Publish {
                dup: flag("dup")?,
                qos,
                retain: flag("retain")?,
                topic: Text::from_bytes(&topic),
                packet_identifier: (qos != QoS::AtMostOnce).then_some(id),
                properties,
                payload: &payload,
            })
        }
        PacketType::Puback => Packet::Puback(acknowledgement),
        PacketType::Pubrec => Packet::Pubrec(acknowledgement),
        PacketType::Pubrel => Packet::Pubrel(acknowledgement),
        PacketType::Pubcomp => Packet::Pubcomp(acknowledgement),
        PacketType::Subscribe => {
            Packet::Subscribe(Subscribe { packet_identifier: id, properties, subscriptions: List::new(&subscriptions) })
        }
        PacketType::Unsubscribe => {
            Packet::Unsubscribe(Unsubscribe { packet_identifier: id, properties, filters: List::new(&names_only) })
        }
        PacketType::Suback => Packet::Suback(suback),
        PacketType::Unsuback => Packet::Unsuback(suback),
        PacketType::Pingreq => Packet::Pingreq,
        PacketType::Pingresp => Packet::Pingresp,
        PacketType::Disconnect => Packet::Disconnect(Disconnect { reason, properties }),
        PacketType::Auth => Packet::Auth(Auth { reason, properties }),
        PacketType::Connack => {
            Packet::Connack(mqttspec_codec::Connack { session_present: flag("session-present")?, reason, properties })
        }
        PacketType::Connect => return Err("a CONNECT needs its Client".to_owned()),
    };
    packet.to_bytes(version).map_err(|error| error.to_string())
}

fn filter(names: &Names, entry: &Entry) -> Result<(Vec<u8>, SubscriptionOptions), Nonsense> {
    let filter = entry.arguments.first().map_or(Ok(Vec::new()), |value| names.bytes(value))?;
    let field = |key: &str| entry.fields.iter().find(|field| field.key == key).map(|field| &field.value);
    if let Some(options) = field("options") {
        return Ok((filter, SubscriptionOptions::from_bits(names.number(options)? as u8)));
    }
    let flag = |key: &str| field(key).map_or(Ok(false), |value| names.boolean(value));
    let handling = match field("retain-handling").map_or(Ok(0), |value| names.number(value))? {
        0 => RetainHandling::Send,
        1 => RetainHandling::SendIfNew,
        _ => RetainHandling::DoNotSend,
    };
    let options = SubscriptionOptions::new(qos(names, field("qos"))?)
        .with_no_local(flag("no-local")?)
        .with_retain_as_published(flag("retain-as-published")?)
        .with_retain_handling(handling);
    Ok((filter, options))
}

/// The bytes of a raw step.
pub(crate) fn raw_bytes(names: &Names, raw: &Raw) -> Result<Vec<u8>, Nonsense> {
    let Raw::Packet { first, length, body } = raw else {
        let Raw::Bytes(bytes) = raw else { unreachable!("the two kinds of raw bytes") };
        return Ok(bytes.clone());
    };
    let mut builder = raw::Builder::new();
    for (kind, value) in body {
        builder = match kind {
            RawKind::U8 => builder.u8(names.number(value)? as u8),
            RawKind::U16 => builder.u16(names.number(value)? as u16),
            RawKind::U32 => builder.u32(names.number(value)? as u32),
            RawKind::VarInt => builder.variable_byte_integer(names.number(value)? as u32),
            RawKind::String => builder.string(&names.bytes(value)?),
            RawKind::Bytes => builder.bytes(&names.bytes(value)?),
        };
    }
    Ok(match length {
        Some(length) => builder.packet_with_length(*first, length),
        None => builder.packet(*first),
    })
}
