use crate::{Rule, Sender, Version};
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
    pub const fn from_first_byte(first: u8) -> Option<Self> {
        match (first >> 4).checked_sub(1) {
            Some(index) => Some(Self::ALL[index as usize]),
            None => None,
        }
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
    pub(crate) const fn flags_fault(self, first: u8) -> Option<Rule> {
        match self.required_flags() {
            Some(flags) if flags == first & 0x0f => None,
            Some(_) => Some(Rule::FixedHeaderFlags),
            None => super::publish::flags_fault(first),
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
