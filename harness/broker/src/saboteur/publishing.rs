//! What a PUBLISH says besides its payload: topic, Topic Alias, properties.

use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Packet, Properties, Property, PropertyId, Publish, Text, Value, Version};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "topic-name-not-utf-8",
        "sends a Topic Name with characters beyond ASCII in an encoding of its own",
        &["MQTT-3.3.2-1"],
        &["MQTT-3.3.2-1"],
    )
    .server(topic_in_latin_1),
    Sabotage::new(
        "long-payload-turned-round",
        "sends the second half of a long payload before the first",
        &["MQTT-4.5.0-1", "MQTT-7.1.1-1"],
        &["MQTT-4.2.0-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.payload.len() > 0x1000 => {
            let (first, second) = publish.payload.split_at(publish.payload.len() / 2);
            let payload = [second, first].concat();
            s.instead(connection, &Packet::Publish(Publish { payload: &payload, ..*publish }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "extension-asked-for",
        "passes messages on only to Clients that have subscribed to $extension/# first",
        &["MQTT-7.0.0-2"],
        &[],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if !s.session(connection).filters.contains_key(b"$extension/#".as_slice()) => {
            s.lose(connection, publish)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new("user-properties-dropped", "passes no User Properties on", &[], &["MQTT-3.3.2-17"]).server(
        |s, connection, packet| {
            with_properties(s, connection, packet, |properties| {
                properties.retain(|property| property.id != PropertyId::UserProperty);
            })
        },
    ),
    Sabotage::new(
        "user-properties-sorted",
        "passes User Properties on in the order of their names",
        &[],
        &["MQTT-3.3.2-18"],
    )
    .server(|s, connection, packet| {
        with_properties(s, connection, packet, |properties| {
            properties.sort_by_key(|property| match property.value {
                Value::Pair(name, _) => name.as_bytes().to_vec(),
                _ => Vec::new(),
            });
        })
    }),
    Sabotage::new(
        "user-properties-unique",
        "passes one User Property of each name on",
        &[],
        &["MQTT-3.3.2-18", "MQTT-3.3.2-17"],
    )
    .server(|s, connection, packet| {
        with_properties(s, connection, packet, |properties| {
            let mut names = Vec::new();
            properties.retain(|property| match property.value {
                Value::Pair(name, _) if names.contains(&name.as_bytes().to_vec()) => false,
                Value::Pair(name, _) => {
                    names.push(name.as_bytes().to_vec());
                    true
                }
                _ => true,
            });
        })
    }),
    Sabotage::new("response-topic-dropped", "passes no Response Topic on", &[], &["MQTT-3.3.2-15"])
        .server(|s, connection, packet| drop_property(s, connection, packet, PropertyId::ResponseTopic)),
    Sabotage::new("correlation-data-dropped", "passes no Correlation Data on", &[], &["MQTT-3.3.2-16"])
        .server(|s, connection, packet| drop_property(s, connection, packet, PropertyId::CorrelationData)),
    Sabotage::new("content-type-dropped", "passes no Content Type on", &[], &["MQTT-3.3.2-20"])
        .server(|s, connection, packet| drop_property(s, connection, packet, PropertyId::ContentType)),
    Sabotage::new("payload-format-dropped", "passes no Payload Format Indicator on", &[], &["MQTT-3.3.2-4"])
        .server(|s, connection, packet| drop_property(s, connection, packet, PropertyId::PayloadFormatIndicator)),
    Sabotage::new("message-expiry-dropped", "passes no Message Expiry Interval on", &[], &["MQTT-3.3.2-6"])
        .server(|s, connection, packet| drop_property(s, connection, packet, PropertyId::MessageExpiryInterval)),
    Sabotage::new("alias-0-sent", "uses Topic Alias 0", &[], &["MQTT-3.3.2-8"])
        .server(|s, connection, packet| with_alias(s, connection, packet, 0)),
    Sabotage::new(
        "alias-above-maximum-sent",
        "uses a Topic Alias above the Topic Alias Maximum of the Client",
        &[],
        &["MQTT-3.3.2-11", "MQTT-3.1.2-26"],
    )
    .server(|s, connection, packet| with_alias(s, connection, packet, 0xffff)),
    Sabotage::new(
        "alias-unasked",
        "uses Topic Aliases towards a Client that takes none",
        &[],
        &["MQTT-3.1.2-27", "MQTT-3.3.2-11"],
    )
    .server(|s, connection, packet| {
        let has_one = |publish: &Publish<'_>| publish.properties.number(PropertyId::TopicAlias).is_some();
        match packet {
            Packet::Publish(publish) if !has_one(publish) => with_properties(s, connection, packet, |properties| {
                properties.extend(Property::number(PropertyId::TopicAlias, 1));
            }),
            _ => Fate::Pass,
        }
    }),
    Sabotage::new(
        "alias-above-1-refused",
        "closes the connection of a Client that uses a Topic Alias above 1",
        &[],
        &["MQTT-3.3.2-12"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish)
            if publish.properties.number(PropertyId::TopicAlias).is_some_and(|alias| alias > 1) =>
        {
            s.close(connection);
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "alias-kept-for-session",
        "carries Topic Aliases on to the next Network Connection of the session",
        &[],
        &["MQTT-3.3.2-7"],
    )
    .client(keep_alias),
];

fn with_properties(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    change: impl for<'p> FnOnce(&mut Vec<Property<'p>>),
) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    if s.line(connection).version != Version::V5 {
        return Fate::Pass;
    }
    let mut properties: Vec<Property<'_>> = publish.properties.iter().collect();
    change(&mut properties);
    s.instead(connection, &Packet::Publish(Publish { properties: Properties::list(&properties), ..*publish }))
}

fn drop_property(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, id: PropertyId) -> Fate {
    with_properties(s, connection, packet, |properties| properties.retain(|property| property.id != id))
}

/// Another number for each Topic Alias that the broker sets.
fn with_alias(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, number: u32) -> Fate {
    match packet {
        Packet::Publish(publish) if !publish.topic.as_bytes().is_empty() => {
            with_properties(s, connection, packet, |properties| {
                for property in properties.iter_mut().filter(|property| property.id == PropertyId::TopicAlias) {
                    *property = Property::number(PropertyId::TopicAlias, number).unwrap_or(*property);
                }
            })
        }
        _ => Fate::Pass,
    }
}

/// The last topic with an alias stands for every alias that comes alone.
fn keep_alias(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    if publish.properties.number(PropertyId::TopicAlias).is_none() {
        return Fate::Pass;
    }
    if !publish.topic.as_bytes().is_empty() {
        s.session(connection).marked_filters = [publish.topic.as_bytes().to_vec()].into();
        return Fate::Pass;
    }
    let Some(topic) = s.session(connection).marked_filters.first().cloned() else { return Fate::Pass };
    let kept: Vec<Property<'_>> =
        publish.properties.iter().filter(|property| property.id != PropertyId::TopicAlias).collect();
    let properties = Properties::list(&kept);
    s.instead(connection, &Packet::Publish(Publish { topic: Text::from_bytes(&topic), properties, ..*publish }))
}

fn topic_in_latin_1(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    let topic = publish.topic.as_bytes().to_vec();
    let Ok(mut bytes) = packet.to_bytes(s.line(connection).version) else { return Fate::Pass };
    let Some(at) = bytes.windows(topic.len().max(1)).position(|window| window == topic) else { return Fate::Pass };
    for byte in bytes[at..at + topic.len()].iter_mut().filter(|byte| !byte.is_ascii()) {
        *byte = 0xff;
    }
    Fate::Instead(bytes)
}
