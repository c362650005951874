//! Subscription Identifiers in what is delivered.

use super::tools::message;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Packet, Properties, Property, PropertyId, Publish};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "subscription-identifier-missing",
        "delivers messages without Subscription Identifiers",
        &[],
        &["MQTT-3.3.4-3", "MQTT-3.3.4-4"],
    )
    .server(|s, connection, packet| identifiers(s, connection, packet, |_| false)),
    Sabotage::new(
        "only-first-subscription-identifier",
        "delivers one copy with one Subscription Identifier, however many subscriptions match",
        &[],
        &["MQTT-3.3.4-4", "MQTT-3.3.4-5"],
    )
    .server(|s, connection, packet| identifiers(s, connection, packet, |at| at == 0)),
    Sabotage::new(
        "copy-without-subscription-identifier",
        "delivers a copy for each subscription, and only the first has the Subscription Identifier",
        &[],
        &["MQTT-3.3.4-5"],
    )
    .server(|s, connection, packet| {
        if let Packet::Publish(publish) = packet {
            for _ in publish.properties.subscription_identifiers().skip(1) {
                s.write(connection, &Packet::Publish(message(publish.topic.as_bytes(), publish.payload)));
            }
        }
        identifiers(s, connection, packet, |at| at == 0)
    }),
    Sabotage::new(
        "subscription-identifier-of-the-session-lost",
        "delivers messages to a resumed session without Subscription Identifiers",
        &[],
        &["MQTT-3.3.4-4"],
    )
    .server(|s, connection, packet| match s.line(connection).session_present {
        true => identifiers(s, connection, packet, |_| false),
        false => Fate::Pass,
    }),
];

/// The PUBLISH with those of its Subscription Identifiers, by place, that are chosen.
fn identifiers(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    chosen: impl Fn(usize) -> bool,
) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    let is_identifier = |property: &Property<'_>| property.id == PropertyId::SubscriptionIdentifier;
    let identifiers = publish.properties.iter().filter(is_identifier).enumerate();
    let identifiers = identifiers.filter(|(at, _)| chosen(*at)).map(|(_, identifier)| identifier);
    let others = publish.properties.iter().filter(|property| !is_identifier(property));
    let properties: Vec<Property<'_>> = others.chain(identifiers).collect();
    let properties = Properties::list(&properties);
    s.instead(connection, &Packet::Publish(Publish { properties, ..*publish }))
}
