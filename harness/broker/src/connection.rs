//! Network Connections.

use crate::session::{ClientId, ExpiryInterval};
use crate::topic_alias::{ReceivedAliases, SentAliases};
use core::time::Duration;
use mqttspec_codec::Version;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A Network Connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// The beginning of a packet that has not arrived as a whole.
    pub(crate) held: Vec<u8>,
    /// How many bytes of it count for [`Config::undecided_bytes_maximum`](crate::Config::undecided_bytes_maximum).
    pub(crate) undecided_bytes: usize,
    /// What the CONNECT brought; `None` before it is accepted.
    pub(crate) client: Option<Client>,
    /// A CONNECT that is to be accepted when its client has authenticated.
    pub(crate) candidate: Option<Candidate>,
    /// Who the transport says that this is.
    pub(crate) identity: Option<Arc<str>>,
}

/// Between CONNECT and CONNACK (5.0, 4.12).
#[derive(Debug)]
pub(crate) struct Candidate {
    /// The whole packet.
    pub(crate) connect: Box<[u8]>,
    /// The largest packet that the client takes.
    pub(crate) maximum_packet_size: usize,
    /// How many challenges have been answered.
    pub(crate) answered: usize,
}

/// How a client has authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// With what CONNECT says, without an Authentication Method: there is never an AUTH.
    Basic,
    /// With an Authentication Method.
    Done,
    /// With an Authentication Method, and it is doing so again.
    Again {
        /// How many challenges have been answered this time.
        answered: usize,
    },
}

/// What holds for a Network Connection from its CONNECT to its end.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) client_id: ClientId,
    pub(crate) version: Version,
    pub(crate) authentication: Authentication,
    /// The name in the access list.
    pub(crate) user_name: Option<Arc<str>>,
    /// How long the client may be silent: at most one and a half times the Keep Alive.
    pub(crate) longest_silence: Option<Duration>,
    /// The largest packet that the client takes.
    pub(crate) maximum_packet_size: usize,
    /// How many QoS 1 and QoS 2 PUBLISH packets may be under way to the client.
    pub(crate) send_quota: u16,
    /// Whether acknowledgements may say more than a Reason Code.
    pub(crate) request_problem_information: bool,
    /// As in CONNECT, whatever the server made of it.
    pub(crate) expiry_interval: ExpiryInterval,
    pub(crate) received_aliases: ReceivedAliases,
    pub(crate) sent_aliases: SentAliases,
    /// The QoS 2 PUBLISH packets of this Network Connection that have had no PUBCOMP and no error.
    pub(crate) unacknowledged: BTreeSet<u16>,
    /// Answers that are held back for a while.
    pub(crate) late_answers: Vec<Vec<u8>>,
}

/// Whose packet is being handled.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) connection: crate::broker::ConnectionId,
    pub(crate) client_id: ClientId,
    pub(crate) version: Version,
}
