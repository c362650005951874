//! The ends: of a Network Connection, and of a session.

use crate::broker::{Broker, ConnectionId};
use crate::connection::Peer;
use crate::error::Violation;
use crate::saboteur::Switch;
use crate::session::{ClientId, ExpiryInterval};
use crate::timers::Timer;
use mqttspec_codec::{Disconnect, Packet, Properties, Property, PropertyId, ReasonCode, Version};

impl Broker {
    /// The client says goodbye.
    pub(crate) fn disconnect(&mut self, peer: &Peer, disconnect: &Disconnect<'_>) -> Result<(), Violation> {
        let interval = disconnect.properties.number(PropertyId::SessionExpiryInterval).map(ExpiryInterval);
        let asked = self.connections.get(&peer.connection).and_then(|state| state.client.as_ref());
        let asked = asked.map_or(ExpiryInterval::AT_CLOSE, |client| client.expiry_interval);
        // Not a valid DISCONNECT: nothing of it takes effect, and the Will is left alone (3.14.2.2.2).
        if asked == ExpiryInterval::AT_CLOSE && interval.is_some_and(|interval| interval != ExpiryInterval::AT_CLOSE) {
            return Err(Violation::protocol_error("Session Expiry Interval was 0 in CONNECT"));
        }
        let limited = interval.map(|interval| self.limited(interval));
        if let Some(session) = self.sessions.get_mut(&peer.client_id) {
            if let Some(interval) = limited {
                session.expiry_interval = interval;
            }
            // Any other code leaves the Will to be published.
            // [v5:MQTT-3.14.4-3] [v5:MQTT-3.1.2-10] [v3.1.1:MQTT-3.14.4-3] [v3.1.1:MQTT-3.1.2-10]
            if peer.version == Version::V311 || disconnect.reason == ReasonCode::SUCCESS {
                session.will = None;
            }
        }
        self.close(peer.connection);
        Ok(())
    }

    /// A Session Expiry Interval as far as the configuration allows it.
    pub(crate) fn limited(&self, interval: ExpiryInterval) -> ExpiryInterval {
        self.config.session_expiry_interval_maximum.map_or(interval, |maximum| interval.min(ExpiryInterval(maximum)))
    }

    /// A Control Packet has come: the Keep Alive starts again.
    pub(crate) fn heard(&mut self, connection: ConnectionId) {
        let state = self.connections.get(&connection);
        let Some(client) = state.and_then(|state| state.client.as_ref()) else { return };
        let deadline = client.longest_silence.and_then(|silence| self.now.checked_add(silence));
        self.timers.set(Timer::Silence(connection), deadline);
    }

    /// No Control Packet for one and a half times the Keep Alive, or no CONNECT for too long.
    // [v5:MQTT-3.1.2-22] [v3.1.1:MQTT-3.1.2-24]
    pub(crate) fn silent_for_too_long(&mut self, connection: ConnectionId) {
        match self.peer(connection) {
            Some(peer) => {
                self.disconnect_client(&peer, ReasonCode::KEEP_ALIVE_TIMEOUT, "no packet within the Keep Alive");
            }
            // [v5:MQTT-3.14.0-1]
            None => self.close(connection),
        }
    }

    /// Ends a Network Connection because of what its client sent: 5.0 says why, 3.1.1 has no way to.
    // [v5:MQTT-4.13.1-1] [v5:MQTT-3.14.2-1] [v3.1.1:MQTT-4.8.0-1] [v3.1.1:MQTT-1.5.3-1] [v3.1.1:MQTT-1.5.3-2]
    // [v3.1.1:MQTT-2.2.2-2] [v3.1.1:MQTT-3.3.1-4] [v3.1.1:MQTT-3.6.1-1] [v3.1.1:MQTT-3.8.1-1]
    // [v3.1.1:MQTT-3.8.3-4] [v3.1.1:MQTT-3.10.1-1] [v3.1.1:MQTT-3.14.1-1]
    pub(crate) fn violation(&mut self, peer: &Peer, violation: &Violation) {
        self.disconnect_client(peer, violation.reason, &violation.text);
    }

    /// DISCONNECT with a code (5.0), and close.
    pub(crate) fn disconnect_client(&mut self, peer: &Peer, reason: ReasonCode, text: &str) {
        let said = self.reason_string(text);
        self.disconnect_with(peer, reason, &said);
    }

    /// DISCONNECT with a code and properties (5.0), and close.
    // [v5:MQTT-3.14.4-1] [v5:MQTT-3.14.4-2] [v5:MQTT-4.13.2-1]
    pub(crate) fn disconnect_with(&mut self, peer: &Peer, reason: ReasonCode, properties: &[Property<'_>]) {
        if peer.version == Version::V5 && self.config.behaviour.closes_with_disconnect {
            let packet = |properties| Packet::Disconnect(Disconnect { reason, properties });
            // The Session Expiry Interval is the client's to send, and the properties go when they do not fit.
            // [v5:MQTT-3.14.2-2] [v5:MQTT-3.14.2-3] [v5:MQTT-3.14.2-4]
            self.write(peer.connection, &[packet(Properties::list(properties)), packet(Properties::EMPTY)]);
        }
        self.close(peer.connection);
    }

    /// Closes a Network Connection.
    pub(crate) fn close(&mut self, connection: ConnectionId) {
        self.outputs.close(connection);
        self.network_connection_ended(connection);
    }

    /// The Network Connection is over, whoever ended it.
    pub(crate) fn network_connection_ended(&mut self, connection: ConnectionId) {
        let Some(state) = self.connections.remove(&connection) else { return };
        self.timers.set(Timer::Silence(connection), None);
        self.timers.set(Timer::LateAnswers(connection), None);
        self.undecided_bytes -= state.undecided_bytes;
        let Some(client) = state.client else { return };
        self.connected -= 1;
        self.timers.set(Timer::Resend(client.client_id.clone()), None);
        self.session_left(&client.client_id);
    }

    /// The session has lost its Network Connection. It goes on without, or ends; the Will is published now, later, or
    /// (after a DISCONNECT, which took it away) never.
    pub(crate) fn session_left(&mut self, client_id: &ClientId) {
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        session.connection = None;
        // [v5:MQTT-3.1.2-23] [v3.1.1:MQTT-3.1.2-4] [v3.1.1:MQTT-3.1.2-6]
        if session.expiry_interval == ExpiryInterval::AT_CLOSE {
            self.end_session(client_id);
            return;
        }
        if self.config.behaviour.moves_shared_at_close || self.config.sabotaged(Switch::MovesQos2) {
            self.move_shared(client_id);
        }
        let Some(session) = self.sessions.get(client_id) else { return };
        let expiry = session.expiry_interval.duration();
        let delay = session.will.as_ref().map(|will| will.delay);
        let at = |duration| self.now.checked_add(duration);
        self.timers.set(Timer::SessionExpiry(client_id.clone()), expiry.and_then(at));
        // [v5:MQTT-3.1.2-8] [v3.1.1:MQTT-3.1.2-8] [v3.1.1:MQTT-3.1.2-12]
        match delay {
            Some(delay) if !delay.is_zero() => {
                self.timers.set(Timer::WillDelay(client_id.clone()), at(delay));
            }
            Some(_) => self.publish_will(client_id),
            None => {}
        }
    }

    /// The session ends: its Will is published if that is still to come, and all its state is discarded.
    // [v5:MQTT-3.1.2-8] [v5:MQTT-4.1.0-2] [v5:MQTT-3.1.2-4] [v3.1.1:MQTT-3.1.2-6]
    pub(crate) fn end_session(&mut self, client_id: &ClientId) {
        self.publish_will(client_id);
        self.timers.set(Timer::WillDelay(client_id.clone()), None);
        self.timers.set(Timer::SessionExpiry(client_id.clone()), None);
        self.subscriptions.remove_session(client_id);
        let Some(mut session) = self.sessions.remove(client_id) else { return };
        // What shared subscriptions had given to this session goes to other members (4.8.2).
        for delivery in session.outbound.take_shared() {
            if let Some(share) = &delivery.share {
                self.deliver_shared(share, &delivery.message);
            }
        }
    }
}
