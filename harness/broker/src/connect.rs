//! CONNECT (3.1 of both versions): its checks and what it brings about.

use crate::broker::{Broker, ConnectionId};
use crate::connack::{Refusal, maximum_packet_size, refusal};
use crate::connection::{Authentication, Client};
use crate::error::Violation;
use crate::message::payload_format_valid;
use crate::session::{ClientId, ExpiryInterval, Session};
use crate::timers::Timer;
use crate::topic_alias::{ReceivedAliases, SentAliases};
use crate::will::Will;
use core::time::Duration;
use mqttspec_codec::{
    Connect, Context, DecodeError, Packet, PropertyId, ReasonCode, Rule, Sender, Version, decode, frame, inspect,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The Protocol Name as it stands in the packet, length first.
const PROTOCOL_NAME: &[u8] = b"\0\x04MQTT";

/// Where the Protocol Level of a CONNECT stands, if the packet has come so far and its Protocol Name is right.
fn level_at(bytes: &[u8]) -> Option<usize> {
    let header = frame(bytes).ok()??.header;
    let at = header + PROTOCOL_NAME.len();
    (bytes.get(header..at)? == PROTOCOL_NAME && at < bytes.len()).then_some(at)
}

/// The version that the CONNECT at the front of `bytes` names, as far as it can be told.
pub(crate) fn named_version(bytes: &[u8]) -> Option<Version> {
    Version::from_level(*bytes.get(level_at(bytes)?)?)
}

/// Whether a CONNECT has the Protocol Level of 5.0 behind its Protocol Name, whatever that is.
fn level_is_v5(bytes: &[u8]) -> bool {
    let level = || {
        let body = bytes.get(frame(bytes).ok()??.header..)?;
        let (length, rest) = body.split_first_chunk()?;
        rest.get(usize::from(u16::from_be_bytes(*length))).copied()
    };
    level() == Some(Version::V5.level())
}

/// The version whose form a CONNECT with an unknown Protocol Level has: that is what its client will understand.
fn form(bytes: &[u8]) -> Version {
    let context = Context::new(Version::V5, Sender::Client);
    let mut as_v5 = bytes.to_vec();
    if let Some(level) = level_at(bytes).and_then(|at| as_v5.get_mut(at)) {
        *level = Version::V5.level();
    }
    if decode(&as_v5, &context).is_ok() { Version::V5 } else { Version::V311 }
}

/// The largest packet that a client takes, as far as its malformed CONNECT tells.
fn size_in_malformed(bytes: &[u8]) -> usize {
    match inspect(bytes, &Context::new(Version::V5, Sender::Client)).packet {
        Some(Packet::Connect(connect)) => maximum_packet_size(&connect),
        _ => usize::MAX,
    }
}

/// Whether a malformed CONNECT breaks no rule but one.
fn only_violation(bytes: &[u8]) -> bool {
    inspect(bytes, &Context::new(Version::V311, Sender::Client)).violations.len() == 1
}

impl Broker {
    /// A CONNECT that does not match section 3.1.
    // [v5:MQTT-3.1.4-1] [v3.1.1:MQTT-3.1.4-1] [v3.1.1:MQTT-3.1.2-3]
    pub(crate) fn malformed_connect(&mut self, connection: ConnectionId, bytes: &[u8], error: DecodeError) {
        match (error.rule, named_version(bytes)) {
            // [v5:MQTT-3.1.2-2] [v3.1.1:MQTT-3.1.2-2]
            (Rule::ProtocolLevel, _) => self.refuse(connection, form(bytes), &UNSUPPORTED_VERSION, usize::MAX),
            // [v3.1.1:MQTT-3.1.3-8]
            (Rule::ClientIdEmpty, version) if only_violation(bytes) => {
                self.refuse(connection, version.unwrap_or(Version::V311), &IDENTIFIER_REJECTED, usize::MAX);
            }
            (_, Some(Version::V5)) => {
                let violation = Violation::from(error);
                self.refuse_v5(connection, violation.reason, &violation.text, size_in_malformed(bytes));
            }
            // [v5:MQTT-3.1.2-1]
            (Rule::ProtocolName, None) if self.config.behaviour.tells_wrong_protocol_name && level_is_v5(bytes) => {
                self.refuse(connection, Version::V5, &UNSUPPORTED_VERSION, usize::MAX);
            }
            // A wrong Protocol Name, a fixed header that is wrong already, or 3.1.1: not a word.
            // [v5:MQTT-3.1.2-1] [v3.1.1:MQTT-3.1.2-1]
            (_, Some(Version::V311) | None) => self.close(connection),
        }
    }

    /// A CONNECT whose form is right, and its bytes.
    pub(crate) fn connect(&mut self, connection: ConnectionId, connect: &Connect<'_>, bytes: &[u8]) {
        if let Err(refusal) = self.check(connection, connect) {
            return self.refuse(connection, connect.version, &refusal, maximum_packet_size(connect));
        }
        if !self.redirected(connection, connect) && !self.challenge(connection, connect, bytes) {
            self.admit(connection, connect);
        }
    }

    /// A CONNECT of a client that the server wants.
    pub(crate) fn admit(&mut self, connection: ConnectionId, connect: &Connect<'_>) {
        let size = maximum_packet_size(connect);
        let Some(given) = connect.client_id.as_str() else { return self.close(connection) };
        let assigned = given.is_empty().then(|| self.assign());
        let client_id = assigned.clone().unwrap_or_else(|| given.into());
        if !self.sessions.contains_key(&client_id) && self.sessions.len() >= self.config.session_maximum {
            return self.refuse(connection, connect.version, &TOO_MANY_SESSIONS, size);
        }
        // A client that is connected already gives way to itself.
        let connected = self.sessions.get(&client_id).is_some_and(|session| session.connection.is_some());
        if !connected && self.connected >= self.config.connection_maximum {
            return self.refuse(connection, connect.version, &TOO_MANY_CLIENTS, size);
        }
        // Session Present does not change the size, so it is known before anything happens.
        let assigned = assigned.as_ref();
        let (Some(new), Some(present)) =
            (self.acceptance(connect, false, assigned), self.acceptance(connect, true, assigned))
        else {
            return self.close(connection);
        };

        self.take_over(&client_id);
        let session_present = self.clean_start(connect, &client_id);
        let user_name = self.user_name(connection, connect);
        let client = self.client(connect, client_id.clone(), user_name);
        let Some(state) = self.connections.get_mut(&connection) else { return };
        state.client = Some(client);
        self.connected += 1;
        self.connected_maximum = self.connected_maximum.max(self.connected);
        let interval = match (connect.version, connect.clean_start) {
            (Version::V5, _) => self.limited(expiry_interval(connect)),
            (Version::V311, true) => ExpiryInterval::AT_CLOSE,
            (Version::V311, false) => ExpiryInterval::NEVER,
        };
        let session = self.sessions.entry(client_id.clone()).or_insert_with(Session::new);
        session.connection = Some(connection);
        session.expiry_interval = interval;
        // [v5:MQTT-3.1.2-7] [v3.1.1:MQTT-3.1.2-8]
        session.will = Will::of_connect(connect, &client_id);
        session.outbound.resume(&self.config.behaviour);
        // [v5:MQTT-4.1.0-1] [v3.1.1:MQTT-4.1.0-1] [v3.1.1:MQTT-4.1.0-2]
        self.timers.set(Timer::SessionExpiry(client_id.clone()), None);
        self.start_keep_alive(connection);
        // The first packet, and the only CONNACK. Session Present: [v5:MQTT-3.2.2-2] [v5:MQTT-3.2.2-3]
        // [v5:MQTT-3.2.0-1] [v5:MQTT-3.2.0-2] [v3.1.1:MQTT-3.2.0-1]
        // [v3.1.1:MQTT-3.2.2-1] [v3.1.1:MQTT-3.2.2-2] [v3.1.1:MQTT-3.2.2-3]
        self.write_bytes(connection, if session_present { present } else { new });
        self.pump(&client_id);
        self.welcome(&client_id);
    }

    /// Whether the server wants this client.
    // [v5:MQTT-3.1.4-2]
    fn check(&self, connection: ConnectionId, connect: &Connect<'_>) -> Result<(), Refusal> {
        let config = &self.config;
        let served = match connect.version {
            Version::V311 => config.accept_v311,
            Version::V5 => config.accept_v5,
        };
        require(served, UNSUPPORTED_VERSION)?;
        // [v5:MQTT-4.12.0-1]
        let method = connect.properties.find(PropertyId::AuthenticationMethod);
        require(method.is_none() || self.knows_method(connect), BAD_AUTHENTICATION_METHOD)?;
        self.check_credentials(connection, connect)?;
        // All but what is too long is allowed, and empty ones where a new identifier can be told or is not needed.
        // [v5:MQTT-3.1.3-5] [v3.1.1:MQTT-3.1.3-5] [v5:MQTT-3.1.3-8] [v3.1.1:MQTT-3.1.3-9]
        require(connect.client_id.len() <= config.client_identifier_maximum.max(23), IDENTIFIER_REJECTED)?;
        let plain = || connect.client_id.as_bytes().iter().all(u8::is_ascii_alphanumeric);
        require(!config.behaviour.plain_client_identifiers || plain(), IDENTIFIER_REJECTED)?;
        let nameless = connect.client_id.is_empty() && !config.behaviour.assigns_client_identifiers;
        require(!nameless, IDENTIFIER_REJECTED)?;
        let Some(will) = &connect.will else { return Ok(()) };
        // [v5:MQTT-3.2.2-12]
        require(will.qos <= config.maximum_qos, QOS_NOT_SUPPORTED)?;
        // [v5:MQTT-3.2.2-13]
        require(config.retain_available || !will.retain, RETAIN_NOT_SUPPORTED)?;
        let format = !config.check_payload_format || payload_format_valid(will.properties, will.payload);
        require(format, PAYLOAD_FORMAT_INVALID)?;
        self.check_will_topic(connection, connect)
    }

    /// A Client Identifier that no session has.
    // [v5:MQTT-3.1.3-6] [v5:MQTT-3.2.2-16] [v3.1.1:MQTT-3.1.3-6]
    fn assign(&mut self) -> ClientId {
        loop {
            self.assigned += 1;
            let client_id: ClientId = format!("assigned{}", self.assigned).into();
            if !self.sessions.contains_key(&client_id) {
                return client_id;
            }
        }
    }

    /// Ends the Network Connection that the client still has. What becomes of its Will and its session is the same
    /// as for any other that ends.
    // [v5:MQTT-3.1.4-3] [v3.1.1:MQTT-3.1.4-2]
    fn take_over(&mut self, client_id: &ClientId) {
        let Some(connection) = self.sessions.get(client_id).and_then(|session| session.connection) else { return };
        let Some(peer) = self.peer(connection) else { return };
        self.disconnect_client(&peer, ReasonCode::SESSION_TAKEN_OVER, "another Network Connection for this client");
    }

    /// Discards or resumes the session that there is; whether there is one to resume.
    // [v5:MQTT-3.1.4-4] [v3.1.1:MQTT-3.1.4-3] [v5:MQTT-3.1.2-5] [v5:MQTT-3.1.2-6] [v3.1.1:MQTT-3.1.2-4]
    fn clean_start(&mut self, connect: &Connect<'_>, client_id: &ClientId) -> bool {
        if connect.clean_start {
            if !self.config.behaviour.publishes_will_on_clean_start
                && let Some(session) = self.sessions.get_mut(client_id)
            {
                session.will = None;
            }
            // [v5:MQTT-3.1.2-4] [v3.1.1:MQTT-3.1.2-6]
            self.end_session(client_id);
            return false;
        }
        // A Will that is still held back is not sent: its client is there again, and the Will of the new CONNECT, or
        // none, takes its place.
        // [v5:MQTT-3.1.3-9]
        self.timers.set(Timer::WillDelay(client_id.clone()), None);
        self.sessions.contains_key(client_id)
    }

    /// What holds for the Network Connection.
    fn client(&self, connect: &Connect<'_>, client_id: ClientId, user_name: Option<Arc<str>>) -> Client {
        let server_keep_alive = self.config.server_keep_alive.filter(|_| connect.version == Version::V5);
        // [v5:MQTT-3.2.2-22]
        let keep_alive = server_keep_alive.unwrap_or(connect.keep_alive);
        let patience = Duration::from_millis(if self.config.behaviour.short_patience { 1100 } else { 1500 });
        let receive_maximum = connect.properties.number(PropertyId::ReceiveMaximum);
        let receive_maximum = receive_maximum.and_then(|maximum| u16::try_from(maximum).ok()).unwrap_or(u16::MAX);
        let topic_alias_maximum = connect.properties.number(PropertyId::TopicAliasMaximum);
        let topic_alias_maximum = topic_alias_maximum.and_then(|maximum| u16::try_from(maximum).ok()).unwrap_or(0);
        Client {
            client_id,
            version: connect.version,
            user_name,
            authentication: if self.knows_method(connect) { Authentication::Done } else { Authentication::Basic },
            longest_silence: (keep_alive != 0).then(|| patience * u32::from(keep_alive)),
            maximum_packet_size: maximum_packet_size(connect),
            // [v5:MQTT-4.9.0-1]
            send_quota: receive_maximum.min(self.config.in_flight_maximum).max(1),
            request_problem_information: connect.properties.number(PropertyId::RequestProblemInformation) != Some(0),
            expiry_interval: expiry_interval(connect),
            received_aliases: ReceivedAliases::default(),
            sent_aliases: SentAliases::new(topic_alias_maximum.min(self.config.topic_alias_use)),
            unacknowledged: BTreeSet::new(),
            late_answers: Vec::new(),
        }
    }

    /// Puts the Keep Alive in the place of the deadline for CONNECT.
    fn start_keep_alive(&mut self, connection: ConnectionId) {
        self.timers.set(Timer::Silence(connection), None);
        self.heard(connection);
    }
}

/// The Session Expiry Interval of a 5.0 CONNECT.
fn expiry_interval(connect: &Connect<'_>) -> ExpiryInterval {
    let interval = connect.properties.number(PropertyId::SessionExpiryInterval);
    interval.map_or(ExpiryInterval::AT_CLOSE, ExpiryInterval)
}

fn require(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

const UNSUPPORTED_VERSION: Refusal =
    refusal(Some(1), ReasonCode::UNSUPPORTED_PROTOCOL_VERSION, "protocol version not supported");
const IDENTIFIER_REJECTED: Refusal =
    refusal(Some(2), ReasonCode::CLIENT_IDENTIFIER_NOT_VALID, "Client Identifier not accepted");
pub(crate) const ELSEWHERE: Refusal = refusal(Some(3), ReasonCode::USE_ANOTHER_SERVER, "use another server");
const TOO_MANY_CLIENTS: Refusal = refusal(Some(3), ReasonCode::QUOTA_EXCEEDED, "too many clients");
const TOO_MANY_SESSIONS: Refusal = refusal(Some(3), ReasonCode::QUOTA_EXCEEDED, "too many sessions");
const BAD_AUTHENTICATION_METHOD: Refusal =
    refusal(None, ReasonCode::BAD_AUTHENTICATION_METHOD, "unknown Authentication Method");
const QOS_NOT_SUPPORTED: Refusal = refusal(None, ReasonCode::QOS_NOT_SUPPORTED, "Will QoS above Maximum QoS");
const RETAIN_NOT_SUPPORTED: Refusal =
    refusal(None, ReasonCode::RETAIN_NOT_SUPPORTED, "retained messages are not supported");
const PAYLOAD_FORMAT_INVALID: Refusal =
    refusal(None, ReasonCode::PAYLOAD_FORMAT_INVALID, "the Will Payload is not UTF-8");
