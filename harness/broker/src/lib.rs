//! The reference server: MQTT 3.1.1 and MQTT 5.0 on one topic tree, without any input or output of its own.
//!
//! A [`Broker`] is a state machine. Its caller owns the sockets and the clock: it tells the broker what happened
//! ([`Broker::opened`], [`Broker::received`], [`Broker::closed`], [`Broker::tick`]) and carries out what
//! [`Broker::poll`] returns. The same events at the same times give the same bytes, always: no thread, no clock, no
//! random source is behind it, and a keep alive of 90 s passes as fast as a test says so.
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

mod broker;
mod closing;
mod config;
mod connack;
mod connect;
mod connection;
mod delivery;
mod error;
mod inbound;
mod message;
mod outbound;
mod retained;
mod route;
mod session;
mod subscribe;
mod subscriptions;
mod timers;
mod will;

pub use broker::{Broker, ConnectionId, Output};
pub use config::Config;
