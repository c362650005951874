//! The Control Packets of both versions, one file each.

mod acknowledgement;
mod auth;
mod connack;
mod connect;
mod disconnect;
mod publish;
mod suback;
mod subscribe;
mod unsubscribe;

pub use acknowledgement::Acknowledgement;
pub use auth::Auth;
pub use connack::Connack;
pub use connect::{Connect, Will};
pub use disconnect::Disconnect;
pub use publish::Publish;
pub use suback::Suback;
pub use subscribe::{RetainHandling, Subscribe, Subscription, SubscriptionOptions};
pub use unsubscribe::Unsubscribe;

use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Rule, Sender, Version};
use alloc::vec::Vec;
use core::fmt;

/// The type of a Control Packet, as in the upper four bits of its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names of the specification")]
pub enum PacketType {
    Connect = 1,
    Connack = 2,
    Publish = 3,
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
    Subscribe = 8,
    Suback = 9,
    Unsubscribe = 10,
    Unsuback = 11,
    Pingreq = 12,
    Pingresp = 13,
    Disconnect = 14,
    Auth = 15,
}

impl PacketType {
    /// Every packet type, by number.
    pub const ALL: [Self; 15] = [
        Self::Connect,
        Self::Connack,
        Self::Publish,
        Self::Puback,
        Self::Pubrec,
        Self::Pubrel,
        Self::Pubcomp,
        Self::Subscribe,
        Self::Suback,
        Self::Unsubscribe,
        Self::Unsuback,
        Self::Pingreq,
        Self::Pingresp,
        Self::Disconnect,
        Self::Auth,
    ];

    /// The type that the first byte of a packet tells; `None` for 0.
    #[must_use]
    pub fn from_first_byte(first: u8) -> Option<Self> {
        usize::from(first >> 4).checked_sub(1).map(|index| Self::ALL[index])
    }

    /// Whether the version has this packet: only 5.0 has AUTH.
    #[must_use]
    pub const fn exists_in(self, version: Version) -> bool {
        !matches!((self, version), (Self::Auth, Version::V311))
    }

    /// Whether this party may send the packet in some version: see [`PacketType::allowed`].
    #[must_use]
    pub const fn allowed_from(self, sender: Sender) -> bool {
        match self {
            Self::Connect | Self::Subscribe | Self::Unsubscribe | Self::Pingreq => matches!(sender, Sender::Client),
            Self::Connack | Self::Suback | Self::Unsuback | Self::Pingresp => matches!(sender, Sender::Server),
            Self::Publish
            | Self::Puback
            | Self::Pubrec
            | Self::Pubrel
            | Self::Pubcomp
            | Self::Disconnect
            | Self::Auth => true,
        }
    }

    /// Whether this party may send the packet in this version: the direction of flow in table 2-1 of the
    /// specifications. In 3.1.1 a Server sends no DISCONNECT, and nobody AUTH.
    #[must_use]
    pub const fn allowed(self, version: Version, sender: Sender) -> bool {
        let server_disconnect = matches!((self, version, sender), (Self::Disconnect, Version::V311, Sender::Server));
        self.exists_in(version) && self.allowed_from(sender) && !server_disconnect
    }

    /// The value that the flags of the fixed header must have (table 2-2); `None` for PUBLISH, whose flags mean
    /// something.
    #[must_use]
    pub const fn required_flags(self) -> Option<u8> {
        match self {
            Self::Publish => None,
            Self::Pubrel | Self::Subscribe | Self::Unsubscribe => Some(0b0010),
            _ => Some(0),
        }
    }

    /// What is wrong with the flags of a first byte that tells this type.
    pub(crate) fn flags_fault(self, first: u8) -> Option<Rule> {
        match self.required_flags() {
            Some(flags) => (flags != first & 0x0f).then_some(Rule::FixedHeaderFlags),
            None => publish::flags_fault(first),
        }
    }

    /// The name, as the specification spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Connack => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::Puback => "PUBACK",
            Self::Pubrec => "PUBREC",
            Self::Pubrel => "PUBREL",
            Self::Pubcomp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::Suback => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::Unsuback => "UNSUBACK",
            Self::Pingreq => "PINGREQ",
            Self::Pingresp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }

    /// The type that the specification calls by this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|packet| packet.name() == name)
    }
}

impl fmt::Display for PacketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Quality of Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum QoS {
    /// QoS 0.
    #[default]
    AtMostOnce = 0,
    /// QoS 1.
    AtLeastOnce = 1,
    /// QoS 2.
    ExactlyOnce = 2,
}

impl QoS {
    /// All three, the lowest first.
    pub const ALL: [Self; 3] = [Self::AtMostOnce, Self::AtLeastOnce, Self::ExactlyOnce];

    /// The QoS of a number; `None` above 2.
    #[must_use]
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.get(usize::from(value)).copied()
    }
}

impl fmt::Display for QoS {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", *self as u8)
    }
}

/// A Control Packet of either version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// Client requests a connection to a Server.
    Connect(Connect<'a>),
    /// Server acknowledges the connection.
    Connack(Connack<'a>),
    /// An Application Message.
    Publish(Publish<'a>),
    /// Acknowledges a PUBLISH of QoS 1.
    Puback(Acknowledgement<'a>),
    /// Publish received: QoS 2 delivery part 1.
    Pubrec(Acknowledgement<'a>),
    /// Publish release: QoS 2 delivery part 2.
    Pubrel(Acknowledgement<'a>),
    /// Publish complete: QoS 2 delivery part 3.
    Pubcomp(Acknowledgement<'a>),
    /// Subscription request.
    Subscribe(Subscribe<'a>),
    /// Subscription acknowledgement.
    Suback(Suback<'a>),
    /// Unsubscribe request.
    Unsubscribe(Unsubscribe<'a>),
    /// Unsubscribe acknowledgement; in 3.1.1 it has no codes.
    Unsuback(Suback<'a>),
    /// PING request.
    Pingreq,
    /// PING response.
    Pingresp,
    /// The sender is about to close the Network Connection; in 3.1.1 only the Client sends it.
    Disconnect(Disconnect<'a>),
    /// Authentication exchange (5.0).
    Auth(Auth<'a>),
}

impl<'a> Packet<'a> {
    /// The type of this packet.
    #[must_use]
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::Connack(_) => PacketType::Connack,
            Self::Publish(_) => PacketType::Publish,
            Self::Puback(_) => PacketType::Puback,
            Self::Pubrec(_) => PacketType::Pubrec,
            Self::Pubrel(_) => PacketType::Pubrel,
            Self::Pubcomp(_) => PacketType::Pubcomp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::Suback(_) => PacketType::Suback,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::Unsuback(_) => PacketType::Unsuback,
            Self::Pingreq => PacketType::Pingreq,
            Self::Pingresp => PacketType::Pingresp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }

    /// The packet identifier, where the packet has one.
    #[must_use]
    pub const fn packet_identifier(&self) -> Option<u16> {
        match self {
            Self::Publish(publish) => publish.packet_identifier,
            Self::Puback(ack) | Self::Pubrec(ack) | Self::Pubrel(ack) | Self::Pubcomp(ack) => {
                Some(ack.packet_identifier)
            }
            Self::Subscribe(subscribe) => Some(subscribe.packet_identifier),
            Self::Suback(suback) | Self::Unsuback(suback) => Some(suback.packet_identifier),
            Self::Unsubscribe(unsubscribe) => Some(unsubscribe.packet_identifier),
            Self::Connect(_)
            | Self::Connack(_)
            | Self::Pingreq
            | Self::Pingresp
            | Self::Disconnect(_)
            | Self::Auth(_) => None,
        }
    }

    pub(crate) fn decode_body<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        Ok(match r.packet {
            PacketType::Connect => Self::Connect(Connect::decode(r)?),
            PacketType::Connack => Self::Connack(Connack::decode(r)?),
            PacketType::Publish => Self::Publish(Publish::decode(r)?),
            PacketType::Puback => Self::Puback(Acknowledgement::decode(r)?),
            PacketType::Pubrec => Self::Pubrec(Acknowledgement::decode(r)?),
            PacketType::Pubrel => Self::Pubrel(Acknowledgement::decode(r)?),
            PacketType::Pubcomp => Self::Pubcomp(Acknowledgement::decode(r)?),
            PacketType::Subscribe => Self::Subscribe(Subscribe::decode(r)?),
            PacketType::Suback => Self::Suback(Suback::decode(r)?),
            PacketType::Unsubscribe => Self::Unsubscribe(Unsubscribe::decode(r)?),
            PacketType::Unsuback => Self::Unsuback(Suback::decode(r)?),
            PacketType::Pingreq => Self::Pingreq,
            PacketType::Pingresp => Self::Pingresp,
            PacketType::Disconnect => Self::Disconnect(Disconnect::decode(r)?),
            PacketType::Auth => Self::Auth(Auth::decode(r)?),
        })
    }

    /// Appends the packet to `out` in the bytes of `version`. A CONNECT is written in the version that is given
    /// here. The form is checked only so far as the bytes could not say it: values are the caller's.
    ///
    /// # Errors
    /// The version lacks something that the packet has, or a field is too long. `out` is then as it was.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        let result = self.encode_at_end(version, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn encode_at_end(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let packet = self.packet_type();
        let flags = match self {
            Self::Publish(publish) => publish.flags(),
            _ => packet.required_flags().unwrap_or(0),
        };
        let mut w = Writer::new(out, packet, flags, version);
        match self {
            Self::Connect(connect) => connect.encode(&mut w)?,
            Self::Connack(connack) => connack.encode(&mut w)?,
            Self::Publish(publish) => publish.encode(&mut w)?,
            Self::Puback(ack) | Self::Pubrec(ack) | Self::Pubrel(ack) | Self::Pubcomp(ack) => ack.encode(&mut w)?,
            Self::Subscribe(subscribe) => subscribe.encode(&mut w)?,
            Self::Suback(suback) => suback.encode(&mut w)?,
            Self::Unsubscribe(unsubscribe) => unsubscribe.encode(&mut w)?,
            Self::Unsuback(unsuback) => unsuback.encode_unsuback(&mut w)?,
            Self::Pingreq | Self::Pingresp => {}
            Self::Disconnect(disconnect) => disconnect.encode(&mut w)?,
            Self::Auth(auth) => auth.encode(&mut w)?,
        }
        w.finish()
    }

    /// The bytes of the packet in `version`.
    ///
    /// # Errors
    /// As [`Packet::encode`].
    pub fn to_bytes(&self, version: Version) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        self.encode(version, &mut out)?;
        Ok(out)
    }
}
