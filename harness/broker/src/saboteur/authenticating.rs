//! Enhanced authentication (5.0 4.12).

use super::tools::{drop_if, without};
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Auth, Connack, Connect, Packet, PacketType, Properties, Property, PropertyId, ReasonCode, Value, Version,
};

/// The Authentication Method of the broker.
const METHOD: &str = "CHALLENGE";

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "unknown-authentication-method-accepted",
        "accepts a CONNECT with an Authentication Method that it does not know",
        &[],
        &["MQTT-4.12.0-1"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if method(connect.properties).is_some_and(|method| method != METHOD) => {
            let own = [PropertyId::AuthenticationMethod, PropertyId::AuthenticationData];
            s.with_properties(connection, connect, |property| (!own.contains(&property.id)).then_some(property))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "auth-success-before-connack",
        "asks for the next step of an authentication with Reason Code 0x00",
        &[],
        &["MQTT-4.12.0-2"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Auth(auth) if !s.line(connection).connected => {
            s.instead(connection, &Packet::Auth(Auth { reason: ReasonCode::SUCCESS, ..*auth }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "auth-with-code-of-clients",
        "sends AUTH with the Reason Code 0x19, which is a Client's",
        &[],
        &["MQTT-3.15.2-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Auth(auth) => {
            s.instead(connection, &Packet::Auth(Auth { reason: ReasonCode::RE_AUTHENTICATE, ..*auth }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "open-after-failed-authentication",
        "leaves the connection open when a Client fails to authenticate",
        &[],
        &["MQTT-4.12.0-4"],
    )
    .closing(|s, connection| s.line(connection).connected || !s.is_handling(connection, PacketType::Auth)),
    Sabotage::new(
        "open-after-failed-re-authentication",
        "leaves the connection open when a Client fails to authenticate again",
        &[],
        &["MQTT-4.12.1-2"],
    )
    .server(|s, connection, packet| match s.is_handling(connection, PacketType::Auth) {
        true => drop_if(packet, PacketType::Disconnect),
        false => Fate::Pass,
    })
    .closing(|s, connection| !s.line(connection).connected || !s.is_handling(connection, PacketType::Auth)),
    Sabotage::new(
        "another-authentication-method-in-auth",
        "names another Authentication Method in its AUTH",
        &[],
        &["MQTT-4.12.0-5"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Auth(auth) => with_method(s, connection, auth, "OTHER"),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "no-authentication-method-in-connack",
        "leaves the Authentication Method out of the CONNACK",
        &[],
        &["MQTT-4.12.0-5"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Connack(connack) if s.line(connection).version == Version::V5 => {
            let properties: Vec<_> =
                connack.properties.iter().filter_map(without(PropertyId::AuthenticationMethod)).collect();
            let connack = Connack { properties: Properties::list(&properties), ..*connack };
            s.instead(connection, &Packet::Connack(connack))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "auth-unasked",
        "sends AUTH to a Client that has named no Authentication Method",
        &[],
        &["MQTT-4.12.0-6/a"],
    )
    .server(|s, connection, packet| {
        if let Packet::Connack(connack) = packet
            && connack.reason == ReasonCode::SUCCESS
            && s.line(connection).version == Version::V5
            && method(connack.properties).is_none()
        {
            let properties = [Property::text(PropertyId::AuthenticationMethod, METHOD)];
            let properties = Properties::list(&properties);
            s.write(connection, &Packet::Connack(*connack));
            s.write(connection, &Packet::Auth(Auth { reason: ReasonCode::CONTINUE_AUTHENTICATION, properties }));
            return Fate::Drop;
        }
        Fate::Pass
    }),
    Sabotage::new(
        "authentication-method-in-every-connack",
        "names an Authentication Method in the CONNACK to a Client that has named none",
        &[],
        &["MQTT-4.12.0-6/b"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Connack(connack)
            if s.line(connection).version == Version::V5 && method(connack.properties).is_none() =>
        {
            let own = [Property::text(PropertyId::AuthenticationMethod, METHOD)];
            let properties: Vec<_> = connack.properties.iter().chain(own).collect();
            let connack = Connack { properties: Properties::list(&properties), ..*connack };
            s.instead(connection, &Packet::Connack(connack))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "auth-with-reason-string-of-any-size",
        "sends a Reason String in AUTH though it makes the packet too large",
        &[],
        &["MQTT-3.15.2-2"],
    )
    .server(|s, connection, packet| {
        let text = "x".repeat(500);
        longer(s, connection, packet, Property::text(PropertyId::ReasonString, &text))
    }),
    Sabotage::new(
        "auth-with-user-property-of-any-size",
        "sends a User Property in AUTH though it makes the packet too large",
        &[],
        &["MQTT-3.15.2-3"],
    )
    .server(|s, connection, packet| {
        let text = "x".repeat(500);
        let value = Value::Pair("server".into(), text.as_str().into());
        longer(s, connection, packet, Property { id: PropertyId::UserProperty, value })
    }),
    Sabotage::new(
        "flags-of-auth-ignored",
        "takes no notice of an AUTH whose reserved flags are wrong",
        &[],
        &["MQTT-3.15.1-1/b"],
    )
    .malformed(|_, _, bytes| match PacketType::from_first_byte(bytes[0]) {
        Some(PacketType::Auth) => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "auth-of-another-method-ignored",
        "takes no notice of an AUTH whose Authentication Method is not that of CONNECT",
        &[],
        &["MQTT-4.13.1-1"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Auth(auth) if method(auth.properties).is_none_or(|method| method != METHOD) => Fate::Drop,
        Packet::Auth(_) if !s.line(connection).authenticates => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "packets-before-connack-ignored",
        "takes no notice of what a Client sends before CONNACK besides AUTH",
        &[],
        &["MQTT-4.13.1-1"],
    )
    .advised()
    .client(|s, connection, packet| {
        let line = s.line(connection);
        let early = line.authenticates && !line.connected;
        let lawful = matches!(packet, Packet::Connect(_) | Packet::Auth(_) | Packet::Disconnect(_));
        if early && !lawful { Fate::Drop } else { Fate::Pass }
    }),
];

pub(super) fn method<'p>(properties: Properties<'p>) -> Option<&'p str> {
    properties.text(PropertyId::AuthenticationMethod).and_then(mqttspec_codec::Text::as_str)
}

/// Whether a CONNECT names an Authentication Method.
pub(super) fn authenticates(connect: &Connect<'_>) -> bool {
    method(connect.properties).is_some()
}

fn with_method(s: &mut Saboteur, connection: ConnectionId, auth: &Auth<'_>, name: &str) -> Fate {
    let id = PropertyId::AuthenticationMethod;
    let others = auth.properties.iter().filter_map(without(id));
    let properties: Vec<_> = others.chain([Property::text(id, name)]).collect();
    s.instead(connection, &Packet::Auth(Auth { properties: Properties::list(&properties), ..*auth }))
}

fn longer(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, more: Property<'_>) -> Fate {
    match packet {
        Packet::Auth(auth) => {
            let properties: Vec<_> = auth.properties.iter().chain([more]).collect();
            s.instead(connection, &Packet::Auth(Auth { properties: Properties::list(&properties), ..*auth }))
        }
        _ => Fate::Pass,
    }
}
