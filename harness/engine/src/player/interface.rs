//! What goes into the player and what comes out.

use crate::event::Event;
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
}

impl Default for Declared {
    fn default() -> Self {
        Self { max_qos: 2, retain: true, wildcard: true, shared: true, subscription_identifier: true }
    }
}

/// Something that happened outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// The Network Connection is there.
    Opened,
    /// The Network Connection could not be had.
    Refused(&'a str),
    /// The Server sent bytes.
    Bytes(&'a [u8]),
    /// The Server closed its sending direction.
    EndOfFile,
    /// The Server reset the connection, or it broke.
    Reset,
    /// The write of this number, and all before it, is complete.
    Written(u64),
}

/// Something to be done outside.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a Network Connection; the address is resolved each time. [`Input::Opened`] or [`Input::Refused`] must
    /// follow: how long that may take is for whoever drives the player to say.
    Open(u32),
    /// Write these bytes at once, and report the number when that is complete.
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
    /// Close; what has been written still goes out.
    Close(u32),
    /// Reset.
    Reset(u32),
    /// Tell the reports.
    Event(Box<Event>),
}
