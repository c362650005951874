//! A Network Connection as the player sees it.

use crate::event::Ending;
use mqttspec_codec::{Context, DecodeError, Packet, PacketType, Sender, Version, frame, inspect};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The largest packet that the player takes in.
const LARGEST_PACKET: usize = 64 << 20;

/// A packet that the Server sent.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) at: Duration,
    pub(crate) bytes: Vec<u8>,
    pub(crate) version: Version,
    /// A step took it, or the player answered it by itself.
    pub(crate) taken: bool,
}

impl Received {
    /// The packet as far as its structure holds.
    pub(crate) fn packet(&self) -> Option<Packet<'_>> {
        inspect(&self.bytes, &Context::new(self.version, Sender::Server)).packet
    }

    pub(crate) fn packet_type(&self) -> Option<PacketType> {
        PacketType::from_first_byte(self.bytes[0])
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        describe(&self.bytes, self.version, Sender::Server)
    }
}

/// A packet in one line, with what is wrong with it.
pub(crate) fn describe(bytes: &[u8], version: Version, sender: Sender) -> String {
    let inspection = inspect(bytes, &Context::new(version, sender));
    let mut text = match &inspection.packet {
        Some(packet) => packet.display(version).to_string(),
        None => bytes
            .first()
            .and_then(|&first| PacketType::from_first_byte(first))
            .map_or_else(|| format!("{} bytes", bytes.len()), |packet| format!("{packet} (malformed)")),
    };
    if let Some(first) = inspection.violations.first() {
        text.push_str(&format!(" -- {} at offset {}", first.rule, first.offset));
    }
    text
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Opening,
    Open,
    Ended(Ending, Duration),
}

/// What CONNACK told about the Server's limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_qos: u8,
    pub(crate) retain: bool,
    pub(crate) wildcard: bool,
    pub(crate) shared: bool,
    pub(crate) subscription_identifier: bool,
    pub(crate) topic_alias: u32,
    pub(crate) receive_maximum: u32,
    pub(crate) max_packet: u32,
}

/// What the Client told about its own limits in CONNECT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnLimits {
    pub(crate) receive_maximum: u32,
    pub(crate) topic_alias: u32,
    pub(crate) max_packet: usize,
    pub(crate) clean_start: bool,
    /// Session Expiry Interval in seconds; 0 when it is absent.
    pub(crate) session_expiry: u32,
    /// Keep Alive in seconds; 0 turns it off.
    pub(crate) keep_alive: u16,
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: usize,
    pub(crate) version: Version,
    pub(crate) state: State,
    buffer: Vec<u8>,
    pub(crate) received: Vec<Received>,
    /// The framing is lost: nothing that comes now can be judged.
    pub(crate) lost: bool,
    /// CONNACK with success has come.
    pub(crate) accepted: bool,
    pub(crate) connect_sent: bool,
    pub(crate) limits: Limits,
    pub(crate) own: OwnLimits,
    /// Bytes that no typed encoder wrote have been sent: what the Server makes of them is unknown.
    pub(crate) tainted: bool,
    /// The Client ended exchanges with an error code: how many packets had come by then, and the identifier
    /// ([MQTT-4.4.0-2]).
    pub(crate) refused: Vec<(usize, u16)>,
    /// Outbound exchanges of the Server that are not complete: identifier and QoS.
    pub(crate) inbound: BTreeMap<u16, u8>,
    /// QoS 2 identifiers whose PUBREL the player answers by itself.
    pub(crate) completes: BTreeSet<u16>,
    /// The QoS asked for each filter of a SUBSCRIBE (0 for UNSUBSCRIBE), by the answer that it is owed.
    pub(crate) requested: BTreeMap<(u8, u16), Vec<u8>>,
    pub(crate) pings_sent: usize,
    /// The Server set a Keep Alive that the Client did not ask for: how long the Client may be idle.
    pub(crate) longest_idle: Option<Duration>,
    /// When the Client last sent something.
    pub(crate) last_sent: Duration,
    /// The sequence number of the last write, and of the last that is complete.
    pub(crate) written: u64,
    pub(crate) completed: u64,
}

/// What came out of the buffer.
pub(crate) enum Next {
    Packet(usize, Vec<DecodeError>),
    Lost(DecodeError),
    TooLarge(usize),
}

impl Connection {
    pub(crate) fn new(client: usize, version: Version, limits: Limits) -> Self {
        let own = OwnLimits {
            receive_maximum: 65_535,
            topic_alias: 0,
            max_packet: usize::MAX,
            clean_start: true,
            session_expiry: 0,
            keep_alive: 0,
        };
        Self {
            client,
            version,
            state: State::Opening,
            buffer: Vec::new(),
            received: Vec::new(),
            lost: false,
            accepted: false,
            connect_sent: false,
            limits,
            own,
            tainted: false,
            refused: Vec::new(),
            inbound: BTreeMap::new(),
            completes: BTreeSet::new(),
            requested: BTreeMap::new(),
            pings_sent: 0,
            longest_idle: None,
            last_sent: Duration::ZERO,
            written: 0,
            completed: 0,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open | State::Ended(Ending::HalfByClient, _))
    }

    /// The Server ended it, and when.
    pub(crate) fn ended_by_server(&self) -> Option<(Ending, Duration)> {
        match self.state {
            State::Ended(ending @ (Ending::ByServer | Ending::ResetByServer), at) => Some((ending, at)),
            _ => None,
        }
    }

    /// When the Client must have sent something, if the Server set a Keep Alive.
    pub(crate) fn idle_deadline(&self) -> Option<Duration> {
        self.longest_idle.filter(|_| self.accepted && self.state == State::Open).map(|idle| self.last_sent + idle)
    }

    pub(crate) fn take_in(&mut self, bytes: &[u8]) {
        if !self.lost {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Cuts the next packet off the buffer and files it.
    pub(crate) fn next_packet(&mut self, at: Duration) -> Option<Next> {
        if self.lost {
            return None;
        }
        let frame = match frame(&self.buffer) {
            Ok(frame) => frame?,
            Err(error) => {
                self.lost = true;
                return Some(Next::Lost(error));
            }
        };
        if frame.len > LARGEST_PACKET {
            self.lost = true;
            return Some(Next::TooLarge(frame.len));
        }
        if self.buffer.len() < frame.len {
            return None;
        }
        let bytes: Vec<u8> = self.buffer.drain(..frame.len).collect();
        let context = Context { version: self.version, sender: Sender::Server, max_packet: self.own.max_packet };
        let violations = inspect(&bytes, &context).violations;
        self.received.push(Received { at, bytes, version: self.version, taken: false });
        Some(Next::Packet(self.received.len() - 1, violations))
    }

    /// What is left in the buffer, for evidence.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.buffer
    }

    /// The packets that no step has taken.
    pub(crate) fn untaken(&self) -> impl Iterator<Item = (usize, &Received)> {
        self.received.iter().enumerate().filter(|(_, received)| !received.taken)
    }
}
