//! The saboteur between the Clients and the broker.

use super::later::Later;
use super::memory::{Cause, Line, Session};
use super::{Fate, Sabotage};
use crate::broker::{Broker, ConnectionId, Output};
use crate::config::Config;
use crate::server::{End, Server};
use core::time::Duration;
use mqttspec_codec::{Context, Decoded, Packet, PacketType, Sender, decode, frame};
use std::collections::{BTreeMap, VecDeque};

/// The reference broker with one clause broken.
#[derive(Debug)]
pub struct Saboteur {
    pub(super) broker: Broker,
    pub(super) sabotage: &'static Sabotage,
    pub(super) now: Duration,
    pub(super) cause: Cause,
    pub(super) lines: BTreeMap<ConnectionId, Line>,
    /// By Client Identifier.
    pub(super) sessions: BTreeMap<Vec<u8>, Session>,
    /// Packets of the broker that answer what no Client has sent: they go nowhere.
    pub(super) swallowed: Vec<(ConnectionId, PacketType, u16)>,
    /// What is to happen later, in the order in which it was put off.
    pub(super) later: Vec<(Duration, Later)>,
    outputs: VecDeque<Output>,
}

impl Saboteur {
    /// A server without sessions and retained messages that does this wrong.
    #[must_use]
    pub fn new(config: Config, sabotage: &'static Sabotage) -> Self {
        Self {
            broker: Broker::new(Config { sabotage: Some(sabotage), ..config }),
            sabotage,
            now: Duration::ZERO,
            cause: Cause::Time,
            lines: BTreeMap::new(),
            sessions: BTreeMap::new(),
            swallowed: Vec::new(),
            later: Vec::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The connection; an unknown one is as new.
    pub(super) fn line(&mut self, connection: ConnectionId) -> &mut Line {
        self.lines.entry(connection).or_default()
    }

    pub(super) fn is_open(&self, connection: ConnectionId) -> bool {
        self.lines.get(&connection).is_some_and(|line| !line.closed)
    }

    /// The session of a connection.
    pub(super) fn session(&mut self, connection: ConnectionId) -> &mut Session {
        let client_id = self.line(connection).client_id.clone();
        self.sessions.entry(client_id).or_default()
    }

    /// Sends a packet to a Client.
    pub(super) fn write(&mut self, connection: ConnectionId, packet: &Packet<'_>) {
        let version = self.line(connection).version;
        if let Ok(bytes) = packet.to_bytes(version) {
            self.write_bytes(connection, bytes);
        }
    }

    pub(super) fn write_bytes(&mut self, connection: ConnectionId, bytes: Vec<u8>) {
        self.outputs.push_back(Output::Write { connection, bytes });
    }

    /// Closes a connection towards its Client; the broker takes it as closed by the Client.
    pub(super) fn close(&mut self, connection: ConnectionId) {
        self.line(connection).closed = true;
        self.outputs.push_back(Output::Close { connection });
        self.broker.closed(self.now, connection);
    }

    /// Hands the broker a packet that no Client has sent. What it answers comes out with everything else.
    pub(super) fn whisper(&mut self, connection: ConnectionId, packet: &Packet<'_>) {
        let version = self.line(connection).version;
        if let Ok(bytes) = packet.to_bytes(version) {
            self.broker.received(self.now, connection, &bytes);
        }
    }

    /// Handles the whole packets that have come from a Client, one by one.
    fn packets(&mut self, connection: ConnectionId) {
        while let Some(bytes) = self.next_packet(connection) {
            if self.line(connection).haunted {
                if PacketType::from_first_byte(bytes[0]) == Some(PacketType::Pingreq) {
                    self.write(connection, &Packet::Pingresp);
                }
                continue;
            }
            let context = Context::new(self.line(connection).version, Sender::Client);
            let fate = match decode(&bytes, &context) {
                Ok(Decoded::Packet { packet, .. }) => self.of_client(connection, &packet),
                Ok(Decoded::Incomplete) | Err(_) => {
                    self.cause = Cause::Packet { of: connection, packet: None, dup: false };
                    self.sabotage.malformed.map_or(Fate::Pass, |act| act(self, connection, &bytes))
                }
            };
            match fate {
                Fate::Pass => self.broker.received(self.now, connection, &bytes),
                Fate::Drop => {}
                Fate::Instead(bytes) => self.broker.received(self.now, connection, &bytes),
            }
            self.drain();
            if self.line(connection).closed && !self.line(connection).haunted {
                return;
            }
        }
    }

    /// The packet at the front of what has come; all that has come once it cannot be told where a packet ends.
    fn next_packet(&mut self, connection: ConnectionId) -> Option<Vec<u8>> {
        let line = self.line(connection);
        let context = Context::new(line.version, Sender::Client);
        let whole = frame(&line.held).ok().flatten().map(|frame| frame.len).filter(|&len| len <= line.held.len());
        let len = match (whole, decode(&line.held, &context)) {
            (Some(len), _) => len,
            (None, Ok(_)) => return None,
            (None, Err(_)) => line.held.len(),
        };
        let rest = line.held.split_off(len);
        Some(std::mem::replace(&mut line.held, rest))
    }

    /// A valid packet of a Client.
    fn of_client(&mut self, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
        let dup = matches!(packet, Packet::Publish(publish) if publish.dup);
        self.cause = Cause::Packet { of: connection, packet: Some(packet.packet_type()), dup };
        if let Packet::Connect(connect) = packet
            && !self.line(connection).connecting
        {
            self.learn_connect(connection, connect);
        }
        let fate = self.sabotage.client.map_or(Fate::Pass, |act| act(self, connection, packet));
        self.learn_from_client(connection, packet);
        fate
    }

    /// Takes what the broker wants to be done.
    fn drain(&mut self) {
        while let Some(output) = self.broker.poll() {
            match output {
                Output::Write { connection, bytes } => self.of_broker(connection, bytes),
                Output::Close { connection } => {
                    let goes_through = self.sabotage.closing.is_none_or(|act| act(self, connection));
                    let line = self.line(connection);
                    line.closed = true;
                    line.haunted = !goes_through;
                    self.remember_will(connection);
                    if goes_through {
                        self.outputs.push_back(Output::Close { connection });
                    }
                }
            }
        }
    }

    /// A packet of the broker.
    fn of_broker(&mut self, connection: ConnectionId, bytes: Vec<u8>) {
        let context = Context::new(self.line(connection).version, Sender::Server);
        let Ok(Decoded::Packet { packet, .. }) = decode(&bytes, &context) else {
            return self.write_bytes(connection, bytes);
        };
        let name = (connection, packet.packet_type(), packet.packet_identifier().unwrap_or(0));
        if let Some(at) = self.swallowed.iter().position(|swallowed| *swallowed == name) {
            self.swallowed.remove(at);
            return;
        }
        if let Packet::Connack(connack) = &packet {
            self.learn_connack(connection, connack);
        }
        let fate = self.sabotage.server.map_or(Fate::Pass, |act| act(self, connection, &packet));
        if let Packet::Publish(publish) = &packet
            && let Some(identifier) = publish.packet_identifier
            && !matches!(fate, Fate::Drop)
        {
            self.session(connection).sent.insert(identifier, bytes.clone());
        }
        match fate {
            Fate::Pass => self.write_bytes(connection, bytes),
            Fate::Drop => {}
            Fate::Instead(bytes) => self.write_bytes(connection, bytes),
        }
    }
}

impl Server for Saboteur {
    fn opened(&mut self, now: Duration, connection: ConnectionId) {
        self.now = now;
        self.lines.insert(connection, Line::default());
        self.broker.opened(now, connection);
        self.drain();
    }

    fn identified(&mut self, now: Duration, connection: ConnectionId, name: &str) {
        self.broker.identified(now, connection, name);
        self.drain();
    }

    fn received(&mut self, now: Duration, connection: ConnectionId, bytes: &[u8]) {
        self.now = now;
        if !self.lines.contains_key(&connection) {
            return;
        }
        self.line(connection).held.extend_from_slice(bytes);
        self.packets(connection);
        self.drain();
    }

    fn closed(&mut self, now: Duration, connection: ConnectionId) {
        self.now = now;
        self.cause = Cause::Closed;
        let Some(line) = self.lines.get(&connection) else { return };
        if !line.closed {
            if let Some(act) = self.sabotage.ended {
                act(self, connection);
            }
            self.remember_will(connection);
            self.line(connection).closed = true;
        }
        self.broker.closed(now, connection);
        self.drain();
        self.lines.remove(&connection);
    }

    fn tick(&mut self, now: Duration) {
        self.now = now;
        self.cause = Cause::Time;
        self.do_later();
        self.broker.tick(now);
        self.drain();
    }

    fn shut_down(&mut self, now: Duration) {
        self.now = now;
        self.cause = Cause::Time;
        self.broker.shut_down(now);
        self.drain();
    }

    fn start_again(&mut self, now: Duration, end: End) {
        self.now = now;
        self.cause = Cause::Time;
        self.lines.clear();
        self.swallowed.clear();
        self.outputs.clear();
        let act = self.sabotage.restarting;
        self.broker.start_again_with(now, end, |state| act.into_iter().for_each(|act| act(state)));
        self.drain();
    }

    fn next_deadline(&self) -> Option<Duration> {
        let later = self.later.iter().map(|(at, _)| *at);
        later.chain(self.broker.next_deadline()).min()
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }
}
