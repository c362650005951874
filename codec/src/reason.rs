//! Reason codes of 5.0 (2.4), and the return codes of 3.1.1.

use crate::reader::{Faults, Reader};
use crate::{DecodeError, Field, PacketType, Rule, Sender, Version};
use core::fmt;

/// The byte of a reason code. Its name depends on the packet and the version: see [`ReasonCode::name`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReasonCode(pub u8);

/// A row of the reason code table of 5.0.
struct Row {
    code: u8,
    name: &'static str,
    client: &'static [PacketType],
    server: &'static [PacketType],
}

macro_rules! reason_codes {
    ($($code:literal $constant:ident $name:literal client [$($client:ident)*] server [$($server:ident)*];)*) => {
        impl ReasonCode {
            $(#[doc = concat!(stringify!($code), " ", $name, ".")] pub const $constant: Self = Self($code);)*
        }

        const TABLE: &[Row] = &[$(Row {
            code: $code,
            name: $name,
            client: &[$(PacketType::$client),*],
            server: &[$(PacketType::$server),*],
        },)*];
    };
}

// Who may send a code in which packet: table 2-6 together with the tables of 3.2.2.2, 3.4.2.1, 3.5.2.1, 3.6.2.1,
// 3.7.2.1, 3.9.3, 3.11.3, 3.14.2.1 and 3.15.2.1, whose "sent by" columns and descriptions are narrower. 0x8c in
// DISCONNECT is in table 2-6 alone: where the standard contradicts itself, a Server is not accused.
reason_codes! {
    0x00 SUCCESS "Success"
        client [Puback Pubrec Pubrel Pubcomp Disconnect]
        server [Connack Puback Pubrec Pubrel Pubcomp Suback Unsuback Disconnect Auth];
    0x01 GRANTED_QOS_1 "Granted QoS 1" client [] server [Suback];
    0x02 GRANTED_QOS_2 "Granted QoS 2" client [] server [Suback];
    0x04 DISCONNECT_WITH_WILL "Disconnect with Will Message" client [Disconnect] server [];
    0x10 NO_MATCHING_SUBSCRIBERS "No matching subscribers" client [] server [Puback Pubrec];
    0x11 NO_SUBSCRIPTION_EXISTED "No subscription existed" client [] server [Unsuback];
    0x18 CONTINUE_AUTHENTICATION "Continue authentication" client [Auth] server [Auth];
    0x19 RE_AUTHENTICATE "Re-authenticate" client [Auth] server [];
    0x80 UNSPECIFIED_ERROR "Unspecified error"
        client [Puback Pubrec Disconnect] server [Connack Puback Pubrec Suback Unsuback Disconnect];
    0x81 MALFORMED_PACKET "Malformed Packet" client [Disconnect] server [Connack Disconnect];
    0x82 PROTOCOL_ERROR "Protocol Error" client [Disconnect] server [Connack Disconnect];
    0x83 IMPLEMENTATION_SPECIFIC_ERROR "Implementation specific error"
        client [Puback Pubrec Disconnect] server [Connack Puback Pubrec Suback Unsuback Disconnect];
    0x84 UNSUPPORTED_PROTOCOL_VERSION "Unsupported Protocol Version" client [] server [Connack];
    0x85 CLIENT_IDENTIFIER_NOT_VALID "Client Identifier not valid" client [] server [Connack];
    0x86 BAD_USER_NAME_OR_PASSWORD "Bad User Name or Password" client [] server [Connack];
    0x87 NOT_AUTHORIZED "Not authorized"
        client [Puback Pubrec] server [Connack Puback Pubrec Suback Unsuback Disconnect];
    0x88 SERVER_UNAVAILABLE "Server unavailable" client [] server [Connack];
    0x89 SERVER_BUSY "Server busy" client [] server [Connack Disconnect];
    0x8a BANNED "Banned" client [] server [Connack];
    0x8b SERVER_SHUTTING_DOWN "Server shutting down" client [] server [Disconnect];
    0x8c BAD_AUTHENTICATION_METHOD "Bad authentication method" client [] server [Connack Disconnect];
    0x8d KEEP_ALIVE_TIMEOUT "Keep Alive timeout" client [] server [Disconnect];
    0x8e SESSION_TAKEN_OVER "Session taken over" client [] server [Disconnect];
    0x8f TOPIC_FILTER_INVALID "Topic Filter invalid" client [] server [Suback Unsuback Disconnect];
    0x90 TOPIC_NAME_INVALID "Topic Name invalid"
        client [Puback Pubrec Disconnect] server [Connack Puback Pubrec Disconnect];
    0x91 PACKET_IDENTIFIER_IN_USE "Packet Identifier in use"
        client [Puback Pubrec] server [Puback Pubrec Suback Unsuback];
    0x92 PACKET_IDENTIFIER_NOT_FOUND "Packet Identifier not found" client [Pubrel Pubcomp] server [Pubrel Pubcomp];
    0x93 RECEIVE_MAXIMUM_EXCEEDED "Receive Maximum exceeded" client [Disconnect] server [Disconnect];
    0x94 TOPIC_ALIAS_INVALID "Topic Alias invalid" client [Disconnect] server [Disconnect];
    0x95 PACKET_TOO_LARGE "Packet too large" client [Disconnect] server [Connack Disconnect];
    0x96 MESSAGE_RATE_TOO_HIGH "Message rate too high" client [Disconnect] server [Disconnect];
    0x97 QUOTA_EXCEEDED "Quota exceeded"
        client [Puback Pubrec Disconnect] server [Connack Puback Pubrec Suback Disconnect];
    0x98 ADMINISTRATIVE_ACTION "Administrative action" client [Disconnect] server [Disconnect];
    0x99 PAYLOAD_FORMAT_INVALID "Payload format invalid"
        client [Puback Pubrec Disconnect] server [Connack Puback Pubrec Disconnect];
    0x9a RETAIN_NOT_SUPPORTED "Retain not supported" client [] server [Connack Disconnect];
    0x9b QOS_NOT_SUPPORTED "QoS not supported" client [] server [Connack Disconnect];
    0x9c USE_ANOTHER_SERVER "Use another server" client [] server [Connack Disconnect];
    0x9d SERVER_MOVED "Server moved" client [] server [Connack Disconnect];
    0x9e SHARED_SUBSCRIPTIONS_NOT_SUPPORTED "Shared Subscriptions not supported" client [] server [Suback Disconnect];
    0x9f CONNECTION_RATE_EXCEEDED "Connection rate exceeded" client [] server [Connack Disconnect];
    0xa0 MAXIMUM_CONNECT_TIME "Maximum connect time" client [] server [Disconnect];
    0xa1 SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED "Subscription Identifiers not supported"
        client [] server [Suback Disconnect];
    0xa2 WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED "Wildcard Subscriptions not supported"
        client [] server [Suback Disconnect];
}

/// The table by code and sender: a bit for each packet.
static SENDERS: [[u16; 2]; 256] = {
    let mut senders = [[0; 2]; 256];
    let mut index = 0;
    while index < TABLE.len() {
        let row = &TABLE[index];
        senders[row.code as usize] = [bits(row.client), bits(row.server)];
        index += 1;
    }
    senders
};

const fn bits(packets: &[PacketType]) -> u16 {
    let (mut bits, mut index) = (0, 0);
    while index < packets.len() {
        bits |= 1 << packets[index] as u8;
        index += 1;
    }
    bits
}

const GRANTED_QOS_0: &str = "Granted QoS 0";
const NORMAL_DISCONNECTION: &str = "Normal disconnection";

/// What 0x00 is called in SUBACK and in DISCONNECT.
const NAMES_OF_ZERO: &[Row] = &[
    Row { code: 0, name: GRANTED_QOS_0, client: &[], server: &[PacketType::Suback] },
    Row { code: 0, name: NORMAL_DISCONNECTION, client: &[PacketType::Disconnect], server: &[PacketType::Disconnect] },
];

impl ReasonCode {
    /// What stands in the lenient view for a code that is not there; no version has it.
    pub(crate) const MISSING: Self = Self(0xff);

    /// Whether the code says that something failed: 0x80 and above in 5.0 and in a 3.1.1 SUBACK. The return codes
    /// of a 3.1.1 CONNACK are refusals from 1 on.
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 >= 0x80
    }

    /// The code of a name as the specification spells it, in any case and with hyphens or underscores for spaces.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let same = |row: &&Row| {
            row.name.len() == name.len()
                && row.name.bytes().zip(name.bytes()).all(|(a, b)| {
                    a.eq_ignore_ascii_case(&b) || (matches!(a, b' ' | b'-') && matches!(b, b' ' | b'-' | b'_'))
                })
        };
        NAMES_OF_ZERO.iter().chain(TABLE).find(same).map(|row| Self(row.code))
    }

    /// The name of the code in this packet, or "unknown".
    #[must_use]
    pub fn name(self, version: Version, packet: PacketType) -> &'static str {
        match (version, packet, self.0) {
            (_, PacketType::Suback, 0) => GRANTED_QOS_0,
            (Version::V5, PacketType::Disconnect, 0) => NORMAL_DISCONNECTION,
            (Version::V311, PacketType::Connack, code) => match code {
                0 => "Connection Accepted",
                1 => "unacceptable protocol version",
                2 => "identifier rejected",
                3 => "Server unavailable",
                4 => "bad user name or password",
                5 => "not authorized",
                _ => "unknown",
            },
            (Version::V311, PacketType::Suback, 0x80) => "Failure",
            (_, _, code) => TABLE.iter().find(|row| row.code == code).map_or("unknown", |row| row.name),
        }
    }

    /// Whether this party may send the code in this packet.
    #[must_use]
    #[inline]
    pub fn allowed(self, version: Version, packet: PacketType, sender: Sender) -> bool {
        match (version, packet) {
            (Version::V311, PacketType::Connack) => self.0 <= 5,
            (Version::V311, PacketType::Suback) => matches!(self.0, 0..=2 | 0x80),
            (Version::V311, _) => self.0 == 0,
            (Version::V5, _) => SENDERS[usize::from(self.0)][sender as usize] & 1 << packet as u8 != 0,
        }
    }

    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'_, '_, F>) -> Result<Self, DecodeError> {
        let at = r.at();
        let code = Self(r.u8(Field::ReasonCode)?);
        if r.lost() {
            return Ok(Self::MISSING);
        }
        code.judge(r, at)?;
        Ok(code)
    }

    /// Reports a code that this sender may not use in this packet, whether it stands at `at` or is left out there.
    #[inline]
    pub(crate) fn judge<F: Faults>(self, r: &mut Reader<'_, '_, F>, at: usize) -> Result<(), DecodeError> {
        let allowed = r.may_send(self);
        r.check(allowed, Rule::ReasonCode, Field::ReasonCode, at)
    }
}

impl fmt::Debug for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)
    }
}
