//! Sessions: what is kept, what is not, and for how long.

use super::later::Later;
use super::memory::Cause;
use super::tools::{message, without};
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use core::time::Duration;
use mqttspec_codec::{
    Connack, Connect, Disconnect, Packet, PacketType, Properties, Property, PropertyId, Publish, ReasonCode, Text,
    Value, Version,
};

/// Marks a session that its Client must not see.
const STRANGER: u16 = 0;

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "session-present-never",
        "says Session Present 0 when it resumes a session",
        &["MQTT-3.2.2-2"],
        &["MQTT-3.2.2-3/a"],
    )
    .server(|s, connection, packet| session_present(s, connection, packet, |_| false)),
    Sabotage::new(
        "session-present-in-spite-of-clean-start",
        "says Session Present 1 to a Client with Clean Start 1",
        &["MQTT-3.2.2-1"],
        &["MQTT-3.2.2-2"],
    )
    .server(|s, connection, packet| {
        let clean_start = s.line(connection).clean_start;
        session_present(s, connection, packet, |present| present || clean_start)
    }),
    Sabotage::new(
        "session-present-without-session",
        "says Session Present 1 to a Client that has no session",
        &["MQTT-3.2.2-3"],
        &["MQTT-3.2.2-3/b"],
    )
    .server(|s, connection, packet| {
        let clean_start = s.line(connection).clean_start;
        session_present(s, connection, packet, |present| present || !clean_start)
    }),
    Sabotage::new(
        "clean-start-ignored",
        "goes on with the old session of a Client that asks for a clean start",
        &["MQTT-3.1.2-6/a", "MQTT-3.1.4-3"],
        &["MQTT-3.1.2-4", "MQTT-3.1.4-4"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if connect.clean_start => {
            s.instead(connection, &Packet::Connect(Connect { clean_start: false, ..*connect }))
        }
        _ => Fate::Pass,
    })
    .server(|s, connection, packet| {
        let clean_start = s.line(connection).clean_start;
        session_present(s, connection, packet, |present| present && !clean_start)
    }),
    Sabotage::new(
        "subscriptions-forgotten",
        "resumes a session without its subscriptions",
        &["MQTT-3.1.2-4", "MQTT-4.1.0-1"],
        &["MQTT-3.1.2-5"],
    )
    .server(|s, connection, packet| {
        if matches!(packet, Packet::Connack(connack) if connack.session_present) {
            s.forget_subscriptions(connection);
        }
        Fate::Pass
    }),
    Sabotage::new(
        "session-of-another-client",
        "resumes the session of a Client that is away for one that has none",
        &["MQTT-3.1.3-2"],
        &["MQTT-3.1.3-2"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if !connect.clean_start && !s.sessions.contains_key(connect.client_id.as_bytes()) => {
            let Some(id) = of_one_away(s) else { return Fate::Pass };
            s.session(connection).marks.insert(STRANGER);
            let connect = Connect { client_id: Text::from_bytes(&id), ..*connect };
            match connect.version {
                Version::V311 => s.instead(connection, &Packet::Connect(connect)),
                Version::V5 => expire_after(s, connection, &connect, 600),
            }
        }
        _ => Fate::Pass,
    })
    .server(|s, connection, packet| {
        let stranger = s.session(connection).marks.contains(&STRANGER);
        session_present(s, connection, packet, |present| present && !stranger)
    }),
    Sabotage::new(
        "discarded-session-comes-back",
        "gives a Client that asks for no clean start the session that it has discarded",
        &["MQTT-3.1.2-6/a"],
        &["MQTT-3.1.2-6"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) => {
            let connect = Connect { clean_start: false, ..*connect };
            match connect.version {
                Version::V311 => s.instead(connection, &Packet::Connect(connect)),
                Version::V5 => expire_after(s, connection, &connect, 600),
            }
        }
        _ => Fate::Pass,
    })
    .server(|s, connection, packet| {
        let clean_start = s.line(connection).clean_start;
        let marks = &mut s.session(connection).marks;
        if matches!(packet, Packet::Connack(connack) if connack.session_present && clean_start) {
            marks.insert(STRANGER);
        }
        let discarded = clean_start || marks.contains(&STRANGER);
        session_present(s, connection, packet, |present| present && !discarded)
    }),
    Sabotage::new(
        "queued-messages-lost",
        "keeps no messages for a session whose Client is away",
        &["MQTT-3.1.2-5"],
        &["MQTT-4.5.0-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if !publish.dup && s.is_resuming(connection) => s.lose(connection, publish),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "retained-messages-end-with-session",
        "takes the retained messages of a Client away when its session ends",
        &["MQTT-3.1.2-7"],
        &[],
    )
    .client(|s, connection, packet| {
        if matches!(packet, Packet::Disconnect(_)) {
            clear_retained(s, connection);
        }
        Fate::Pass
    })
    .server(|_, _, packet| match packet {
        Packet::Publish(publish) if publish.payload.is_empty() => Fate::Drop,
        _ => Fate::Pass,
    })
    .ended(clear_retained),
    Sabotage::new(
        "session-outlives-its-connection",
        "keeps a session that was to end with its connection",
        &["MQTT-3.1.2-6/b"],
        &["MQTT-4.1.0-2"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if connect.version == Version::V311 => {
            let known = s.sessions.contains_key(connect.client_id.as_bytes());
            let clean_start = connect.clean_start && (known || connect.client_id.is_empty());
            s.instead(connection, &Packet::Connect(Connect { clean_start, ..*connect }))
        }
        Packet::Connect(connect) if s.line(connection).session_expiry == 0 => expire_after(s, connection, connect, 600),
        Packet::Disconnect(disconnect) => keep_expiry_of_connect(s, connection, disconnect, |given| given == 0),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "session-never-expires",
        "keeps a session when its Session Expiry Interval has passed",
        &[],
        &["MQTT-4.1.0-2"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if s.line(connection).session_expiry > 0 => {
            expire_after(s, connection, connect, u32::MAX)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "session-never-kept",
        "ends every session with its connection",
        &["MQTT-3.1.2-4", "MQTT-3.2.2-2", "MQTT-4.1.0-1"],
        &["MQTT-3.1.2-23"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if connect.version == Version::V311 => {
            s.instead(connection, &Packet::Connect(Connect { clean_start: true, ..*connect }))
        }
        Packet::Connect(connect) => s.with_properties(connection, connect, without(PropertyId::SessionExpiryInterval)),
        Packet::Disconnect(disconnect) => keep_expiry_of_connect(s, connection, disconnect, |_| true),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "session-expires-while-connected",
        "counts the Session Expiry Interval from CONNECT and forgets the subscriptions when it has passed",
        &[],
        &["MQTT-4.1.0-1"],
    )
    .server(|s, connection, packet| {
        let interval = s.line(connection).session_expiry;
        if matches!(packet, Packet::Connack(_)) && (1..60).contains(&interval) {
            s.put_off(Duration::from_secs(interval.into()), Later::Forget(connection));
        }
        Fate::Pass
    }),
    Sabotage::new(
        "clean-session-lost-while-connected",
        "forgets the subscriptions of a session that ends with its connection four seconds after CONNECT",
        &["MQTT-4.1.0-2"],
        &["MQTT-4.1.0-1"],
    )
    .server(|s, connection, packet| {
        if matches!(packet, Packet::Connack(_)) && s.line(connection).session_expiry == 0 {
            s.put_off(Duration::from_secs(4), Later::Forget(connection));
        }
        Fate::Pass
    }),
    Sabotage::new(
        "session-expiry-in-disconnect-not-raised",
        "takes no notice of a longer Session Expiry Interval in DISCONNECT",
        &[],
        &["MQTT-3.1.2-23"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Disconnect(disconnect) => {
            let asked = s.line(connection).session_expiry;
            keep_expiry_of_connect(s, connection, disconnect, |given| given > asked && asked > 0)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "session-expiry-in-disconnect-not-lowered",
        "takes no notice of a shorter Session Expiry Interval in DISCONNECT",
        &[],
        &["MQTT-4.1.0-2"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Disconnect(disconnect) => {
            let asked = s.line(connection).session_expiry;
            keep_expiry_of_connect(s, connection, disconnect, |given| given < asked)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "session-ends-with-takeover",
        "begins a new session when another connection takes the Client over",
        &["MQTT-3.1.2-4", "MQTT-3.2.2-2"],
        &["MQTT-3.1.2-5", "MQTT-3.2.2-3/a"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if is_connected(s, connection, connect.client_id.as_bytes()) => {
            s.instead(connection, &Packet::Connect(Connect { clean_start: true, ..*connect }))
        }
        _ => Fate::Pass,
    }),
];

/// The CONNACK that accepts, with another Session Present.
fn session_present(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    change: impl FnOnce(bool) -> bool,
) -> Fate {
    match packet {
        Packet::Connack(connack) if connack.reason == ReasonCode::SUCCESS => {
            let connack = Connack { session_present: change(connack.session_present), ..*connack };
            s.instead(connection, &Packet::Connack(connack))
        }
        _ => Fate::Pass,
    }
}

/// Whether another open connection has this Client Identifier.
fn is_connected(s: &Saboteur, connection: ConnectionId, client_id: &[u8]) -> bool {
    let mut others = s.lines.iter().filter(|(other, line)| **other != connection && !line.closed);
    others.any(|(_, line)| line.connected && line.client_id == client_id)
}

/// A Client Identifier with subscriptions and no open connection.
fn of_one_away(s: &Saboteur) -> Option<Vec<u8>> {
    let mut kept = s.sessions.iter().filter(|(_, session)| !session.filters.is_empty());
    let is_here = |id: &[u8]| s.lines.values().any(|line| !line.closed && line.client_id == id);
    kept.find(|(id, _)| !is_here(id)).map(|(id, _)| id.clone())
}

/// Clears the topics that the Client has published retained messages to.
fn clear_retained(s: &mut Saboteur, connection: ConnectionId) {
    for topic in std::mem::take(&mut s.session(connection).retained) {
        s.whisper(connection, &Packet::Publish(Publish { retain: true, ..message(&topic, b"") }));
    }
    // What the broker does now it does for nobody.
    s.cause = Cause::Packet { of: connection, packet: Some(PacketType::Disconnect), dup: false };
}

/// The CONNECT of 5.0 with this Session Expiry Interval.
fn expire_after(s: &mut Saboteur, connection: ConnectionId, connect: &Connect<'_>, seconds: u32) -> Fate {
    let id = PropertyId::SessionExpiryInterval;
    let mut properties: Vec<_> = connect.properties.iter().filter_map(without(id)).collect();
    properties.push(Property { id, value: Value::FourByte(seconds) });
    let connect = Connect { properties: Properties::list(&properties), ..*connect };
    s.instead(connection, &Packet::Connect(connect))
}

/// The DISCONNECT without its Session Expiry Interval, if it has one that is to be ignored.
fn keep_expiry_of_connect(
    s: &mut Saboteur,
    connection: ConnectionId,
    disconnect: &Disconnect<'_>,
    ignored: impl FnOnce(u32) -> bool,
) -> Fate {
    let id = PropertyId::SessionExpiryInterval;
    if !disconnect.properties.number(id).is_some_and(ignored) {
        return Fate::Pass;
    }
    let properties: Vec<_> = disconnect.properties.iter().filter_map(without(id)).collect();
    let disconnect = Disconnect { properties: Properties::list(&properties), ..*disconnect };
    s.instead(connection, &Packet::Disconnect(disconnect))
}
