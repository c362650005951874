//! What outlives a broker: sessions, subscriptions, messages under way and retained messages, as plain types for the
//! caller to write down. With the feature `serde` they are serialisable.

mod restore;
mod save;

use core::fmt;
use core::time::Duration;

/// The state of a broker at a moment. See [`Broker::state`](crate::Broker::state) and
/// [`Broker::restore`](crate::Broker::restore).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct State {
    /// The time of the broker when this was taken; all times in here are on its clock.
    pub taken_at: Duration,
    /// How many Client Identifiers have been assigned.
    pub assigned: u64,
    /// The messages that the rest refers to by their number.
    pub messages: Vec<MessageState>,
    /// The retained messages.
    pub retained: Vec<usize>,
    /// The sessions, connected or not.
    pub sessions: Vec<SessionState>,
}

/// An Application Message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MessageState {
    /// The message as a PUBLISH of 5.0; its packet identifier means nothing.
    pub publish: Vec<u8>,
    /// The Client Identifier of the client that published it.
    pub publisher: String,
    /// When it was published. The Message Expiry Interval counts from here.
    pub received: Duration,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionState {
    /// Whose it is.
    pub client_id: String,
    /// Whether it had a Network Connection: a broker that is restored ends it first of all.
    pub connected: bool,
    /// The Session Expiry Interval in seconds, `u32::MAX` for ever.
    pub expiry_interval: u32,
    /// When it ends, if nothing comes between.
    pub ends_at: Option<Duration>,
    /// The Will that is still to be published.
    pub will: Option<WillState>,
    /// The subscriptions.
    pub subscriptions: Vec<SubscriptionState>,
    /// The QoS 2 messages that the client has sent and not released.
    pub unreleased: Vec<UnreleasedState>,
    /// What has been sent and not completely acknowledged, in the order of sending.
    pub in_flight: Vec<InFlightState>,
    /// What waits to be sent, in order.
    pub waiting: Vec<DeliveryState>,
}

/// A Will.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WillState {
    /// The number of the message.
    pub message: usize,
    /// The Will Delay Interval.
    pub delay: Duration,
    /// When it is published, if its delay runs already.
    pub due_at: Option<Duration>,
}

/// The name of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubscriptionName {
    /// The ShareName of a shared subscription.
    pub share: Option<String>,
    /// The topic filter behind it.
    pub filter: String,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubscriptionState {
    /// Its name.
    pub name: SubscriptionName,
    /// The Subscription Options as on the wire, with the QoS that was granted.
    pub options: u8,
    /// The Subscription Identifier.
    pub identifier: Option<u32>,
}

/// A copy of a message for one client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DeliveryState {
    /// The number of the message.
    pub message: usize,
    /// The QoS of this copy.
    pub qos: u8,
    /// The RETAIN flag of this copy.
    pub retain: bool,
    /// The Subscription Identifiers that go with it.
    pub subscription_identifiers: Vec<u32>,
    /// The shared subscription that chose this client.
    pub share: Option<SubscriptionName>,
}

/// A QoS 2 message that a client has sent and not released.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UnreleasedState {
    /// Its packet identifier.
    pub packet_identifier: u16,
    /// Its number in [`State::messages`], where it goes on only when it is released.
    pub message: Option<usize>,
}

/// A message that has been sent and not completely acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InFlightState {
    /// Its packet identifier.
    pub packet_identifier: u16,
    /// The copy, to be sent again; `None` once there is only a PUBREL to send.
    pub delivery: Option<DeliveryState>,
}

/// Why a [`State`] is none that a broker could have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateError(pub(crate) &'static str);

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not the state of a broker: {}", self.0)
    }
}

impl core::error::Error for StateError {}
