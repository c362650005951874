//! What goes into the player and what comes out.

use crate::event::Event;
use crate::operation::{Operation, Operations, Persists};
use std::time::Duration;

/// What a case needs to know beyond its scenario.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `$t`: unique per case and run.
    pub topic_prefix: String,
    /// Client Identifiers begin with this; the player adds up to two alphanumerics.
    pub client_id_prefix: String,
    /// The hard deadline for an answer.
    pub timeout: Duration,
    /// The least silence after a witnessed marker.
    pub tail: Duration,
    /// The delay that the control of this case showed between a send and its delivery.
    pub control_delay: Duration,
    /// User name and password of every CONNECT that sets none.
    pub credentials: Option<(String, Vec<u8>)>,
    /// What the profile of the target declares.
    pub declared: Declared,
    /// The seed of what is drawn in a case.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            topic_prefix: "mqttspec".to_owned(),
            client_id_prefix: "mqttspec".to_owned(),
            timeout: Duration::from_secs(5),
            tail: Duration::from_millis(250),
            control_delay: Duration::ZERO,
            credentials: None,
            declared: Declared::default(),
            seed: 0,
        }
    }
}

/// What a target is known to offer before it says so in CONNACK; 3.1.1 has no way to say it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The highest QoS.
    pub max_qos: u8,
    /// Retained messages.
    pub retain: bool,
    /// Filters with wildcards.
    pub wildcard: bool,
    /// Shared subscriptions.
    pub shared: bool,
    /// Subscription Identifiers.
    pub subscription_identifier: bool,
    /// What can be done to the server itself.
    pub operations: Operations,
    /// What it promises to have again after a restart.
    pub persists_at_restart: Persists,
    /// What it promises to have again after it was killed.
    pub persists_at_kill: Persists,
    /// A wrong User Name or Password is refused.
    pub credentials: bool,
    /// The Authentication Method `CHALLENGE`, with the two questions and answers of the reference server.
    pub challenge: bool,
    /// The Network Connections are WebSockets: that is how the target is reached, and no profile says it.
    pub web_socket: bool,
}

impl Default for Declared {
    fn default() -> Self {
        Self {
            max_qos: 2,
            retain: true,
            wildcard: true,
            shared: true,
            subscription_identifier: true,
            operations: Operations::default(),
            persists_at_restart: Persists::default(),
            persists_at_kill: Persists::default(),
            credentials: false,
            challenge: false,
            web_socket: false,
        }
    }
}

/// Something that happened outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// The Network Connection is there.
    Opened,
    /// The Network Connection could not be had.
    Refused(&'a str),
    /// The WebSocket subprotocol that the Server selected; `None` when it selected none of those that were offered.
    Subprotocol(Option<&'a str>),
    /// The Server sent bytes.
    Bytes(&'a [u8]),
    /// The Server closed its sending direction.
    EndOfFile,
    /// The Server reset the connection, or it broke.
    Reset,
    /// The Server sent a WebSocket frame that holds text, and the connection is being closed for that.
    TextFrame,
    /// The write of this number, and all before it, is complete.
    Written(u64),
}

/// Something to be done outside.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a Network Connection; the address is resolved each time. [`Input::Opened`] or [`Input::Refused`] must
    /// follow: how long that may take is for whoever drives the player to say.
    Open(u32),
    /// The same over WebSocket, with these subprotocols offered; [`Input::Subprotocol`] comes first.
    Upgrade {
        /// The connection.
        connection: u32,
        /// What is offered, in this order.
        offers: Vec<String>,
    },
    /// Write this text at once in a WebSocket frame that says that it holds text, and report the number as for
    /// [`Output::Write`].
    TextFrame {
        /// The connection.
        connection: u32,
        /// The text.
        text: String,
        /// The number of the write.
        number: u64,
    },
    /// Write these bytes at once, over WebSocket in one binary frame, and report the number when that is complete.
    Write {
        /// The connection.
        connection: u32,
        /// The bytes.
        bytes: Vec<u8>,
        /// The number of the write.
        number: u64,
    },
    /// Close the sending direction.
    HalfClose(u32),
    /// Read and write nothing any more, and keep the Network Connection open until [`Output::Reset`]: the Server must
    /// not be told that nobody is there.
    Cut(u32),
    /// Close; what has been written still goes out.
    Close(u32),
    /// Reset.
    Reset(u32),
    /// Do this to the server. [`Player::operated`](super::Player::operated) must follow, when the server is ready
    /// again or that has failed: how long it may take is for whoever drives the player to say.
    Server(Operation),
    /// Tell the reports.
    Event(Box<Event>),
}
