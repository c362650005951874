//! Messages on their way to subscribers: whether they come, with which payload, QoS and flags.

use super::memory::Cause;
use super::tools::{at_qos, drop_if, without};
use super::{Fate, Sabotage, Saboteur, Switch};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Acknowledgement, Packet, PacketType, Properties, PropertyId, Publish, QoS, ReasonCode, Subscription, Version,
};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new("qos0-lost", "loses messages of QoS 0", &["MQTT-4.5.0-1"], &["MQTT-4.5.0-1"])
        .server(|s, connection, packet| lose_if(s, connection, packet, |publish| publish.qos == QoS::AtMostOnce)),
    Sabotage::new("qos1-lost", "loses messages of QoS 1", &["MQTT-4.5.0-1"], &["MQTT-4.5.0-1"])
        .server(|s, connection, packet| lose_if(s, connection, packet, |publish| publish.qos == QoS::AtLeastOnce)),
    Sabotage::new("qos2-lost", "loses messages of QoS 2", &["MQTT-4.5.0-1"], &["MQTT-4.5.0-1"])
        .server(|s, connection, packet| lose_if(s, connection, packet, |publish| publish.qos == QoS::ExactlyOnce)),
    Sabotage::new("versions-apart", "delivers no message to a Client of the other version", &[], &["MQTT-4.5.0-1"])
        .server(|s, connection, packet| {
            let Cause::Packet { of, .. } = s.cause else { return Fate::Pass };
            let version = s.line(connection).version;
            let apart = s.line(of).version != version;
            lose_if(s, connection, packet, |_| apart)
        }),
    Sabotage::new(
        "dup-publish-dropped",
        "takes a PUBLISH with DUP 1 for one that it has seen, and drops it",
        &["MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .client(drop_dup),
    Sabotage::new("empty-payload-dropped", "delivers no message without payload", &["MQTT-4.5.0-1"], &["MQTT-4.5.0-1"])
        .server(|s, connection, packet| lose_if(s, connection, packet, |publish| publish.payload.is_empty())),
    Sabotage::new(
        "qos0-with-identifier",
        "puts a Packet Identifier behind the Topic Name of a QoS 0 PUBLISH",
        &["MQTT-2.3.1-5"],
        &["MQTT-2.2.1-2"],
    )
    .server(|s, connection, packet| match packet {
        // In 5.0 its first byte passes for the Property Length, where there are no properties.
        Packet::Publish(publish) if publish.qos == QoS::AtMostOnce => {
            let identifier: &[u8] = match s.line(connection).version {
                Version::V311 => &[0, 1],
                Version::V5 => &[1, 0],
            };
            payload(s, connection, packet, |payload| [identifier, payload].concat())
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "payload-cut-at-64-kib",
        "cuts payloads off where a 16-bit length ends",
        &["MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| {
        payload(s, connection, packet, |payload| payload[..payload.len().min(0xffff)].to_vec())
    }),
    Sabotage::new(
        "payload-as-text",
        "replaces bytes of the payload that are not UTF-8",
        &["MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| {
        payload(s, connection, packet, |payload| String::from_utf8_lossy(payload).into_owned().into_bytes())
    }),
    Sabotage::new(
        "message-expiry-ignored",
        "delivers messages whose Message Expiry Interval has passed",
        &[],
        &["MQTT-3.3.2-5"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) => {
            let properties = publish.properties.iter().filter_map(without(PropertyId::MessageExpiryInterval));
            let properties: Vec<_> = properties.collect();
            let properties = Properties::list(&properties);
            s.instead(connection, &Packet::Publish(Publish { properties, ..*publish }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retain-flag-for-old-subscription",
        "sends a message with RETAIN 1 to a subscription that existed before",
        &["MQTT-3.3.1-9"],
        &["MQTT-3.3.1-12"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) => s.instead(connection, &Packet::Publish(Publish { retain: true, ..*publish })),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "qos-of-subscription",
        "delivers at the QoS that was granted, even if the message was published with a lower one",
        &["MQTT-3.8.4-6"],
        &["MQTT-3.8.4-8"],
    )
    .inside(Switch::GrantedQos),
    Sabotage::new(
        "delivered-at-qos-0",
        "grants what is asked for and delivers at QoS 0",
        &["MQTT-3.8.4-6"],
        &["MQTT-3.8.4-8"],
    )
    .client(|s, connection, packet| at_most(s, connection, packet, QoS::AtMostOnce))
    .server(granted_as_asked),
    Sabotage::new(
        "delivered-at-qos-1",
        "grants what is asked for and delivers at QoS 1 at most",
        &["MQTT-3.8.4-6"],
        &["MQTT-3.8.4-8"],
    )
    .client(|s, connection, packet| at_most(s, connection, packet, QoS::AtLeastOnce))
    .server(granted_as_asked),
    Sabotage::new(
        "overlap-at-lowest-qos",
        "delivers a message that several subscriptions match at the lowest QoS of them",
        &["MQTT-3.3.5-1"],
        &["MQTT-3.3.4-2"],
    )
    .inside(Switch::LowestQos),
];

fn lose_if(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    lost: impl FnOnce(&Publish<'_>) -> bool,
) -> Fate {
    match packet {
        Packet::Publish(publish) if lost(publish) => s.lose(connection, publish),
        _ => Fate::Pass,
    }
}

fn drop_dup(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    let Some(identifier) = publish.packet_identifier.filter(|_| publish.dup) else { return Fate::Pass };
    let ack = Acknowledgement::new(identifier, ReasonCode::SUCCESS);
    let answer = if publish.qos == QoS::AtLeastOnce { Packet::Puback(ack) } else { Packet::Pubrec(ack) };
    s.write(connection, &answer);
    Fate::Drop
}

fn payload(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    change: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Fate {
    match packet {
        Packet::Publish(publish) => {
            let payload = change(publish.payload);
            s.instead(connection, &Packet::Publish(Publish { payload: &payload, ..*publish }))
        }
        _ => Fate::Pass,
    }
}

/// The SUBSCRIBE with no QoS above this. What was asked for is told in SUBACK all the same.
fn at_most(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, qos: QoS) -> Fate {
    let Packet::Subscribe(subscribe) = packet else { return Fate::Pass };
    let lower = |asked: Subscription<'_>| at_qos(asked.options, asked.options.qos().min(qos));
    let asked = subscribe.subscriptions.iter();
    let entries: Vec<_> = asked.map(|asked| Subscription { options: lower(asked), ..asked }).collect();
    s.grant(connection, subscribe);
    s.with_entries(connection, subscribe, &entries)
}

/// The broker's own SUBACK is not needed: the Client has one.
fn granted_as_asked(_: &mut Saboteur, _: ConnectionId, packet: &Packet<'_>) -> Fate {
    drop_if(packet, PacketType::Suback)
}
