//! Strict, zero-copy codec for MQTT 3.1.1 and MQTT 5.0.
//!
//! One [`Packet`] type serves both versions: what only 5.0 has is an optional tail that is empty in 3.1.1.
//! [`decode()`] is strict and stops at the first violation; [`inspect`] walks the same structure, collects every
//! violation and still gives what it could make of the packet. [`Packet::encode`] refuses what the version lacks;
//! what a test must send broken is put together with `raw::Builder` (feature `raw`).
//!
//! Topics, strings and payloads are slices of the input; decoding and encoding allocate nothing beyond the buffer
//! that the caller hands in.
//!
//! ```
//! use mqttspec_codec::{Context, Decoded, Packet, Sender, Version, decode};
//!
//! let bytes = [0x30, 0x05, 0x00, 0x01, b'a', b'h', b'i'];
//! let context = Context::new(Version::V311, Sender::Client);
//! let Ok(Decoded::Packet { packet: Packet::Publish(publish), len }) = decode(&bytes, &context) else {
//!     panic!("a whole PUBLISH");
//! };
//! assert_eq!((publish.topic.as_bytes(), publish.payload, len), (&b"a"[..], &b"hi"[..], 7));
//! ```
#![no_std]

extern crate alloc;

mod decode;
mod error;
#[cfg(feature = "generate")]
pub mod generate;
pub mod list;
pub mod packet;
mod print;
pub mod property;
#[cfg(feature = "raw")]
pub mod raw;
mod reader;
pub mod reason;
#[cfg(feature = "seeds")]
pub mod seeds;
mod statement;
pub mod text;
pub mod topic;
pub mod varint;
mod words;
mod writer;

pub use decode::{Context, Decoded, Frame, Inspection, decode, frame, inspect};
pub use error::{DecodeError, EncodeError, Field, Rule};
pub use list::List;
pub use packet::{
    Acknowledgement, Auth, Connack, Connect, Disconnect, Packet, PacketType, Publish, QoS, RetainHandling, Suback,
    Subscribe, Subscription, SubscriptionOptions, Unsubscribe, Will,
};
pub use print::{Hex, payload as print_payload};
pub use property::{Properties, Property, PropertyId, Value};
pub use reason::ReasonCode;
pub use statement::statement;
pub use text::Text;
pub use topic::{TopicFilter, TopicName};

/// The protocol version that a Network Connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// MQTT 3.1.1, protocol level 4.
    V311,
    /// MQTT 5.0, protocol level 5.
    V5,
}

impl Version {
    /// Both versions, the older first.
    pub const ALL: [Self; 2] = [Self::V311, Self::V5];

    /// The value of the Protocol Level (3.1.1) or Protocol Version (5.0) byte of CONNECT.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::V311 => 4,
            Self::V5 => 5,
        }
    }

    /// The version of a protocol level, if this codec speaks it.
    #[must_use]
    pub const fn from_level(level: u8) -> Option<Self> {
        match level {
            4 => Some(Self::V311),
            5 => Some(Self::V5),
            _ => None,
        }
    }
}

impl core::fmt::Display for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::V311 => "3.1.1",
            Self::V5 => "5.0",
        })
    }
}

/// Who sent a packet: what a Client may send a Server may not, and the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// The Client sent the packet.
    Client,
    /// The Server sent the packet.
    Server,
}
