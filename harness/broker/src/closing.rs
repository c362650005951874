//! The ends: of a Network Connection, and of a session.

use crate::broker::{Broker, ConnectionId};
use crate::connection::Peer;
use crate::error::Violation;
use crate::session::{ClientId, ExpiryInterval};
use crate::timers::Timer;
use mqttspec_codec::{Disconnect, PropertyId, ReasonCode, Version};

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
        let Some(state) = self.connections.get(&connection) else { return };
        match &state.client {
            Some(client) => {
                let peer = Peer { connection, client_id: client.client_id.clone(), version: client.version };
                self.disconnect_client(&peer, ReasonCode::KEEP_ALIVE_TIMEOUT, "no packet within the Keep Alive");
            }
            // [v5:MQTT-3.14.0-1]
            None => self.close(connection),
        }
    }

    /// The Network Connection is over, whoever ended it: the session goes on without it, or ends; the Will is
    /// published now, later, or (after a DISCONNECT, which took it away) never.
    pub(crate) fn network_connection_ended(&mut self, connection: ConnectionId) {
        let Some(state) = self.connections.remove(&connection) else { return };
        self.timers.set(Timer::Silence(connection), None);
        let Some(client) = state.client else { return };
        let client_id = client.client_id;
        let Some(session) = self.sessions.get_mut(&client_id) else { return };
        session.connection = None;
        // [v5:MQTT-3.1.2-23] [v3.1.1:MQTT-3.1.2-4] [v3.1.1:MQTT-3.1.2-6]
        if session.expiry_interval == ExpiryInterval::AT_CLOSE {
            self.end_session(&client_id);
            return;
        }
        let expiry = session.expiry_interval.duration();
        let delay = session.will.as_ref().map(|will| will.delay);
        let at = |duration| self.now.checked_add(duration);
        self.timers.set(Timer::SessionExpiry(client_id.clone()), expiry.and_then(at));
        // [v5:MQTT-3.1.2-8] [v3.1.1:MQTT-3.1.2-8] [v3.1.1:MQTT-3.1.2-12]
        match delay {
            Some(delay) if !delay.is_zero() => {
                self.timers.set(Timer::WillDelay(client_id), at(delay));
            }
            Some(_) => self.publish_will(&client_id),
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
