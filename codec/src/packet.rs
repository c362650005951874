//! The Control Packets of both versions, one file each.

mod acknowledgement;
mod auth;
mod connack;
mod connect;
mod disconnect;
mod packet_type;
mod publish;
mod suback;
mod subscribe;
mod unsubscribe;

pub use acknowledgement::Acknowledgement;
pub use auth::Auth;
pub use connack::Connack;
pub use connect::{Connect, Will};
pub use disconnect::Disconnect;
pub use packet_type::PacketType;
pub use publish::Publish;
pub use suback::Suback;
pub use subscribe::{RetainHandling, Subscribe, Subscription, SubscriptionOptions};
pub use unsubscribe::Unsubscribe;

use crate::reader::{Faults, Reader};
use crate::writer::{Body, Counted, Sink, Writer};
use crate::{DecodeError, Decoded, EncodeError, Version, varint};
use alloc::vec::Vec;
use core::fmt;

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
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

/// Fixed header and body.
#[inline]
fn whole(
    body: &impl Body,
    packet: PacketType,
    flags: u8,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let counted = Counted::of(body, packet, version)?;
    counted.write(body, (packet as u8) << 4 | flags, packet, version, out)
}

impl Body for Packet<'_> {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        match self {
            Self::Connect(connect) => connect.encode(w),
            Self::Connack(connack) => connack.encode(w),
            Self::Publish(publish) => publish.encode(w),
            Self::Puback(ack) | Self::Pubrec(ack) | Self::Pubrel(ack) | Self::Pubcomp(ack) => ack.encode(w),
            Self::Subscribe(subscribe) => subscribe.encode(w),
            Self::Suback(suback) => suback.encode(w),
            Self::Unsubscribe(unsubscribe) => unsubscribe.encode(w),
            Self::Unsuback(unsuback) => unsuback.encode_unsuback(w),
            Self::Pingreq | Self::Pingresp => Ok(()),
            Self::Disconnect(disconnect) => disconnect.encode(w),
            Self::Auth(auth) => auth.encode(w),
        }
    }

    fn tail(&self) -> &[u8] {
        match self {
            Self::Publish(publish) => publish.tail(),
            Self::Suback(suback) | Self::Unsuback(suback) => suback.tail(),
            _ => &[],
        }
    }
}

impl fmt::Display for QoS {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", *self as u8)
    }
}

/// A Control Packet of either version. What stands behind the fixed header:
///
/// | first byte | packet | 3.1.1 | what 5.0 adds |
/// |---|---|---|---|
/// | `10` | [CONNECT](Connect) | Protocol Name, Level, Connect Flags, Keep Alive; Client Identifier, Will, User Name, Password | properties before the Client Identifier and before the Will Topic |
/// | `20` | [CONNACK](Connack) | Connect Acknowledge Flags, return code | properties at the end |
/// | `30` to `3d` | [PUBLISH](Publish) | Topic Name, Packet Identifier (QoS 1 and 2), payload | properties before the payload |
/// | `40`, `50`, `62`, `70` | [PUBACK, PUBREC, PUBREL, PUBCOMP](Acknowledgement) | Packet Identifier | reason code and properties, which may be left out |
/// | `82` | [SUBSCRIBE](Subscribe) | Packet Identifier; Topic Filters with a QoS | properties; more options |
/// | `90` | [SUBACK](Suback) | Packet Identifier; return codes | properties before the codes |
/// | `a2` | [UNSUBSCRIBE](Unsubscribe) | Packet Identifier; Topic Filters | properties before the filters |
/// | `b0` | [UNSUBACK](Suback) | Packet Identifier | properties and reason codes |
/// | `c0`, `d0` | PINGREQ, PINGRESP | nothing | |
/// | `e0` | [DISCONNECT](Disconnect) | nothing | reason code and properties, which may be left out |
/// | `f0` | [AUTH](Auth) | no such packet | reason code and properties |
///
/// ```
/// use mqttspec_codec::{Packet, Version};
///
/// for version in Version::ALL {
///     assert_eq!(Packet::Pingreq.to_bytes(version)?, [0xc0, 0]);
///     assert_eq!(Packet::Pingresp.to_bytes(version)?, [0xd0, 0]);
/// }
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
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

    /// Decodes what is behind the fixed header. What there is much of is inlined, and each arm makes the whole answer: so it
    /// is written once, to where it is wanted.
    #[inline]
    pub(crate) fn decode_body<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Decoded<'a>, DecodeError> {
        match r.packet {
            PacketType::Publish => {
                let publish = Publish::decode(r)?;
                r.finish(Self::Publish(publish))
            }
            PacketType::Puback | PacketType::Pubrec | PacketType::Pubrel | PacketType::Pubcomp => {
                let acknowledgement = Acknowledgement::decode(r)?;
                r.finish(match r.packet {
                    PacketType::Puback => Self::Puback(acknowledgement),
                    PacketType::Pubrec => Self::Pubrec(acknowledgement),
                    PacketType::Pubrel => Self::Pubrel(acknowledgement),
                    _ => Self::Pubcomp(acknowledgement),
                })
            }
            _ => Self::decode_rarer(r),
        }
    }

    #[inline(never)]
    fn decode_rarer<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Decoded<'a>, DecodeError> {
        let packet = match r.packet {
            PacketType::Connect => Self::Connect(Connect::decode(r)?),
            PacketType::Connack => Self::Connack(Connack::decode(r)?),
            PacketType::Subscribe => Self::Subscribe(Subscribe::decode(r)?),
            PacketType::Suback => Self::Suback(Suback::decode(r)?),
            PacketType::Unsubscribe => Self::Unsubscribe(Unsubscribe::decode(r)?),
            PacketType::Unsuback => Self::Unsuback(Suback::decode(r)?),
            PacketType::Pingreq => Self::Pingreq,
            PacketType::Pingresp => Self::Pingresp,
            PacketType::Disconnect => Self::Disconnect(Disconnect::decode(r)?),
            PacketType::Auth => Self::Auth(Auth::decode(r)?),
            PacketType::Publish
            | PacketType::Puback
            | PacketType::Pubrec
            | PacketType::Pubrel
            | PacketType::Pubcomp => return Self::decode_body(r),
        };
        r.finish(packet)
    }

    /// Appends the packet to `out` in the bytes of `version`. A CONNECT is written in the version that is given
    /// here. The form is checked only so far as the bytes could not say it: values are the caller's.
    ///
    /// What is written is the canonical form, the shortest that says the same: every variable byte integer has
    /// the fewest bytes, a Property Length of 0 at the end of PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT and AUTH is left
    /// out, and then so is a reason code of 0. Nothing else in a packet can be said in two ways: properties, filters and
    /// codes keep their order. So what was decoded from canonical bytes gives the same bytes again, and what was decoded
    /// from others gives the canonical ones.
    ///
    /// # Errors
    /// The version lacks something that the packet has, or a field is too long. `out` is then as it was.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let packet = self.packet_type();
        match self {
            Self::Publish(publish) => whole(publish, packet, publish.flags(), version, out),
            Self::Puback(ack) | Self::Pubrec(ack) | Self::Pubrel(ack) | Self::Pubcomp(ack) if ack.is_short() => {
                let [high, low] = ack.packet_identifier.to_be_bytes();
                out.extend_from_slice(&[(packet as u8) << 4 | packet.required_flags().unwrap_or(0), 2, high, low]);
                Ok(())
            }
            Self::Connect(connect) => whole(connect, packet, 0, version, out),
            Self::Subscribe(subscribe) => whole(subscribe, packet, 0b0010, version, out),
            other => whole(other, packet, packet.required_flags().unwrap_or(0), version, out),
        }
    }

    /// The number of bytes that [`Packet::encode`] writes, fixed header included.
    ///
    /// # Errors
    /// As [`Packet::encode`].
    pub fn size(&self, version: Version) -> Result<usize, EncodeError> {
        let len = Counted::of(self, self.packet_type(), version)?.len;
        Ok(1 + varint::size(len) + len as usize)
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
