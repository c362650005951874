//! A Network Connection as the player sees it.

use crate::event::Ending;
use mqttspec_codec::{
    Context, DecodeError, Packet, PacketType, PropertyId, Sender, Text, Version, decode, frame, inspect,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The largest packet that the player takes in.
const LARGEST_PACKET: usize = 64 << 20;
/// The first byte and a Remaining Length of four bytes.
const LONGEST_HEADER: usize = 5;

/// A packet that the Server sent.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) at: Duration,
    pub(crate) bytes: Vec<u8>,
    pub(crate) version: Version,
    /// A step took it, or the player answered it by itself.
    pub(crate) taken: bool,
    /// The player acknowledged it by itself.
    pub(crate) acknowledged: bool,
    /// The topic that a topic alias alone stands for.
    pub(crate) topic: Option<Vec<u8>>,
}

impl Received {
    /// The packet, unless a part of it is missing: no step may take what is left for what the Server meant.
    pub(crate) fn packet(&self) -> Option<Packet<'_>> {
        let mut packet = inspect(&self.bytes, &Context::new(self.version, Sender::Server)).whole();
        if let (Some(Packet::Publish(publish)), Some(topic)) = (&mut packet, &self.topic) {
            publish.topic = Text::from_bytes(topic);
        }
        packet
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
    if inspection.cut {
        text.push_str(" (not whole)");
    }
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
    pub(crate) web_socket: bool,
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
    /// An Authentication Method.
    pub(crate) authenticates: bool,
    /// Request Problem Information; true when it is absent.
    pub(crate) problem_information: bool,
}

/// An acknowledgement that ends an exchange in which the Server publishes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) id: u16,
    /// By PUBCOMP.
    pub(crate) completed: bool,
    /// How many packets had come by then.
    pub(crate) seen: usize,
    pub(crate) at: Duration,
    /// The number of the write.
    pub(crate) write: u64,
    /// How many PINGREQ had gone out: the answer to a later one shows that it has arrived.
    pub(crate) pings: usize,
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: usize,
    /// Whose session it is: as CONNECT said, or CONNACK.
    pub(crate) client_id: Vec<u8>,
    pub(crate) version: Version,
    pub(crate) state: State,
    buffer: Vec<u8>,
    pub(crate) received: Vec<Received>,
    /// The server was ended on purpose while it was there: that it ends says nothing.
    pub(crate) doomed: bool,
    /// The framing is lost: nothing that comes now can be judged.
    pub(crate) lost: bool,
    /// CONNACK with success has come.
    pub(crate) accepted: bool,
    /// The Server has sent DISCONNECT.
    pub(crate) farewell: bool,
    pub(crate) session_present: bool,
    /// The Server has chosen the Client Identifier: only a Client that was given the same can take over.
    pub(crate) assigned: bool,
    pub(crate) connect_sent: bool,
    pub(crate) limits: Limits,
    pub(crate) own: OwnLimits,
    /// Bytes that no typed encoder wrote have been sent: what the Server makes of them is unknown.
    pub(crate) tainted: bool,
    /// When that was the last time.
    pub(crate) last_fault: Option<Duration>,
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Exchanges in which the Client publishes and that are not complete.
    pub(crate) outbound: BTreeSet<u16>,
    /// The topics of the aliases that the Server has set, and of those that the Client has set.
    pub(crate) aliases: BTreeMap<u32, Vec<u8>>,
    pub(crate) own_aliases: BTreeMap<u32, Vec<u8>>,
    /// Outbound exchanges of the Server that are not complete: identifier and QoS.
    pub(crate) inbound: BTreeMap<u16, u8>,
    /// QoS 2 identifiers whose PUBREL the player answers by itself.
    pub(crate) completes: BTreeSet<u16>,
    /// The QoS asked for each filter of a SUBSCRIBE (0 for UNSUBSCRIBE), by the answer that it is owed.
    pub(crate) requested: BTreeMap<(u8, u16), Vec<u8>>,
    /// How many filters the Client has asked for.
    pub(crate) filters: usize,
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
    pub(crate) fn new(client: usize, client_id: &str, version: Version, limits: Limits) -> Self {
        let own = OwnLimits {
            receive_maximum: 65_535,
            topic_alias: 0,
            max_packet: usize::MAX,
            clean_start: true,
            session_expiry: 0,
            keep_alive: 0,
            authenticates: false,
            problem_information: true,
        };
        Self {
            client,
            client_id: client_id.as_bytes().to_vec(),
            version,
            state: State::Opening,
            buffer: Vec::new(),
            received: Vec::new(),
            doomed: false,
            lost: false,
            accepted: false,
            farewell: false,
            session_present: false,
            assigned: false,
            connect_sent: false,
            limits,
            own,
            tainted: false,
            last_fault: None,
            acknowledged: Vec::new(),
            outbound: BTreeSet::new(),
            aliases: BTreeMap::new(),
            own_aliases: BTreeMap::new(),
            inbound: BTreeMap::new(),
            completes: BTreeSet::new(),
            requested: BTreeMap::new(),
            filters: 0,
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
                self.lose(LONGEST_HEADER);
                return Some(Next::Lost(error));
            }
        };
        if frame.len > LARGEST_PACKET {
            self.lose(frame.header);
            return Some(Next::TooLarge(frame.len));
        }
        if self.buffer.len() < frame.len {
            return None;
        }
        let bytes: Vec<u8> = self.buffer.drain(..frame.len).collect();
        let context = Context { version: self.version, sender: Sender::Server, max_packet: self.own.max_packet };
        let violations = inspect(&bytes, &context).violations;
        let topic = self.aliased(&bytes);
        self.received.push(Received { at, bytes, version: self.version, taken: false, acknowledged: false, topic });
        Some(Next::Packet(self.received.len() - 1, violations))
    }

    /// The framing is lost at a fixed header of so many bytes: they are the evidence, whatever came along with them.
    fn lose(&mut self, header: usize) {
        self.lost = true;
        self.buffer.truncate(header);
    }

    /// Whether a packet before the acceptance is right in the version that the CONNECT did not have: what raw bytes
    /// asked for, the Server may have read in another way.
    pub(crate) fn is_in_the_other_version(&self, index: usize) -> bool {
        let other = match self.version {
            Version::V311 => Version::V5,
            Version::V5 => Version::V311,
        };
        let received = &self.received[index];
        let decoded = decode(&received.bytes, &Context::new(other, Sender::Server));
        self.tainted && !self.accepted && decoded.is_ok()
    }

    /// Notes an acknowledgement that ends an exchange; it goes out with the next write.
    pub(crate) fn acknowledge(&mut self, id: u16, completed: bool, at: Duration) {
        let (seen, write, pings) = (self.received.len(), self.written + 1, self.pings_sent);
        self.acknowledged.push(Acknowledged { id, completed, seen, at, write, pings });
    }

    /// Notes a topic alias that the Server sets; the topic of one that it uses.
    fn aliased(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let packet = inspect(bytes, &Context::new(self.version, Sender::Server)).whole();
        let Some(Packet::Publish(publish)) = packet else { return None };
        let alias = publish.properties.number(PropertyId::TopicAlias)?;
        if publish.topic.is_empty() {
            return self.aliases.get(&alias).cloned();
        }
        self.aliases.insert(alias, publish.topic.as_bytes().to_vec());
        None
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
