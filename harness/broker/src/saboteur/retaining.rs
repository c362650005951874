//! Retained messages.

use super::subscribing::has_all;
use super::tools::{matches, message};
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Packet, PacketType, Publish, QoS, Subscription, SubscriptionOptions, Will};

/// Marks a session whose Client has subscribed to what it had.
const AGAIN: u16 = 0;

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "retained-not-stored",
        "retains no message",
        &["MQTT-3.3.1-5", "MQTT-3.3.1-6"],
        &["MQTT-3.3.1-5/b", "MQTT-3.3.1-9"],
    )
    .client(|s, connection, packet| with_retain(s, connection, packet, |_, _, _, _| false)),
    Sabotage::new(
        "retained-not-sent",
        "sends no retained message to a new subscription",
        &["MQTT-3.3.1-6"],
        &["MQTT-3.3.1-9", "MQTT-3.8.4-4/a"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if s.is_handling(connection, PacketType::Subscribe) => s.lose(connection, publish),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-only-for-new-subscription",
        "sends no retained message when a Client subscribes to the same filter again",
        &["MQTT-3.8.4-3/b"],
        &["MQTT-3.8.4-4/a"],
    )
    .client(|s, connection, packet| {
        let again = matches!(packet, Packet::Subscribe(subscribe) if has_all(s, connection, subscribe));
        let marks = &mut s.session(connection).marks;
        marks.clear();
        marks.extend(again.then_some(AGAIN));
        Fate::Pass
    })
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish)
            if s.is_handling(connection, PacketType::Subscribe) && s.session(connection).marks.contains(&AGAIN) =>
        {
            s.lose(connection, publish)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-until-sent",
        "takes a retained message away when it has been sent to a new subscription",
        &[],
        &["MQTT-3.3.1-5/b"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.payload.is_empty() => s.lose(connection, publish),
        Packet::Publish(publish) if s.is_handling(connection, PacketType::Subscribe) => {
            let nothing = Publish { retain: true, ..message(publish.topic.as_bytes(), b"") };
            s.whisper(connection, &Packet::Publish(nothing));
            Fate::Pass
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-without-flag",
        "sends a retained message to a new subscription with RETAIN 0",
        &["MQTT-3.3.1-8"],
        &[],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if s.is_handling(connection, PacketType::Subscribe) => {
            s.instead(connection, &Packet::Publish(Publish { retain: false, ..*publish }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-not-cleared",
        "keeps a retained message when one without payload is published",
        &["MQTT-3.3.1-10/b"],
        &["MQTT-3.3.1-6/b"],
    )
    .client(|s, connection, packet| {
        with_retain(s, connection, packet, |_, retain, _, payload| retain && !payload.is_empty())
    }),
    Sabotage::new(
        "retained-replaced-by-any",
        "replaces a retained message by one that was published with RETAIN 0",
        &["MQTT-3.3.1-12/b"],
        &["MQTT-3.3.1-8/b"],
    )
    .client(|s, connection, packet| {
        with_retain(s, connection, packet, |s, retain, topic, _| {
            retain || s.sessions.values().any(|session| session.retained.contains(topic))
        })
    }),
    Sabotage::new(
        "retained-without-retain",
        "stores every message as the retained one of its topic",
        &["MQTT-3.3.1-12/a", "MQTT-3.3.1-12/b"],
        &["MQTT-3.3.1-8/a", "MQTT-3.3.1-8/b"],
    )
    .client(|s, connection, packet| with_retain(s, connection, packet, |_, _, _, _| true)),
    Sabotage::new(
        "empty-message-not-delivered",
        "delivers no message that has no payload",
        &["MQTT-3.3.1-10/a", "MQTT-4.5.0-1"],
        &["MQTT-3.3.1-6/a", "MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.payload.is_empty() => s.lose(connection, publish),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-stays-on-qos-0",
        "keeps the older retained message when one of QoS 0 is published with RETAIN 1",
        &["MQTT-3.3.1-7/a"],
        &["MQTT-3.3.1-5/a"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.retain && publish.qos == QoS::AtMostOnce => {
            s.instead(connection, &Packet::Publish(Publish { retain: false, ..*publish }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-first-stays",
        "keeps the first retained message of a topic when another is published with RETAIN 1",
        &["MQTT-3.3.1-6"],
        &["MQTT-3.3.1-5/a"],
    )
    .client(|s, connection, packet| {
        with_retain(s, connection, packet, |s, retain, topic, payload| {
            retain && (payload.is_empty() || !s.sessions.values().any(|session| session.retained.contains(topic)))
        })
    }),
    Sabotage::new(
        "retained-empty-stored",
        "stores messages without payload as retained ones",
        &["MQTT-3.3.1-11"],
        &["MQTT-3.3.1-7"],
    )
    .client(|s, connection, packet| {
        if let Packet::Publish(publish) = packet
            && publish.retain
            && publish.payload.is_empty()
        {
            s.session(connection).marked_filters.insert(publish.topic.as_bytes().to_vec());
        }
        Fate::Pass
    })
    .server(|s, connection, packet| {
        let Packet::Suback(_) = packet else { return Fate::Pass };
        s.write(connection, packet);
        let filters: Vec<Vec<u8>> = s.session(connection).filters.keys().cloned().collect();
        let stored = s.sessions.values().flat_map(|session| session.marked_filters.iter().cloned());
        let wanted = |topic: &Vec<u8>| filters.iter().any(|filter| matches(filter, topic));
        let stored: Vec<Vec<u8>> = stored.filter(wanted).collect();
        for topic in stored {
            s.write(connection, &Packet::Publish(Publish { retain: true, ..message(&topic, b"") }));
        }
        Fate::Drop
    }),
    Sabotage::new(
        "retain-handling-1-taken-for-0",
        "sends retained messages for a subscription with Retain Handling 1 that existed before",
        &[],
        &["MQTT-3.3.1-10/b"],
    )
    .client(|s, connection, packet| {
        with_options(s, connection, packet, |bits| match bits & HANDLING {
            0x10 => bits & !HANDLING,
            _ => bits,
        })
    }),
    Sabotage::new(
        "retain-handling-1-taken-for-2",
        "sends no retained messages for a new subscription with Retain Handling 1",
        &[],
        &["MQTT-3.3.1-10/a"],
    )
    .client(|s, connection, packet| {
        with_options(s, connection, packet, |bits| match bits & HANDLING {
            0x10 => bits & !HANDLING | 0x20,
            _ => bits,
        })
    }),
    Sabotage::new(
        "retain-handling-2-taken-for-0",
        "sends retained messages for a subscription with Retain Handling 2",
        &[],
        &["MQTT-3.3.1-11"],
    )
    .client(|s, connection, packet| {
        with_options(s, connection, packet, |bits| match bits & HANDLING {
            0x20 => bits & !HANDLING,
            _ => bits,
        })
    }),
    Sabotage::new(
        "retain-as-published-ignored",
        "sends messages with RETAIN 0 to a subscription with Retain As Published 1",
        &[],
        &["MQTT-3.3.1-13"],
    )
    .client(|s, connection, packet| with_options(s, connection, packet, |bits| bits & !AS_PUBLISHED)),
];

/// The bits of Retain Handling in the options of a subscription.
const HANDLING: u8 = 0x30;
/// The bit of Retain As Published.
const AS_PUBLISHED: u8 = 0x08;

/// The SUBSCRIBE with other options, each for itself.
fn with_options(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, change: fn(u8) -> u8) -> Fate {
    let Packet::Subscribe(subscribe) = packet else { return Fate::Pass };
    let changed = |asked: Subscription<'_>| SubscriptionOptions::from_bits(change(asked.options.bits()));
    let asked = subscribe.subscriptions.iter();
    let entries: Vec<_> = asked.map(|asked| Subscription { options: changed(asked), ..asked }).collect();
    s.with_entries(connection, subscribe, &entries)
}

/// The PUBLISH of a Client, or its Will, with another RETAIN flag: by the flag, the topic and the payload.
fn with_retain(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    retain: impl FnOnce(&Saboteur, bool, &[u8], &[u8]) -> bool,
) -> Fate {
    match packet {
        Packet::Publish(publish) => {
            let retain = retain(s, publish.retain, publish.topic.as_bytes(), publish.payload);
            s.instead(connection, &Packet::Publish(Publish { retain, ..*publish }))
        }
        Packet::Connect(connect) => {
            let Some(will) = connect.will else { return Fate::Pass };
            let retain = retain(s, will.retain, will.topic.as_bytes(), will.payload);
            s.with_will(connection, connect, |will| Some(Will { retain, ..will }))
        }
        _ => Fate::Pass,
    }
}
