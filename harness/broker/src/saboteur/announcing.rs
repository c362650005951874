//! What CONNACK announces, and how the server keeps to it.

use super::tools::without;
use super::{Fate, Sabotage};
use mqttspec_codec::{
    Acknowledgement, Connack, Packet, Properties, Property, PropertyId, Publish, QoS, ReasonCode, Suback, Version, Will,
};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new("maximum-qos-not-told", "does not say that it takes no QoS 2", &[], &["MQTT-3.2.2-9"])
        .under(&["max-qos-1"])
        .server(|s, connection, packet| match packet {
            Packet::Connack(connack) => {
                let properties: Vec<_> =
                    connack.properties.iter().filter_map(without(PropertyId::MaximumQoS)).collect();
                let connack = Connack { properties: Properties::list(&properties), ..*connack };
                s.instead(connection, &Packet::Connack(connack))
            }
            _ => Fate::Pass,
        }),
    Sabotage::new(
        "subscription-above-maximum-qos-refused",
        "refuses a subscription with a QoS that it does not offer",
        &[],
        &["MQTT-3.2.2-10"],
    )
    .under(&["max-qos-1"])
    .client(|s, connection, packet| match packet {
        Packet::Subscribe(subscribe)
            if subscribe.subscriptions.iter().any(|asked| asked.options.qos() > QoS::AtLeastOnce) =>
        {
            let reasons: Vec<u8> = subscribe.subscriptions.iter().map(|_| ReasonCode::UNSPECIFIED_ERROR.0).collect();
            let packet_identifier = subscribe.packet_identifier;
            let suback = Suback { packet_identifier, properties: Properties::EMPTY, reasons: &reasons };
            s.write(connection, &Packet::Suback(suback));
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "will-above-maximum-qos-accepted",
        "accepts a Will whose QoS it does not offer",
        &[],
        &["MQTT-3.2.2-12"],
    )
    .under(&["max-qos-1"])
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) => {
            s.with_will(connection, connect, |will| Some(Will { qos: will.qos.min(QoS::AtLeastOnce), ..will }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-will-accepted",
        "accepts a Will with Will Retain though it retains nothing",
        &[],
        &["MQTT-3.2.2-13"],
    )
    .under(&["no-retain"])
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) => s.with_will(connection, connect, |will| Some(Will { retain: false, ..will })),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "publish-above-maximum-qos-taken",
        "takes a PUBLISH whose QoS it does not offer",
        &[],
        &["PROSE-3.2.2-qos-above-maximum"],
    )
    .under(&["max-qos-1"])
    .advised()
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce => {
            s.write(connection, &Packet::Pubrec(acknowledgement(publish)));
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-publish-taken",
        "takes a PUBLISH with RETAIN 1 though it retains nothing",
        &[],
        &["PROSE-3.2.2-retain-not-available"],
    )
    .under(&["no-retain"])
    .advised()
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) => s.instead(connection, &Packet::Publish(Publish { retain: false, ..*publish })),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "unavailable-subscription-granted",
        "grants a subscription with a wildcard, though it says that it has none",
        &[],
        &[
            "PROSE-3.2.2-wildcards-not-available",
            "PROSE-3.2.2-shared-not-available",
            "PROSE-3.2.2-identifiers-not-available",
        ],
    )
    .under(&["no-wildcards", "no-shared-subscriptions", "no-subscription-identifiers"])
    .advised()
    .client(|s, connection, packet| match packet {
        Packet::Subscribe(subscribe) => {
            s.grant(connection, subscribe);
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "packets-above-maximum-size-ignored",
        "takes no notice of a PUBLISH that is larger than it said to take",
        &[],
        &["PROSE-3.2.2-packet-too-large"],
    )
    .advised()
    .client(|_, _, packet| match packet {
        Packet::Publish(publish) if publish.payload.len() > 1024 * 1024 => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "receive-maximum-not-enforced",
        "takes more QoS 2 messages at once than it said to take",
        &[],
        &["PROSE-3.3.4-receive-maximum-exceeded"],
    )
    .under(&["receive-maximum-1"])
    .advised()
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce => {
            s.write(connection, &Packet::Pubrec(acknowledgement(publish)));
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "topic-alias-of-its-own-choice",
        "uses the Topic Alias 65535 towards every Client",
        &[],
        &["MQTT-3.1.2-26", "MQTT-3.1.2-27"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if s.line(connection).version == Version::V5 && !publish.topic.is_empty() => {
            let alias = Property::number(PropertyId::TopicAlias, 0xffff);
            let others = publish.properties.iter().filter_map(without(PropertyId::TopicAlias));
            let properties: Vec<_> = others.chain(alias).collect();
            let publish = Publish { properties: Properties::list(&properties), ..*publish };
            s.instead(connection, &Packet::Publish(publish))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "response-information-unasked",
        "sends Response Information whether the Client asks for it or not",
        &[],
        &["MQTT-3.1.2-28"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Connack(connack) if s.line(connection).version == Version::V5 => {
            let id = PropertyId::ResponseInformation;
            let others = connack.properties.iter().filter_map(without(id));
            let properties: Vec<_> = others.chain([Property::text(id, "answers/")]).collect();
            let connack = Connack { properties: Properties::list(&properties), ..*connack };
            s.instead(connection, &Packet::Connack(connack))
        }
        _ => Fate::Pass,
    }),
];

fn acknowledgement(publish: &Publish<'_>) -> Acknowledgement<'static> {
    Acknowledgement::new(publish.packet_identifier.unwrap_or(0), ReasonCode::SUCCESS)
}
