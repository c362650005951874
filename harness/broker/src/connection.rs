//! Network Connections.

use crate::session::{ClientId, ExpiryInterval};
use core::time::Duration;
use mqttspec_codec::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A Network Connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// The beginning of a packet that has not arrived as a whole.
    pub(crate) held: Vec<u8>,
    /// What the CONNECT brought; `None` before it is accepted.
    pub(crate) client: Option<Client>,
}

/// What holds for a Network Connection from its CONNECT to its end.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) client_id: ClientId,
    pub(crate) version: Version,
    /// One and a half times the Keep Alive.
    pub(crate) longest_silence: Option<Duration>,
    /// The largest packet that the client takes.
    pub(crate) maximum_packet_size: usize,
    /// How many QoS 1 and QoS 2 PUBLISH packets may be under way to the client.
    pub(crate) send_quota: u16,
    /// Whether acknowledgements may say more than a Reason Code.
    pub(crate) request_problem_information: bool,
    /// As in CONNECT, whatever the server made of it.
    pub(crate) expiry_interval: ExpiryInterval,
    /// The client's Topic Aliases. They end with the Network Connection.
    // [v5:MQTT-3.3.2-7]
    pub(crate) topic_aliases: BTreeMap<u16, Arc<str>>,
    /// The QoS 2 PUBLISH packets of this Network Connection that have had no PUBCOMP and no error.
    pub(crate) unacknowledged: BTreeSet<u16>,
}

/// Whose packet is being handled.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) connection: crate::broker::ConnectionId,
    pub(crate) client_id: ClientId,
    pub(crate) version: Version,
}
