//! Each packet, field by field.

use super::values::{
    binary, own_properties, packet_identifier, payload, properties, reason_code, some, text, topic_filter, topic_name,
};
use super::{Arena, Choices, Shape};
use crate::property::Home;
use crate::{
    Acknowledgement, Auth, Connack, Connect, Disconnect, List, Packet, PacketType, Properties, PropertyId, Publish,
    QoS, ReasonCode, RetainHandling, Suback, Subscribe, Subscription, SubscriptionOptions, Text, Unsubscribe, Version,
    Will,
};

pub(super) fn packet<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Packet<'a> {
    match shape.packet_type() {
        PacketType::Connect => Packet::Connect(connect(shape, c, arena)),
        PacketType::Connack => Packet::Connack(connack(shape, c, arena)),
        PacketType::Publish => Packet::Publish(publish(shape, c, arena)),
        PacketType::Puback => Packet::Puback(acknowledgement(shape, c, arena)),
        PacketType::Pubrec => Packet::Pubrec(acknowledgement(shape, c, arena)),
        PacketType::Pubrel => Packet::Pubrel(acknowledgement(shape, c, arena)),
        PacketType::Pubcomp => Packet::Pubcomp(acknowledgement(shape, c, arena)),
        PacketType::Subscribe => Packet::Subscribe(subscribe(shape, c, arena)),
        PacketType::Suback => Packet::Suback(suback(shape, c, arena)),
        PacketType::Unsubscribe => Packet::Unsubscribe(unsubscribe(shape, c, arena)),
        PacketType::Unsuback => Packet::Unsuback(suback(shape, c, arena)),
        PacketType::Pingreq => Packet::Pingreq,
        PacketType::Pingresp => Packet::Pingresp,
        PacketType::Disconnect => Packet::Disconnect(disconnect(shape, c, arena)),
        PacketType::Auth => Packet::Auth(auth(shape, c, arena)),
    }
}

fn connect<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Connect<'a> {
    let version = shape.version();
    let clean_start = c.yes();
    let keep_alive = c.number(0, 0xffff) as u16;
    let properties = own_properties(c, arena, shape);
    let client_id = text(c, arena);
    let will = c.yes().then(|| will(shape, c, arena));
    let user_name = c.yes().then(|| text(c, arena));
    let password = (c.yes() && (version == Version::V5 || user_name.is_some())).then(|| binary(c, arena));
    // Without a Client Identifier a 3.1.1 Client must ask for a clean session ([MQTT-3.1.3-7]).
    let clean_start = clean_start || (version == Version::V311 && client_id.is_empty());
    Connect { version, clean_start, keep_alive, properties, client_id, will, user_name, password }
}

fn will<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Will<'a> {
    let (qos, retain) = (c.pick(&QoS::ALL), c.yes());
    let properties = properties(c, arena, shape, Home::Will);
    Will { qos, retain, properties, topic: topic_name(c, arena), payload: payload(c, arena, properties) }
}

fn connack<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Connack<'a> {
    // Half of them accept the connection.
    let reason = if c.yes() { reason_code(c, shape) } else { ReasonCode::SUCCESS };
    let session_present = c.yes() && reason == ReasonCode::SUCCESS;
    Connack { session_present, reason, properties: own_properties(c, arena, shape) }
}

fn publish<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Publish<'a> {
    let qos = c.pick(&QoS::ALL);
    let acknowledged = qos != QoS::AtMostOnce;
    let dup = acknowledged && c.yes();
    let retain = c.yes();
    let packet_identifier = acknowledged.then(|| packet_identifier(c));
    let properties = own_properties(c, arena, shape);
    let by_alias = properties.find(PropertyId::TopicAlias).is_some() && c.yes();
    let topic = if by_alias { Text::default() } else { topic_name(c, arena) };
    Publish { dup, qos, retain, topic, packet_identifier, properties, payload: payload(c, arena, properties) }
}

fn acknowledgement<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Acknowledgement<'a> {
    Acknowledgement {
        packet_identifier: packet_identifier(c),
        reason: reason_code(c, shape),
        properties: own_properties(c, arena, shape),
    }
}

fn subscribe<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Subscribe<'a> {
    let packet_identifier = packet_identifier(c);
    let properties = own_properties(c, arena, shape);
    let subscriptions = some(c, |c| subscription(shape.version(), c, arena));
    Subscribe { packet_identifier, properties, subscriptions: List::new(arena.slice(&subscriptions)) }
}

fn subscription<'a>(version: Version, c: &mut Choices<'_>, arena: &'a Arena) -> Subscription<'a> {
    const HANDLING: [RetainHandling; 3] = [RetainHandling::Send, RetainHandling::SendIfNew, RetainHandling::DoNotSend];
    let filter = topic_filter(c, arena, version);
    let options = SubscriptionOptions::new(c.pick(&QoS::ALL));
    let options = match version {
        Version::V311 => options,
        Version::V5 => options
            .with_no_local(c.yes() && !filter.as_bytes().starts_with(b"$share/"))
            .with_retain_as_published(c.yes())
            .with_retain_handling(c.pick(&HANDLING)),
    };
    Subscription { filter, options }
}

fn unsubscribe<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Unsubscribe<'a> {
    let packet_identifier = packet_identifier(c);
    let properties = own_properties(c, arena, shape);
    let filters = some(c, |c| topic_filter(c, arena, shape.version()));
    Unsubscribe { packet_identifier, properties, filters: List::new(arena.slice(&filters)) }
}

fn suback<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Suback<'a> {
    let packet_identifier = packet_identifier(c);
    let properties = own_properties(c, arena, shape);
    let reasons = match (shape.packet_type(), shape.version()) {
        (PacketType::Unsuback, Version::V311) => &[],
        _ => arena.slice(&some(c, |c| reason_code(c, shape).0)),
    };
    Suback { packet_identifier, properties, reasons }
}

fn disconnect<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Disconnect<'a> {
    Disconnect { reason: reason_code(c, shape), properties: own_properties(c, arena, shape) }
}

fn auth<'a>(shape: Shape, c: &mut Choices<'_>, arena: &'a Arena) -> Auth<'a> {
    let reason = reason_code(c, shape);
    // Success without properties may be left out altogether (3.15.2.1).
    let short = reason == ReasonCode::SUCCESS && c.yes();
    Auth { reason, properties: if short { Properties::EMPTY } else { own_properties(c, arena, shape) } }
}
