//! Strategies for valid packets of either version and either sender.

use crate::values::{binary, packet_identifier, properties, reason_code, text, topic_filter, topic_name};
use mqttspec_codec::property::Home;
use mqttspec_codec::{
    Acknowledgement, Auth, Connack, Connect, Disconnect, List, Packet, PacketType, Properties, PropertyId, Publish,
    QoS, ReasonCode, RetainHandling, Sender, Suback, Subscribe, Subscription, SubscriptionOptions, Text, Unsubscribe,
    Version, Will,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Any valid packet that this party may send in this version.
pub(crate) fn packet(version: Version, sender: Sender) -> BoxedStrategy<Packet<'static>> {
    let types = PacketType::ALL.into_iter().filter(|packet| packet.allowed(version, sender)).collect::<Vec<_>>();
    select(types).prop_flat_map(move |packet| packet_of(packet, version, sender)).boxed()
}

fn packet_of(packet: PacketType, version: Version, sender: Sender) -> BoxedStrategy<Packet<'static>> {
    match packet {
        PacketType::Connect => connect(version).prop_map(Packet::Connect).boxed(),
        PacketType::Connack => connack(version).prop_map(Packet::Connack).boxed(),
        PacketType::Publish => publish(version, sender).prop_map(Packet::Publish).boxed(),
        PacketType::Puback => acknowledgement(packet, version, sender).prop_map(Packet::Puback).boxed(),
        PacketType::Pubrec => acknowledgement(packet, version, sender).prop_map(Packet::Pubrec).boxed(),
        PacketType::Pubrel => acknowledgement(packet, version, sender).prop_map(Packet::Pubrel).boxed(),
        PacketType::Pubcomp => acknowledgement(packet, version, sender).prop_map(Packet::Pubcomp).boxed(),
        PacketType::Subscribe => subscribe(version).prop_map(Packet::Subscribe).boxed(),
        PacketType::Suback => suback(packet, version).prop_map(Packet::Suback).boxed(),
        PacketType::Unsubscribe => unsubscribe(version).prop_map(Packet::Unsubscribe).boxed(),
        PacketType::Unsuback => suback(packet, version).prop_map(Packet::Unsuback).boxed(),
        PacketType::Pingreq => Just(Packet::Pingreq).boxed(),
        PacketType::Pingresp => Just(Packet::Pingresp).boxed(),
        PacketType::Disconnect => disconnect(version, sender).prop_map(Packet::Disconnect).boxed(),
        PacketType::Auth => auth(sender).prop_map(Packet::Auth).boxed(),
    }
}

fn own(packet: PacketType, version: Version, sender: Sender) -> BoxedStrategy<Properties<'static>> {
    properties(version, Home::Packet(packet), sender)
}

fn qos() -> impl Strategy<Value = QoS> {
    select(QoS::ALL.to_vec())
}

fn will(version: Version) -> impl Strategy<Value = Will<'static>> {
    let properties = properties(version, Home::Will, Sender::Client);
    (qos(), any::<bool>(), properties, topic_name(), binary())
        .prop_map(|(qos, retain, properties, topic, payload)| Will { qos, retain, properties, topic, payload })
}

fn connect(version: Version) -> impl Strategy<Value = Connect<'static>> {
    let head = (any::<bool>(), any::<u16>(), own(PacketType::Connect, version, Sender::Client), text());
    (head, option::of(will(version)), option::of(text()), option::of(binary())).prop_map(
        move |((clean_start, keep_alive, properties, client_id), will, user_name, password)| {
            let password = password.filter(|_| version == Version::V5 || user_name.is_some());
            Connect { version, clean_start, keep_alive, properties, client_id, will, user_name, password }
        },
    )
}

fn connack(version: Version) -> impl Strategy<Value = Connack<'static>> {
    let properties = own(PacketType::Connack, version, Sender::Server);
    let reason = prop_oneof![Just(ReasonCode::SUCCESS), reason_code(version, PacketType::Connack, Sender::Server)];
    (any::<bool>(), reason, properties).prop_map(|(session, reason, properties)| Connack {
        session_present: session && reason == ReasonCode::SUCCESS,
        reason,
        properties,
    })
}

fn publish(version: Version, sender: Sender) -> impl Strategy<Value = Publish<'static>> {
    let head = (any::<bool>(), qos(), any::<bool>(), packet_identifier());
    let topic = (topic_name(), any::<bool>());
    (head, topic, own(PacketType::Publish, version, sender), binary()).prop_map(
        |((dup, qos, retain, id), (topic, by_alias), properties, payload)| {
            let by_alias = by_alias && properties.find(PropertyId::TopicAlias).is_some();
            Publish {
                dup: dup && qos != QoS::AtMostOnce,
                qos,
                retain,
                topic: if by_alias { Text::default() } else { topic },
                packet_identifier: (qos != QoS::AtMostOnce).then_some(id),
                properties,
                payload,
            }
        },
    )
}

fn acknowledgement(
    packet: PacketType,
    version: Version,
    sender: Sender,
) -> impl Strategy<Value = Acknowledgement<'static>> {
    (packet_identifier(), reason_code(version, packet, sender), own(packet, version, sender))
        .prop_map(|(packet_identifier, reason, properties)| Acknowledgement { packet_identifier, reason, properties })
}

fn subscription(version: Version) -> impl Strategy<Value = Subscription<'static>> {
    let handling = select(vec![RetainHandling::Send, RetainHandling::SendIfNew, RetainHandling::DoNotSend]);
    (topic_filter(version), qos(), any::<bool>(), any::<bool>(), handling).prop_map(
        move |(filter, qos, no_local, as_published, handling)| {
            let options = SubscriptionOptions::new(qos);
            let options = match version {
                Version::V311 => options,
                Version::V5 => options
                    .with_no_local(no_local && !filter.as_bytes().starts_with(b"$share/"))
                    .with_retain_as_published(as_published)
                    .with_retain_handling(handling),
            };
            Subscription { filter, options }
        },
    )
}

fn subscribe(version: Version) -> impl Strategy<Value = Subscribe<'static>> {
    let properties = own(PacketType::Subscribe, version, Sender::Client);
    (packet_identifier(), properties, vec(subscription(version), 1..4)).prop_map(
        |(packet_identifier, properties, subscriptions)| Subscribe {
            packet_identifier,
            properties,
            subscriptions: List::new(subscriptions.leak()),
        },
    )
}

fn unsubscribe(version: Version) -> impl Strategy<Value = Unsubscribe<'static>> {
    let properties = own(PacketType::Unsubscribe, version, Sender::Client);
    (packet_identifier(), properties, vec(topic_filter(version), 1..4)).prop_map(
        |(packet_identifier, properties, filters)| Unsubscribe {
            packet_identifier,
            properties,
            filters: List::new(filters.leak()),
        },
    )
}

fn suback(packet: PacketType, version: Version) -> impl Strategy<Value = Suback<'static>> {
    let codes = match (packet, version) {
        (PacketType::Unsuback, Version::V311) => Just(Vec::new()).boxed(),
        _ => vec(reason_code(version, packet, Sender::Server).prop_map(|code| code.0), 1..5).boxed(),
    };
    (packet_identifier(), own(packet, version, Sender::Server), codes).prop_map(
        |(packet_identifier, properties, reasons)| Suback { packet_identifier, properties, reasons: reasons.leak() },
    )
}

fn disconnect(version: Version, sender: Sender) -> impl Strategy<Value = Disconnect<'static>> {
    let packet = PacketType::Disconnect;
    (reason_code(version, packet, sender), own(packet, version, sender))
        .prop_map(|(reason, properties)| Disconnect { reason, properties })
}

fn auth(sender: Sender) -> impl Strategy<Value = Auth<'static>> {
    let packet = PacketType::Auth;
    let reason = reason_code(Version::V5, packet, sender);
    (reason, own(packet, Version::V5, sender), any::<bool>()).prop_map(|(reason, properties, short)| {
        let short = short && reason == ReasonCode::SUCCESS;
        Auth { reason, properties: if short { Properties::EMPTY } else { properties } }
    })
}
