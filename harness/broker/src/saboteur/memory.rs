//! What a saboteur knows of connections and sessions, from the packets that have passed it.

use core::time::Duration;
use mqttspec_codec::{PacketType, PropertyId, QoS, Version, Will};
use std::collections::{BTreeMap, BTreeSet};

/// A Network Connection.
#[derive(Debug)]
pub(super) struct Line {
    /// As CONNECT names it; 3.1.1 before.
    pub(super) version: Version,
    /// Names the session; empty before CONNECT, and while the broker has not assigned one.
    pub(super) client_id: Vec<u8>,
    /// CONNECT has come.
    pub(super) connecting: bool,
    /// A CONNACK that accepts has gone out.
    pub(super) connected: bool,
    /// A CONNACK that refuses has gone out.
    pub(super) refused: bool,
    pub(super) clean_start: bool,
    pub(super) session_present: bool,
    /// The Session Expiry Interval of CONNECT, in seconds.
    pub(super) session_expiry: u32,
    /// How many QoS 1 and QoS 2 messages the Client takes at once.
    pub(super) receive_maximum: u16,
    /// The Maximum Packet Size of the Client, in bytes.
    pub(super) maximum_packet_size: u32,
    pub(super) will: Option<OwnedWill>,
    /// The beginning of a packet, and whatever has come behind the one that is handled.
    pub(super) held: Vec<u8>,
    /// The broker has closed it; the Client may not know.
    pub(super) closed: bool,
    /// The broker has closed it, and the close was not carried out.
    pub(super) haunted: bool,
    /// A DISCONNECT of the Client has come.
    pub(super) said_goodbye: bool,
    /// CONNECT names an Authentication Method.
    pub(super) authenticates: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            version: Version::V311,
            client_id: Vec::new(),
            connecting: false,
            connected: false,
            refused: false,
            clean_start: false,
            session_present: false,
            session_expiry: 0,
            receive_maximum: u16::MAX,
            maximum_packet_size: u32::MAX,
            will: None,
            held: Vec::new(),
            closed: false,
            haunted: false,
            said_goodbye: false,
            authenticates: false,
        }
    }
}

/// A Will Message.
#[derive(Clone, Debug)]
pub(super) struct OwnedWill {
    pub(super) topic: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    /// The Will Delay Interval in seconds.
    pub(super) delay: u32,
}

impl OwnedWill {
    pub(super) fn new(will: &Will<'_>) -> Self {
        Self {
            topic: will.topic.as_bytes().to_vec(),
            payload: will.payload.to_vec(),
            qos: will.qos,
            retain: will.retain,
            delay: will.properties.number(PropertyId::WillDelayInterval).unwrap_or(0),
        }
    }
}

/// What belongs to a Client Identifier.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The topic filters, with the QoS that was asked for.
    pub(super) filters: BTreeMap<Vec<u8>, QoS>,
    /// QoS 1 and QoS 2 PUBLISH packets of the broker that have not had their PUBACK or PUBCOMP, by identifier.
    pub(super) sent: BTreeMap<u16, Vec<u8>>,
    /// Identifiers of QoS 2 PUBLISH packets of the Client that have not had their PUBREL.
    pub(super) unreleased: BTreeSet<u16>,
    /// Topics for which the Client has published retained messages.
    pub(super) retained: BTreeSet<Vec<u8>>,
    /// The Will of the last connection, and whether that ended with a DISCONNECT.
    pub(super) last_will: Option<(OwnedWill, bool)>,
    /// When the Message Expiry Interval of a QoS 2 message passes, by identifier.
    pub(super) expires: BTreeMap<u16, Duration>,
    /// Whatever identifiers a sabotage wants to remember.
    pub(super) marks: BTreeSet<u16>,
    /// Whatever filters a sabotage wants to remember.
    pub(super) marked_filters: BTreeSet<Vec<u8>>,
}

/// What the broker is handling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cause {
    /// A packet of a Client; with DUP, where it is a PUBLISH with DUP 1. `None` for one that is not valid.
    Packet { of: crate::broker::ConnectionId, packet: Option<PacketType>, dup: bool },
    /// A Network Connection that its Client has closed.
    Closed,
    /// Time.
    #[default]
    Time,
}
