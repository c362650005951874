//! Will Messages.

use super::memory::{Cause, OwnedWill};
use super::tools::without;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Connect, Context, Disconnect, Packet, PacketType, Properties, Property, PropertyId, ReasonCode, Sender, Text,
    Value, Version, Will, frame, inspect,
};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "will-never-published",
        "publishes no Will Message",
        &["MQTT-3.1.2-8"],
        &["MQTT-3.1.2-7", "MQTT-3.1.2-8/a"],
    )
    .client(|s, connection, packet| will(s, connection, packet, |_| None)),
    Sabotage::new(
        "will-not-on-abrupt-close",
        "publishes no Will Message when the Client closes without DISCONNECT",
        &["MQTT-3.1.2-8"],
        &["MQTT-3.1.2-8/a"],
    )
    .ended(|s, connection| {
        if s.line(connection).will.is_some() {
            s.whisper(connection, &Packet::Disconnect(Disconnect::default()));
        }
    }),
    Sabotage::new(
        "will-not-on-takeover",
        "publishes no Will Message when another connection takes the Client over",
        &["MQTT-3.1.2-8"],
        &["MQTT-3.1.2-8/a"],
    )
    .server(|s, connection, packet| {
        let Cause::Packet { of, packet: Some(PacketType::Connect), .. } = s.cause else { return Fate::Pass };
        let open = !s.line(of).closed;
        lose_will(s, connection, packet, open)
    }),
    Sabotage::new(
        "will-not-on-protocol-error",
        "publishes no Will Message when it closes for an error of the Client",
        &["MQTT-3.1.2-8"],
        &["MQTT-3.1.2-8/a"],
    )
    .server(|s, connection, packet| {
        let Cause::Packet { of, .. } = s.cause else { return Fate::Pass };
        let closed = s.line(of).closed && !s.line(of).said_goodbye;
        lose_will(s, connection, packet, closed)
    }),
    Sabotage::new(
        "will-not-on-keep-alive",
        "publishes no Will Message when it closes for want of a packet",
        &["MQTT-3.1.2-8"],
        &["MQTT-3.1.2-8/a"],
    )
    .server(|s, connection, packet| {
        let cause = s.cause == Cause::Time;
        lose_will(s, connection, packet, cause)
    }),
    Sabotage::new(
        "will-without-payload-dropped",
        "publishes no Will Message that has no payload",
        &["MQTT-3.1.2-8"],
        &["MQTT-3.1.2-8/a"],
    )
    .client(|s, connection, packet| will(s, connection, packet, |will| Some(will).filter(|w| !w.payload.is_empty()))),
    Sabotage::new(
        "will-not-on-disconnect-with-reason",
        "takes every DISCONNECT for a normal one and discards the Will Message",
        &[],
        &["MQTT-3.1.2-8/a"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Disconnect(disconnect) if disconnect.reason != ReasonCode::SUCCESS => {
            let disconnect = Disconnect { reason: ReasonCode::SUCCESS, ..*disconnect };
            s.instead(connection, &Packet::Disconnect(disconnect))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "void-disconnect-obeyed",
        "obeys a DISCONNECT that raises a Session Expiry Interval of 0",
        &[],
        &["MQTT-3.1.2-8/a"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Disconnect(disconnect)
            if s.line(connection).session_expiry == 0
                && disconnect.properties.number(PropertyId::SessionExpiryInterval).is_some_and(|given| given > 0) =>
        {
            s.instead(connection, &Packet::Disconnect(Disconnect::default()))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "will-on-disconnect",
        "publishes the Will Message after a normal DISCONNECT",
        &["MQTT-3.14.4-3"],
        &["MQTT-3.14.4-3"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Disconnect(disconnect)
            if disconnect.reason == ReasonCode::SUCCESS && s.line(connection).will.is_some() =>
        {
            s.close(connection);
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "will-not-removed-when-published",
        "publishes the Will Message of the last connection, too, when a connection without one is cut",
        &["MQTT-3.1.2-10"],
        &["MQTT-3.1.2-10/a"],
    )
    .client(|s, connection, packet| bring_back(s, connection, packet, false)),
    Sabotage::new(
        "will-not-removed-by-disconnect",
        "publishes a Will Message that a DISCONNECT had discarded when the next connection is cut",
        &["MQTT-3.1.2-12"],
        &["MQTT-3.1.2-10/b"],
    )
    .client(|s, connection, packet| bring_back(s, connection, packet, true)),
    Sabotage::new(
        "will-delay-ignored",
        "publishes the Will Message at once, whatever its Will Delay Interval",
        &[],
        &["MQTT-3.1.2-8/a"],
    )
    .client(|s, connection, packet| {
        will_property(s, connection, packet, |property| without(PropertyId::WillDelayInterval)(property))
    }),
    Sabotage::new(
        "will-delay-outlives-session",
        "loses the Will Message when its session ends before the Will Delay Interval has passed",
        &[],
        &["MQTT-3.1.2-8/b"],
    )
    .client(|s, connection, packet| {
        let expiry = s.line(connection).session_expiry;
        let delay = |will: &Will<'_>| will.properties.number(PropertyId::WillDelayInterval).unwrap_or(0);
        will(s, connection, packet, |will| Some(will).filter(|will| delay(will) <= expiry))
    }),
    Sabotage::new(
        "will-delay-not-cancelled",
        "publishes a delayed Will Message although its Client has come back in time",
        &[],
        &["MQTT-3.1.3-9"],
    )
    .server(|s, connection, packet| {
        if matches!(packet, Packet::Connack(connack) if connack.session_present)
            && let Some((will, false)) = s.session(connection).last_will.clone()
            && will.delay > 0
        {
            s.scatter(&will.topic, &will.payload, |filter| super::tools::matches(filter, &will.topic));
        }
        Fate::Pass
    }),
    Sabotage::new("will-always-retained", "retains every Will Message", &["MQTT-3.1.2-16"], &["MQTT-3.1.2-14"])
        .client(|s, connection, packet| will(s, connection, packet, |will| Some(Will { retain: true, ..will }))),
    Sabotage::new("will-never-retained", "retains no Will Message", &["MQTT-3.1.2-17"], &["MQTT-3.1.2-15"])
        .client(|s, connection, packet| will(s, connection, packet, |will| Some(Will { retain: false, ..will }))),
    Sabotage::new(
        "will-with-wildcard-published",
        "publishes a Will Message whose Will Topic has a wildcard",
        &["MQTT-4.7.1-1"],
        &["MQTT-4.7.0-1"],
    )
    .malformed(|s, connection, bytes| {
        let version = frame(bytes).ok().flatten().and_then(|frame| Version::from_level(*bytes.get(frame.header + 6)?));
        let Some(version) = version.filter(|_| !s.line(connection).connecting) else { return Fate::Pass };
        let Some(Packet::Connect(connect)) = inspect(bytes, &Context::new(version, Sender::Client)).packet else {
            return Fate::Pass;
        };
        s.learn_connect(connection, &connect);
        s.with_will(connection, &connect, |_| None)
    })
    .ended(|s, connection| {
        let will = s.line(connection).will.clone().filter(|will| will.topic.iter().any(|b| matches!(b, b'+' | b'#')));
        if let Some(will) = will {
            let parent = |filter: &[u8]| filter.strip_suffix(b"#").is_some_and(|parent| will.topic.starts_with(parent));
            s.scatter(&will.topic, &will.payload, parent);
        }
    }),
    Sabotage::new("will-at-qos-0", "publishes Will Messages at QoS 0", &["MQTT-3.8.4-6"], &["MQTT-3.8.4-8"]).client(
        |s, connection, packet| {
            will(s, connection, packet, |will| Some(Will { qos: mqttspec_codec::QoS::AtMostOnce, ..will }))
        },
    ),
    Sabotage::new(
        "will-payload-format-lost",
        "publishes a Will Message without its Payload Format Indicator",
        &[],
        &["MQTT-3.3.2-4"],
    )
    .client(|s, connection, packet| {
        will_property(s, connection, packet, |property| without(PropertyId::PayloadFormatIndicator)(property))
    }),
    Sabotage::new(
        "will-message-expiry-lost",
        "publishes a Will Message without its Message Expiry Interval",
        &[],
        &["MQTT-3.3.2-6"],
    )
    .client(|s, connection, packet| {
        will_property(s, connection, packet, |property| without(PropertyId::MessageExpiryInterval)(property))
    }),
    Sabotage::new("will-content-type-changed", "changes the Content Type of a Will Message", &[], &["MQTT-3.3.2-20"])
        .client(|s, connection, packet| {
            will_property(s, connection, packet, |property| other_text(property, PropertyId::ContentType, "text"))
        }),
    Sabotage::new(
        "will-response-topic-changed",
        "changes the Response Topic of a Will Message",
        &[],
        &["MQTT-3.3.2-15"],
    )
    .client(|s, connection, packet| {
        will_property(s, connection, packet, |property| other_text(property, PropertyId::ResponseTopic, "answers"))
    }),
    Sabotage::new(
        "will-correlation-data-cut",
        "cuts the Correlation Data of a Will Message at its first zero byte",
        &[],
        &["MQTT-3.3.2-16"],
    )
    .client(|s, connection, packet| {
        will_property(s, connection, packet, |property| match property.value {
            Value::Binary(bytes) => {
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                Some(Property { value: Value::Binary(&bytes[..end]), ..property })
            }
            _ => Some(property),
        })
    }),
    Sabotage::new(
        "will-user-properties-sorted",
        "sorts the User Properties of a Will Message by name",
        &[],
        &["MQTT-3.1.3-10"],
    )
    .client(sort_user_properties),
];

/// The CONNECT with another Will, or none, if it has one.
fn will(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    change: impl for<'w> FnOnce(Will<'w>) -> Option<Will<'w>>,
) -> Fate {
    match packet {
        Packet::Connect(connect) if connect.will.is_some() => s.with_will(connection, connect, change),
        _ => Fate::Pass,
    }
}

fn will_property(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    change: impl for<'p> Fn(Property<'p>) -> Option<Property<'p>>,
) -> Fate {
    match packet {
        Packet::Connect(connect) => s.with_will_properties(connection, connect, change),
        _ => Fate::Pass,
    }
}

fn other_text<'p>(property: Property<'p>, id: PropertyId, text: &'static str) -> Option<Property<'p>> {
    let value = if property.id == id { Value::Text(Text::from(text)) } else { property.value };
    Some(Property { value, ..property })
}

/// A PUBLISH of the Will of a connection that the broker has just closed, lost for this `cause`.
fn lose_will(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, cause: bool) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    let of_will = |will: &OwnedWill| will.topic == publish.topic.as_bytes() && will.payload == publish.payload;
    let mut closed = s.lines.values().filter(|line| line.closed);
    if cause && closed.any(|line| line.will.as_ref().is_some_and(of_will)) {
        s.lose(connection, publish)
    } else {
        Fate::Pass
    }
}

/// A CONNECT without a Will gets that of the last connection of its session, if that ended in this way.
fn bring_back(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, after_goodbye: bool) -> Fate {
    let Packet::Connect(connect) = packet else { return Fate::Pass };
    let last = s.session(connection).last_will.clone();
    match last {
        Some((will, goodbye)) if goodbye == after_goodbye && connect.will.is_none() => {
            let will = Will {
                qos: will.qos,
                retain: will.retain,
                properties: Properties::EMPTY,
                topic: Text::from_bytes(&will.topic),
                payload: &will.payload,
            };
            s.instead(connection, &Packet::Connect(Connect { will: Some(will), ..*connect }))
        }
        _ => Fate::Pass,
    }
}

fn sort_user_properties(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    let Packet::Connect(connect) = packet else { return Fate::Pass };
    let Some(will) = connect.will.filter(|_| connect.version == Version::V5) else { return Fate::Pass };
    let mut properties: Vec<Property<'_>> = will.properties.iter().collect();
    properties.sort_by(|a, b| match (a.value, b.value) {
        (Value::Pair(a, _), Value::Pair(b, _)) => a.cmp(&b),
        _ => core::cmp::Ordering::Equal,
    });
    let will = Will { properties: Properties::list(&properties), ..will };
    s.instead(connection, &Packet::Connect(Connect { will: Some(will), ..*connect }))
}
