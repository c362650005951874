//! Session State in the Server (5.0 4.1; 3.1.1 3.1.2.4).

use crate::broker::ConnectionId;
use crate::message::Message;
use crate::outbound::Outbound;
use crate::will::Will;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A Client Identifier: the name of a session.
// [v5:MQTT-3.1.3-2] [v3.1.1:MQTT-3.1.3-2]
pub(crate) type ClientId = Arc<str>;

/// A Session Expiry Interval in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExpiryInterval(pub(crate) u32);

impl ExpiryInterval {
    /// The session ends with its Network Connection.
    pub(crate) const AT_CLOSE: Self = Self(0);
    /// The session does not expire.
    pub(crate) const NEVER: Self = Self(u32::MAX);

    /// How long the session goes on without a Network Connection; `None` for ever.
    pub(crate) fn duration(self) -> Option<Duration> {
        (self != Self::NEVER).then(|| Duration::from_secs(self.0.into()))
    }
}

/// The state of a session. Its subscriptions are in [`Subscriptions`](crate::subscriptions::Subscriptions), its
/// timers in [`Timers`](crate::timers::Timers).
#[derive(Debug)]
pub(crate) struct Session {
    /// The Network Connection, while there is one.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) expiry_interval: ExpiryInterval,
    pub(crate) will: Option<Will>,
    /// The messages for the client.
    pub(crate) outbound: Outbound,
    /// The identifiers of QoS 2 messages that the client has sent and not released yet; with the message, where it goes
    /// on only then.
    pub(crate) unreleased: BTreeMap<u16, Option<Message>>,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            connection: None,
            expiry_interval: ExpiryInterval::AT_CLOSE,
            will: None,
            outbound: Outbound::default(),
            unreleased: BTreeMap::new(),
        }
    }
}
