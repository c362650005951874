//! Shared subscriptions.

use super::tools::matches;
use super::{Fate, Sabotage, Saboteur, Switch};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Context, Decoded, Packet, Sender, Subscribe, Subscription, Text, TopicFilter, Version, decode, inspect,
};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "shared-message-to-every-member",
        "gives a message to every member of a shared subscription",
        &[],
        &["PROSE-4.8.2-one-member"],
    )
    .advised()
    .client(|s, connection, packet| match packet {
        Packet::Subscribe(subscribe) => as_non_shared(s, connection, subscribe),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "shared-message-to-nobody",
        "grants shared subscriptions and delivers nothing by them",
        &[],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) => {
            let topic = publish.topic.as_bytes();
            let own = s.session(connection).filters.keys().any(|filter| matches(filter, topic) && !is_shared(filter));
            if own { Fate::Pass } else { s.lose(connection, publish) }
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "shared-message-at-its-own-qos",
        "delivers to a member of a shared subscription at the QoS of the message, whatever it was granted",
        &[],
        &["MQTT-4.8.2-3"],
    )
    .inside(Switch::SharedQos),
    Sabotage::new(
        "shared-qos2-to-another-member",
        "gives a QoS 2 message that it has sent to another member when the connection of the first breaks",
        &[],
        &["MQTT-4.8.2-4", "MQTT-4.8.2-5"],
    )
    .inside(Switch::MovesQos2),
    Sabotage::new(
        "refused-shared-message-to-all",
        "gives a message that a member has refused to all members",
        &[],
        &["MQTT-4.8.2-6"],
    )
    .client(|s, connection, packet| {
        let (Packet::Puback(ack) | Packet::Pubrec(ack)) = packet else { return Fate::Pass };
        if ack.reason.is_error()
            && let Some(bytes) = s.session(connection).sent.get(&ack.packet_identifier).cloned()
        {
            let context = Context::new(s.line(connection).version, Sender::Server);
            if let Ok(Decoded::Packet { packet: Packet::Publish(publish), .. }) = decode(&bytes, &context) {
                let topic = publish.topic.as_bytes();
                s.scatter(topic, publish.payload, |filter| is_shared(filter) && matches(filter, topic));
            }
        }
        Fate::Pass
    }),
    Sabotage::new(
        "retained-for-shared-subscription",
        "answers a SUBSCRIBE to a shared subscription with retained messages",
        &[],
        &["PROSE-3.8.4-shared-without-retained"],
    )
    .advised()
    .inside(Switch::RetainedForShared),
    Sabotage::new(
        "malformed-share-granted",
        "grants a shared subscription without a ShareName, with a wildcard in it, or without a filter behind it",
        &[],
        &["MQTT-4.8.2-1", "MQTT-4.8.2-2"],
    )
    .advised()
    .malformed(|s, connection, bytes| {
        let context = Context::new(s.line(connection).version, Sender::Client);
        match inspect(bytes, &context).packet {
            Some(Packet::Subscribe(subscribe))
                if subscribe.subscriptions.iter().any(|asked| is_shared(asked.filter.as_bytes())) =>
            {
                s.grant(connection, &subscribe);
                Fate::Drop
            }
            _ => Fate::Pass,
        }
    }),
];

fn is_shared(filter: &[u8]) -> bool {
    filter.starts_with(b"$share/")
}

/// The SUBSCRIBE with the filters behind the ShareNames.
fn as_non_shared(s: &mut Saboteur, connection: ConnectionId, subscribe: &Subscribe<'_>) -> Fate {
    let entries: Vec<Subscription<'_>> = subscribe.subscriptions.iter().map(bare).collect();
    s.with_entries(connection, subscribe, &entries)
}

fn bare(asked: Subscription<'_>) -> Subscription<'_> {
    match asked.filter.as_str().and_then(|text| TopicFilter::new(text, Version::V5)) {
        Some(filter) => Subscription { filter: Text::from_bytes(filter.as_str().as_bytes()), ..asked },
        None => asked,
    }
}
