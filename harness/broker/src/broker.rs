//! The entry points, and the way of a packet to the code that handles it.

use crate::config::Config;
use crate::connect::named_version;
use crate::connection::{Connection, Peer};
use crate::error::Violation;
use crate::outbound::Step;
use crate::retained::Retained;
use crate::session::{ClientId, Session};
use crate::subscriptions::Subscriptions;
use crate::timers::{Timer, Timers};
use core::time::Duration;
use mqttspec_codec::{
    Acknowledgement, Context, Decoded, Disconnect, Packet, PacketType, Properties, Property, PropertyId, ReasonCode,
    Sender, Version, decode,
};
use std::collections::{BTreeMap, VecDeque};

/// The caller's name for a Network Connection. A name is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes: one whole Control Packet.
    Write {
        /// The Network Connection.
        connection: ConnectionId,
        /// The packet.
        bytes: Vec<u8>,
    },
    /// Close the Network Connection, once all that was written before is sent.
    Close {
        /// The Network Connection.
        connection: ConnectionId,
    },
}

/// The server. See the [crate documentation](crate).
#[derive(Debug)]
pub struct Broker {
    pub(crate) config: Config,
    /// The time of the event that is being handled.
    pub(crate) now: Duration,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) sessions: BTreeMap<ClientId, Session>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) retained: Retained,
    pub(crate) timers: Timers,
    /// How many Client Identifiers have been assigned.
    pub(crate) assigned: u64,
    outputs: VecDeque<Output>,
}

impl Broker {
    /// A server without sessions and retained messages.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            now: Duration::ZERO,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            subscriptions: Subscriptions::default(),
            retained: Retained::default(),
            timers: Timers::default(),
            assigned: 0,
            outputs: VecDeque::new(),
        }
    }

    /// A Network Connection is there.
    pub fn opened(&mut self, now: Duration, connection: ConnectionId) {
        self.run_timers(now, |deadline| deadline < now);
        if self.connections.contains_key(&connection) {
            return;
        }
        self.connections.insert(connection, Connection::default());
        let deadline = self.config.connect_timeout.and_then(|timeout| now.checked_add(timeout));
        self.timers.set(Timer::Silence(connection), deadline);
    }

    /// Bytes have come from the Client, in chunks of any size. What was due before `now` is done first; what is due
    /// at `now` waits for [`Broker::tick`], so that bytes are in time at the very instant of a deadline.
    pub fn received(&mut self, now: Duration, connection: ConnectionId, bytes: &[u8]) {
        self.run_timers(now, |deadline| deadline < now);
        let Some(state) = self.connections.get_mut(&connection) else { return };
        // Only what has arrived of a packet is held, never room for what its Remaining Length announces.
        let mut held = std::mem::take(&mut state.held);
        if held.is_empty() {
            let used = self.consume(connection, bytes);
            held.extend_from_slice(&bytes[used..]);
        } else {
            held.extend_from_slice(bytes);
            let used = self.consume(connection, &held);
            held.drain(..used);
        }
        if let Some(state) = self.connections.get_mut(&connection) {
            state.held = held;
        }
    }

    /// The Client has closed or reset the Network Connection, or it broke. Harmless after [`Output::Close`].
    pub fn closed(&mut self, now: Duration, connection: ConnectionId) {
        self.run_timers(now, |deadline| deadline < now);
        self.network_connection_ended(connection);
    }

    /// Does what is due. Harmless at any time.
    pub fn tick(&mut self, now: Duration) {
        self.run_timers(now, |deadline| deadline <= now);
    }

    /// When [`Broker::tick`] is to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// What is to be done, in order; `None` when there is nothing left.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Fires every timer that is `due`, each at its own time.
    fn run_timers(&mut self, now: Duration, due: impl Fn(Duration) -> bool) {
        while let Some((deadline, timer)) = self.timers.pop(&due) {
            self.now = self.now.max(deadline);
            match timer {
                Timer::Silence(connection) => self.silent_for_too_long(connection),
                Timer::WillDelay(client_id) => self.publish_will(&client_id),
                Timer::SessionExpiry(client_id) => self.end_session(&client_id),
            }
        }
        self.now = self.now.max(now);
    }

    /// Handles the whole packets at the front of `input` and tells how many bytes are done with.
    fn consume(&mut self, connection: ConnectionId, input: &[u8]) -> usize {
        let mut used = 0;
        while let Some(&first) = input.get(used) {
            // Nothing of a Network Connection that has been closed is looked at any more.
            // [v5:MQTT-3.1.4-6] [v3.1.1:MQTT-3.1.4-5]
            let Some(state) = self.connections.get(&connection) else { return input.len() };
            let rest = &input[used..];
            let peer = state.client.as_ref().map(|client| Peer {
                connection,
                client_id: client.client_id.clone(),
                version: client.version,
            });
            let max_packet = self.config.maximum_packet_size as usize;
            // A CONNECT is read by the version that it names itself.
            let version = peer.as_ref().map_or_else(|| named_version(rest), |peer| Some(peer.version));
            let version = version.unwrap_or(Version::V311);
            let context = Context { version, sender: Sender::Client, max_packet };
            let decoded = match peer {
                // The first packet has to be CONNECT.
                None if PacketType::from_first_byte(first) != Some(PacketType::Connect) => {
                    self.close(connection);
                    return input.len();
                }
                _ => decode(rest, &context),
            };
            match (decoded, &peer) {
                (Ok(Decoded::Incomplete), _) => return used,
                (Ok(Decoded::Packet { packet, len }), _) => {
                    used += len;
                    match (&peer, &packet) {
                        (None, Packet::Connect(connect)) => self.connect(connection, connect),
                        (None, _) => self.close(connection),
                        (Some(peer), packet) => self.packet(peer, packet),
                    }
                }
                (Err(error), None) => self.malformed_connect(connection, rest, error),
                (Err(error), Some(peer)) => self.violation(peer, &error.into()),
            }
        }
        used
    }

    /// A packet of a client that is connected.
    fn packet(&mut self, peer: &Peer, packet: &Packet<'_>) {
        self.heard(peer.connection);
        let result = match packet {
            Packet::Publish(publish) => self.publish(peer, publish),
            Packet::Puback(ack) => self.puback(peer, ack),
            Packet::Pubrec(ack) => self.pubrec(peer, ack),
            Packet::Pubrel(ack) => self.pubrel(peer, ack),
            Packet::Pubcomp(ack) => self.pubcomp(peer, ack),
            Packet::Subscribe(subscribe) => self.subscribe(peer, subscribe),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(peer, unsubscribe),
            Packet::Pingreq => {
                // [v5:MQTT-3.12.4-1] [v3.1.1:MQTT-3.12.4-1]
                self.write(peer.connection, &[Packet::Pingresp]);
                Ok(())
            }
            Packet::Disconnect(disconnect) => self.disconnect(peer, disconnect),
            // [v5:MQTT-3.1.0-2] [v3.1.1:MQTT-3.1.0-2]
            Packet::Connect(_) => Err(Violation::protocol_error("second CONNECT")),
            // No CONNECT with an Authentication Method is ever accepted, so there is never an AUTH.
            // [v5:MQTT-4.12.0-6]
            Packet::Auth(_) => Err(Violation::protocol_error("AUTH without Authentication Method in CONNECT")),
            Packet::Connack(_) | Packet::Suback(_) | Packet::Unsuback(_) | Packet::Pingresp => {
                Err(Violation::protocol_error("packet of a server"))
            }
        };
        if let Err(violation) = result {
            self.violation(peer, &violation);
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
    // [v5:MQTT-3.14.4-1] [v5:MQTT-3.14.4-2] [v5:MQTT-4.13.2-1]
    pub(crate) fn disconnect_client(&mut self, peer: &Peer, reason: ReasonCode, text: &str) {
        if peer.version == Version::V5 {
            let said = self.reason_string(text);
            let packet = |properties| Packet::Disconnect(Disconnect { reason, properties });
            // The Session Expiry Interval is the client's to send, and the Reason String goes when it does not fit.
            // [v5:MQTT-3.14.2-2] [v5:MQTT-3.14.2-3]
            self.write(peer.connection, &[packet(Properties::list(&said)), packet(Properties::EMPTY)]);
        }
        self.close(peer.connection);
    }

    /// Closes a Network Connection.
    pub(crate) fn close(&mut self, connection: ConnectionId) {
        self.outputs.push_back(Output::Close { connection });
        self.network_connection_ended(connection);
    }

    /// Writes the first of these packets that the client takes; none, if all are too large for it.
    // [v5:MQTT-3.1.2-24]
    pub(crate) fn write(&mut self, connection: ConnectionId, packets: &[Packet<'_>]) {
        let Some(client) = self.connections.get(&connection).and_then(|state| state.client.as_ref()) else { return };
        let fits = |bytes: &Vec<u8>| bytes.len() <= client.maximum_packet_size;
        let mut encoded = packets.iter().filter_map(|packet| packet.to_bytes(client.version).ok());
        if let Some(bytes) = encoded.find(fits) {
            self.write_bytes(connection, bytes);
        }
    }

    pub(crate) fn write_bytes(&mut self, connection: ConnectionId, bytes: Vec<u8>) {
        self.outputs.push_back(Output::Write { connection, bytes });
    }

    /// A Reason String, if the configuration asks for them.
    pub(crate) fn reason_string<'t>(&self, text: &'t str) -> Vec<Property<'t>> {
        let wanted = self.config.reason_strings && !text.is_empty();
        wanted.then(|| Property::text(PropertyId::ReasonString, text)).into_iter().collect()
    }

    /// Whether packets other than PUBLISH, CONNACK and DISCONNECT may carry a Reason String.
    // [v5:MQTT-3.1.2-29]
    pub(crate) fn problem_information(&self, peer: &Peer) -> bool {
        let state = self.connections.get(&peer.connection);
        let client = state.and_then(|state| state.client.as_ref());
        peer.version == Version::V5 && client.is_some_and(|client| client.request_problem_information)
    }

    /// Answers with PUBACK, PUBREC, PUBREL or PUBCOMP: always with the identifier of the PUBLISH.
    // [v5:MQTT-2.2.1-5] [v3.1.1:MQTT-2.3.1-6]
    pub(crate) fn acknowledge(
        &mut self,
        peer: &Peer,
        kind: PacketType,
        identifier: u16,
        reason: ReasonCode,
        text: &str,
    ) {
        // What is no error is a Success to 3.1.1; errors do not come here.
        let reason = if peer.version == Version::V5 { reason } else { ReasonCode::SUCCESS };
        let packet = |properties| {
            let ack = Acknowledgement { packet_identifier: identifier, reason, properties };
            match kind {
                PacketType::Pubrec => Packet::Pubrec(ack),
                PacketType::Pubrel => Packet::Pubrel(ack),
                PacketType::Pubcomp => Packet::Pubcomp(ack),
                _ => Packet::Puback(ack),
            }
        };
        let said = if self.problem_information(peer) { self.reason_string(text) } else { Vec::new() };
        // [v5:MQTT-3.4.2-2] [v5:MQTT-3.5.2-2] [v5:MQTT-3.6.2-2] [v5:MQTT-3.7.2-2]
        self.write(peer.connection, &[packet(Properties::list(&said)), packet(Properties::EMPTY)]);
    }

    /// Sends what waits for a client, as far as its send quota goes. All other packets are written where they
    /// arise, whatever the quota.
    // [v5:MQTT-4.9.0-3]
    pub(crate) fn pump(&mut self, client_id: &ClientId) {
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        let Some(connection) = session.connection else { return };
        let state = self.connections.get(&connection);
        let Some(client) = state.and_then(|state| state.client.as_ref()) else { return };
        while let Some(step) = session.outbound.next(client.send_quota, self.now) {
            let bytes = match step {
                // [v5:MQTT-4.3.2-2] [v5:MQTT-4.3.3-2]
                Step::Publish { packet_identifier, delivery, dup } => {
                    let bytes = delivery.encode(client.version, Some(packet_identifier), dup, self.now);
                    let Some(bytes) = bytes.filter(|bytes| bytes.len() <= client.maximum_packet_size) else {
                        // Too large for this client: as if it had been sent and acknowledged.
                        // [v5:MQTT-3.1.2-25]
                        session.outbound.forget(packet_identifier);
                        continue;
                    };
                    bytes
                }
                Step::Pubrel { packet_identifier } => {
                    let pubrel = Packet::Pubrel(Acknowledgement::new(packet_identifier, ReasonCode::SUCCESS));
                    let Ok(bytes) = pubrel.to_bytes(client.version) else { continue };
                    if bytes.len() > client.maximum_packet_size {
                        continue;
                    }
                    bytes
                }
            };
            self.outputs.push_back(Output::Write { connection, bytes });
        }
    }
}
