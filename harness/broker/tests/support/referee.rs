//! Stands between the clients and the broker, and holds all that the broker writes against what must hold whatever
//! comes. The fuzz targets judge by this file too.

use super::ledger::{Ledger, Line};
use core::time::Duration;
use mqttspec_broker::{Broker, Config, ConnectionId, Output, State};
use mqttspec_codec::{Context, Decoded, Packet, PacketType, ReasonCode, Sender, Version, decode, frame};
use std::collections::BTreeMap;

/// A broker under watch.
pub(crate) struct Referee {
    broker: Broker,
    config: Config,
    now: Duration,
    lines: BTreeMap<ConnectionId, Line>,
    ledger: Ledger,
    /// What has been handed in so far: a measure of what may come out.
    inputs: usize,
    outputs: Vec<Output>,
}

impl Referee {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            broker: Broker::new(config.clone()),
            config,
            now: Duration::ZERO,
            lines: BTreeMap::new(),
            ledger: Ledger::default(),
            inputs: 0,
            outputs: Vec::new(),
        }
    }

    /// The end: all that the broker did, in order. What it would write down is read again, and nothing of it is lost.
    pub(crate) fn finish(self) -> Vec<Output> {
        let restored = |state: &State| Broker::restore(self.config.clone(), state).expect("a state").state(self.now);
        let state = restored(&self.broker.state(self.now));
        assert!(state.sessions.iter().all(|session| !session.connected));
        assert_eq!(state, restored(&state));
        self.outputs
    }

    pub(crate) fn is_open(&self, connection: ConnectionId) -> bool {
        self.lines.get(&connection).is_some_and(|line| line.open)
    }

    /// The version that the line's CONNECT named.
    pub(crate) fn version(&self, connection: ConnectionId) -> Option<Version> {
        self.lines.get(&connection).and_then(|line| line.connect.as_ref()).map(|connect| connect.version)
    }

    /// The right answer to one of the messages that are under way on this line.
    pub(crate) fn right_answer(&self, connection: ConnectionId, nth: usize) -> Option<(PacketType, u16)> {
        let line = self.lines.get(&connection).filter(|line| line.accepted)?;
        self.ledger.right_answer(line, nth)
    }

    pub(crate) fn opened(&mut self, connection: ConnectionId) {
        self.lines.insert(connection, Line::default());
        self.broker.opened(self.now, connection);
        self.drain(None);
    }

    /// Hands the bytes in, cut where a packet ends: so it is known which packet brought about what.
    pub(crate) fn received(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && self.is_open(connection) {
            let line = self.lines.get_mut(&connection).expect("an open line");
            let before = line.held.len();
            line.held.extend_from_slice(rest);
            let whole = frame(&line.held).ok().flatten().map(|frame| frame.len).filter(|&len| len <= line.held.len());
            let packet = whole.map(|len| std::mem::take(&mut line.held)[..len].to_vec());
            let (piece, behind) = rest.split_at(packet.as_ref().map_or(rest.len(), |packet| packet.len() - before));
            if let Some(packet) = packet {
                self.client_sends(connection, &packet);
            }
            self.broker.received(self.now, connection, piece);
            self.drain(Some(connection));
            self.answered(connection);
            rest = behind;
        }
    }

    pub(crate) fn closed(&mut self, connection: ConnectionId) {
        if let Some(line) = self.lines.get_mut(&connection) {
            line.open = false;
        }
        self.broker.closed(self.now, connection);
        self.drain(None);
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.broker.tick(self.now);
        self.drain(None);
        assert!(self.broker.next_deadline().is_none_or(|deadline| deadline > self.now), "a deadline in the past");
    }

    /// A whole packet of a client: what it says about itself, what it acknowledges, what it is owed.
    fn client_sends(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let line = self.lines.get_mut(&connection).expect("a known line");
        let version = line.connect.as_ref().map_or(Version::V311, |connect| connect.version);
        let max_packet = self.config.maximum_packet_size as usize;
        let context = Context { max_packet, ..Context::new(version, Sender::Client) };
        let Ok(Decoded::Packet { packet, .. }) = decode(bytes, &context) else { return };
        match packet {
            Packet::Connect(connect) if line.connect.is_none() => {
                line.introduce(connection, &connect, &self.config);
            }
            _ if !line.accepted => {}
            packet => {
                self.ledger.client_answers(line, &packet);
                line.owed = owed(&packet);
            }
        }
    }

    /// What a packet is owed has come, unless the connection is over or it would not fit.
    fn answered(&mut self, connection: ConnectionId) {
        let line = self.lines.get_mut(&connection).expect("a known line");
        let roomy = line.connect.as_ref().is_none_or(|connect| connect.max_packet > 64);
        if let Some((kind, id, _)) = line.owed.take() {
            assert!(!line.open || !roomy, "no {kind} {id:?}");
        }
    }

    fn drain(&mut self, cause: Option<ConnectionId>) {
        self.inputs += 1;
        let before = self.outputs.len();
        while let Some(output) = self.broker.poll() {
            match &output {
                Output::Close { connection } => {
                    let line = self.lines.get_mut(connection).expect("a known line");
                    assert!(line.open, "closed twice");
                    line.open = false;
                }
                Output::Write { connection, bytes } => self.written(*connection, bytes, cause == Some(*connection)),
            }
            self.outputs.push(output);
        }
        let put_out = self.outputs.len() - before;
        assert!(put_out <= 64 + self.inputs * self.inputs, "{put_out} outputs after {} inputs", self.inputs);
        assert!(self.broker.next_deadline().is_none_or(|deadline| deadline >= self.now), "a deadline in the past");
    }

    fn written(&mut self, connection: ConnectionId, bytes: &[u8], caused: bool) {
        let others = self.lines.iter().filter(|(id, line)| **id != connection && line.open && line.accepted);
        let others: Vec<Vec<u8>> = others.map(|(_, line)| line.session.clone()).collect();
        let line = self.lines.get_mut(&connection).expect("a known line");
        assert!(line.open && !line.parted, "a write after the end");
        // Before any CONNECT that can be read, a refusal tells its version by its length.
        let guess = if bytes[..2] == [0x20, 2] { Version::V311 } else { Version::V5 };
        let version = line.connect.as_ref().map_or(guess, |connect| connect.version);
        let context = Context::new(version, Sender::Server);
        let decoded = decode(bytes, &context).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"));
        let Decoded::Packet { packet, len } = decoded else { panic!("not a whole packet: {bytes:02x?}") };
        assert_eq!(len, bytes.len(), "more than one packet");
        if let Some(connect) = &line.connect {
            assert!(len <= connect.max_packet, "{len} bytes for a client that takes {}", connect.max_packet);
        }
        let auth = matches!(packet, Packet::Auth(_));
        assert!(auth || line.answered != matches!(packet, Packet::Connack(_)), "CONNACK comes first, and once");
        match packet {
            Packet::Auth(_) => assert!(caused, "AUTH that nothing asked for"),
            Packet::Connack(connack) => {
                line.answered = true;
                line.accepted = connack.reason == ReasonCode::SUCCESS;
                line.parted = !line.accepted;
                if line.accepted {
                    line.take_assigned(&connack);
                    assert!(!others.contains(&line.session), "two connections for one Client Identifier");
                    self.ledger.begin(&line.session, connack.session_present);
                }
            }
            Packet::Publish(publish) => self.ledger.server_publishes(line, &publish),
            Packet::Disconnect(_) => line.parted = true,
            Packet::Pubrel(ack) if self.ledger.awaits_pubcomp(line, ack.packet_identifier) => {
                line.owed.take_if(|(kind, _, _)| *kind == PacketType::Pubrel);
            }
            packet => {
                assert!(caused, "{packet:?} that nothing asked for");
                let owed = line.owed.take();
                let codes = match &packet {
                    Packet::Suback(suback) | Packet::Unsuback(suback) if version == Version::V5 => suback.reasons.len(),
                    Packet::Suback(suback) => suback.reasons.len(),
                    _ => 0,
                };
                let codes_owed = owed.map_or(0, |(kind, _, codes)| match (kind, version) {
                    (PacketType::Unsuback, Version::V311) => 0,
                    _ => codes,
                });
                assert_eq!(
                    Some((packet.packet_type(), packet.packet_identifier())),
                    owed.map(|(kind, id, _)| (kind, id)),
                    "an answer to what was not sent"
                );
                assert_eq!(codes, codes_owed, "{packet:?}");
            }
        }
    }
}

/// What the Server owes to a packet: the answer's type, its identifier, and how many codes it has.
fn owed(packet: &Packet<'_>) -> Option<(PacketType, Option<u16>, usize)> {
    use mqttspec_codec::QoS;
    let id = packet.packet_identifier();
    match packet {
        Packet::Publish(publish) => match publish.qos {
            QoS::AtMostOnce => None,
            QoS::AtLeastOnce => Some((PacketType::Puback, id, 0)),
            QoS::ExactlyOnce => Some((PacketType::Pubrec, id, 0)),
        },
        Packet::Pubrec(ack) if !ack.reason.is_error() => Some((PacketType::Pubrel, id, 0)),
        Packet::Pubrel(_) => Some((PacketType::Pubcomp, id, 0)),
        Packet::Subscribe(subscribe) => Some((PacketType::Suback, id, subscribe.subscriptions.iter().count())),
        Packet::Unsubscribe(unsubscribe) => Some((PacketType::Unsuback, id, unsubscribe.filters.iter().count())),
        Packet::Pingreq => Some((PacketType::Pingresp, None, 0)),
        _ => None,
    }
}
