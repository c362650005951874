//! What the operator of a server does to its clients: end their connections, send them elsewhere, shut down.

use crate::broker::{Broker, ConnectionId};
use crate::connack::maximum_packet_size;
use crate::connection::Peer;
use core::time::Duration;
use mqttspec_codec::{Connect, Property, PropertyId, ReasonCode, Version};

/// Where clients are to go instead (5.0, 4.11). 3.1.1 has no word for it: its clients are refused with code 3 or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirection {
    /// Whether it is for good: 0x9D (Server moved) rather than 0x9C (Use another server).
    pub permanent: bool,
    /// The Server Reference; `None` leaves the client to find out.
    pub server_reference: Option<String>,
}

impl Redirection {
    const fn reason(&self) -> ReasonCode {
        if self.permanent { ReasonCode::SERVER_MOVED } else { ReasonCode::USE_ANOTHER_SERVER }
    }

    fn properties(&self) -> Vec<Property<'_>> {
        let reference = self.server_reference.as_deref();
        reference.map(|reference| Property::text(PropertyId::ServerReference, reference)).into_iter().collect()
    }
}

impl Broker {
    /// Ends every Network Connection, with 0x8B (Server shutting down) in 5.0. Wills are published and sessions go on as
    /// after any other end; what is left then is in [`Broker::state`].
    pub fn shut_down(&mut self, now: Duration) {
        self.tick_before(now);
        let connections: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for connection in connections {
            match self.peer(connection) {
                Some(peer) => self.disconnect_client(&peer, ReasonCode::SERVER_SHUTTING_DOWN, "shutting down"),
                // [v5:MQTT-3.14.0-1]
                None => self.close(connection),
            }
        }
    }

    /// Ends the Network Connection of a client, with 0x98 (Administrative action) in 5.0; whether it had one.
    pub fn dismiss(&mut self, now: Duration, client_id: &str) -> bool {
        self.tick_before(now);
        let peer = self.peer_of(client_id);
        if let Some(peer) = &peer {
            self.disconnect_client(peer, ReasonCode::ADMINISTRATIVE_ACTION, "ended by the operator");
        }
        peer.is_some()
    }

    /// Sends a client that is connected elsewhere and ends its Network Connection; whether it had one. New ones are sent
    /// away by [`Config::redirection`](crate::Config::redirection).
    pub fn redirect(&mut self, now: Duration, client_id: &str, to: &Redirection) -> bool {
        self.tick_before(now);
        let peer = self.peer_of(client_id);
        if let Some(peer) = &peer {
            self.disconnect_with(peer, to.reason(), &to.properties());
        }
        peer.is_some()
    }

    /// Refuses a CONNECT when clients have to go elsewhere; whether they have to.
    pub(crate) fn redirected(&mut self, connection: ConnectionId, connect: &Connect<'_>) -> bool {
        let Some(to) = self.config.redirection.clone() else { return false };
        let size = maximum_packet_size(connect);
        match connect.version {
            Version::V5 => self.refuse_with(connection, to.reason(), &to.properties(), size),
            Version::V311 => self.refuse(connection, Version::V311, &crate::connect::ELSEWHERE, size),
        }
        true
    }

    fn peer_of(&self, client_id: &str) -> Option<Peer> {
        self.sessions.get(client_id).and_then(|session| session.connection).and_then(|connection| self.peer(connection))
    }
}
