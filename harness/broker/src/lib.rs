//! The reference server: MQTT 3.1.1 and MQTT 5.0 on one topic tree, without any input or output of its own.
//!
//! A [`Broker`] is a state machine. Its caller owns the sockets and the clock: it tells the broker what happened
//! ([`Broker::opened`], [`Broker::received`], [`Broker::closed`], [`Broker::tick`]) and carries out what
//! [`Broker::poll`] returns. The same events at the same times give the same bytes, always: no thread, no clock, no
//! random source is behind it, and a keep alive of 90 s passes as fast as a test says so.
//!
//! What outlives a broker is its [`State`]: [`Broker::state`] takes it, [`Broker::restore`] goes on with it. What an
//! operator does is [`Broker::shut_down`], [`Broker::dismiss`] and [`Broker::redirect`].
//!
//! The code follows the specification, and cites the statement that a piece of code obeys, per version:
//! `// [v5:MQTT-3.1.2-24] [v3.1.1:MQTT-3.1.2-5]`.
//!
//! ```
//! use core::time::Duration;
//! use mqttspec_broker::{Broker, Config, ConnectionId, Output};
//!
//! let mut broker = Broker::new(Config::default());
//! let (now, connection) = (Duration::ZERO, ConnectionId(1));
//! broker.opened(now, connection);
//! // CONNECT, 3.1.1, Clean Session, Keep Alive 60, Client Identifier "a".
//! broker.received(now, connection, b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a");
//! assert_eq!(broker.poll(), Some(Output::Write { connection, bytes: vec![0x20, 2, 0, 0] }));
//! assert_eq!(broker.next_deadline(), Some(Duration::from_secs(90)));
//! ```

mod access;
mod administration;
mod authentication;
mod behaviour;
mod broker;
mod choice;
mod closing;
mod code_points;
mod config;
mod connack;
mod connect;
mod connection;
mod delivery;
mod error;
mod inbound;
mod message;
mod names;
mod outbound;
mod reading;
mod retained;
mod route;
mod saboteur;
mod sending;
mod server;
mod session;
mod state;
mod statistics;
mod subscribe;
mod subscriptions;
mod timers;
mod topic_alias;
mod will;
mod writing;

pub use access::{AccessRule, Who};
pub use administration::Redirection;
pub use authentication::ChallengeMethod;
pub use behaviour::{Behaviour, DollarTopics};
pub use broker::{Broker, ConnectionId, Output};
pub use choice::Choice;
pub use config::Config;
pub use saboteur::{Sabotage, Saboteur};
pub use server::{End, Server, server};
pub use state::{
    DeliveryState, InFlightState, MessageState, SessionState, State, StateError, SubscriptionName, SubscriptionState,
    UnreleasedState, WillState,
};
