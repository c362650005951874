//! The properties of MQTT 5.0 (2.2.2) and the one table that says what each is.

use crate::list::{Entry, Iter, List, read_binary};
use crate::{PacketType, Sender, Text, varint};
use core::fmt;

/// The type of a property's value on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One byte.
    Byte,
    /// Two Byte Integer.
    TwoByte,
    /// Four Byte Integer.
    FourByte,
    /// Variable Byte Integer.
    VarInt,
    /// UTF-8 Encoded String.
    Text,
    /// Binary Data.
    Binary,
    /// UTF-8 String Pair.
    Pair,
}

/// What may carry a property: a Control Packet, or the Will Properties of a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// The properties of a Control Packet.
    Packet(PacketType),
    /// The Will Properties.
    Will,
}

/// What a property's value must satisfy beyond its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Any value of the type.
    Any,
    /// 0 or 1.
    Boolean,
    /// Anything but 0.
    NotZero,
    /// A topic name: no wildcard characters.
    TopicName,
}

/// A row of the property table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name, spelt as in table 2-4 of the specification but for spaces.
    pub name: &'static str,
    /// The name that scenarios use: lower case, joined by hyphens.
    pub key: &'static str,
    /// The type on the wire.
    pub kind: Kind,
    /// The range of the value.
    pub range: Range,
    /// Whether the property may stand more than once in PUBLISH (Subscription Identifier) or anywhere (User Property).
    pub repeats: &'static [Home],
    /// The packets that may carry it.
    pub homes: &'static [Home],
    /// `homes` and `repeats` as bits.
    bits: (u16, u16),
}

impl Home {
    /// A bit for each.
    const fn bit(self) -> u16 {
        match self {
            Self::Will => 1,
            Self::Packet(packet) => 1 << packet as u8,
        }
    }

    const fn bits(homes: &[Self]) -> u16 {
        let (mut bits, mut index) = (0, 0);
        while index < homes.len() {
            bits |= homes[index].bit();
            index += 1;
        }
        bits
    }

    /// Whether its list cannot do without an Authentication Method.
    pub(crate) const fn needs_method(self) -> bool {
        matches!(self, Self::Packet(PacketType::Auth))
    }
}

macro_rules! properties {
    ($($(#[$doc:meta])* $id:ident = $value:literal $key:literal $kind:ident $range:ident [$($home:ident)*] repeats [$($repeat:ident)*];)*) => {
        /// A property identifier.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum PropertyId { $($(#[$doc])* $id = $value,)* }

        impl PropertyId {
            /// Every property, in the order of their identifiers.
            pub const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// The property of an identifier.
            #[must_use]
            #[inline]
            pub const fn from_u32(id: u32) -> Option<Self> {
                match id { $($value => Some(Self::$id),)* _ => None }
            }

            /// The row of the property table.
            #[must_use]
            #[inline]
            pub const fn spec(self) -> &'static Spec {
                match self {
                    $(Self::$id => const { &Spec {
                        name: stringify!($id),
                        key: $key,
                        kind: Kind::$kind,
                        range: Range::$range,
                        homes: &[$(home!($home),)*],
                        repeats: &[$(home!($repeat),)*],
                        bits: (Home::bits(&[$(home!($home),)*]), Home::bits(&[$(home!($repeat),)*])),
                    } },)*
                }
            }
        }
    };
}

macro_rules! home {
    (Will) => {
        Home::Will
    };
    ($packet:ident) => {
        Home::Packet(PacketType::$packet)
    };
}

properties! {
    // 3.3.2.3.2 lists 0 and 1, but calls no other value an error, and a Server passes it on unaltered.
    /// Payload Format Indicator.
    PayloadFormatIndicator = 0x01 "payload-format-indicator" Byte Any [Publish Will] repeats [];
    /// Message Expiry Interval, in seconds.
    MessageExpiryInterval = 0x02 "message-expiry-interval" FourByte Any [Publish Will] repeats [];
    /// Content Type.
    ContentType = 0x03 "content-type" Text Any [Publish Will] repeats [];
    /// Response Topic.
    ResponseTopic = 0x08 "response-topic" Text TopicName [Publish Will] repeats [];
    /// Correlation Data.
    CorrelationData = 0x09 "correlation-data" Binary Any [Publish Will] repeats [];
    /// Subscription Identifier, 1 to 268,435,455.
    SubscriptionIdentifier = 0x0b "subscription-identifier" VarInt NotZero [Publish Subscribe] repeats [Publish];
    /// Session Expiry Interval, in seconds; 0xFFFFFFFF is for ever.
    SessionExpiryInterval = 0x11 "session-expiry-interval" FourByte Any [Connect Connack Disconnect] repeats [];
    /// Assigned Client Identifier.
    AssignedClientIdentifier = 0x12 "assigned-client-identifier" Text Any [Connack] repeats [];
    /// Server Keep Alive, in seconds.
    ServerKeepAlive = 0x13 "server-keep-alive" TwoByte Any [Connack] repeats [];
    /// Authentication Method.
    AuthenticationMethod = 0x15 "authentication-method" Text Any [Connect Connack Auth] repeats [];
    /// Authentication Data.
    AuthenticationData = 0x16 "authentication-data" Binary Any [Connect Connack Auth] repeats [];
    /// Request Problem Information.
    RequestProblemInformation = 0x17 "request-problem-information" Byte Boolean [Connect] repeats [];
    /// Will Delay Interval, in seconds.
    WillDelayInterval = 0x18 "will-delay-interval" FourByte Any [Will] repeats [];
    /// Request Response Information.
    RequestResponseInformation = 0x19 "request-response-information" Byte Boolean [Connect] repeats [];
    /// Response Information.
    ResponseInformation = 0x1a "response-information" Text Any [Connack] repeats [];
    /// Server Reference.
    ServerReference = 0x1c "server-reference" Text Any [Connack Disconnect] repeats [];
    /// Reason String.
    ReasonString = 0x1f "reason-string" Text Any
        [Connack Puback Pubrec Pubrel Pubcomp Suback Unsuback Disconnect Auth] repeats [];
    /// Receive Maximum.
    ReceiveMaximum = 0x21 "receive-maximum" TwoByte NotZero [Connect Connack] repeats [];
    /// Topic Alias Maximum.
    TopicAliasMaximum = 0x22 "topic-alias-maximum" TwoByte Any [Connect Connack] repeats [];
    /// Topic Alias.
    TopicAlias = 0x23 "topic-alias" TwoByte NotZero [Publish] repeats [];
    /// Maximum QoS: 0 or 1; absent means 2.
    MaximumQoS = 0x24 "maximum-qos" Byte Boolean [Connack] repeats [];
    /// Retain Available.
    RetainAvailable = 0x25 "retain-available" Byte Boolean [Connack] repeats [];
    /// User Property.
    UserProperty = 0x26 "user-property" Pair Any
        [Connect Connack Publish Will Puback Pubrec Pubrel Pubcomp Subscribe Suback Unsubscribe Unsuback Disconnect Auth]
        repeats [Connect Connack Publish Will Puback Pubrec Pubrel Pubcomp Subscribe Suback Unsubscribe Unsuback Disconnect Auth];
    /// Maximum Packet Size, in bytes.
    MaximumPacketSize = 0x27 "maximum-packet-size" FourByte NotZero [Connect Connack] repeats [];
    /// Wildcard Subscription Available.
    WildcardSubscriptionAvailable = 0x28 "wildcard-subscription-available" Byte Boolean [Connack] repeats [];
    /// Subscription Identifier Available.
    SubscriptionIdentifierAvailable = 0x29 "subscription-identifier-available" Byte Boolean [Connack] repeats [];
    /// Shared Subscription Available.
    SharedSubscriptionAvailable = 0x2a "shared-subscription-available" Byte Boolean [Connack] repeats [];
}

impl PropertyId {
    /// The name, spelt as in the specification but for spaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The property that scenarios call by this key (`session-expiry-interval`).
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|id| id.spec().key == key)
    }

    /// Whether `home` may carry this property.
    #[must_use]
    #[inline]
    pub const fn allowed_in(self, home: Home) -> bool {
        self.spec().bits.0 & home.bit() != 0
    }

    /// Whether this party may send it there: a Client sends no Subscription Identifier in PUBLISH ([MQTT-3.3.4-6]),
    /// a Server no Session Expiry Interval in DISCONNECT ([MQTT-3.14.2-2]).
    #[must_use]
    #[inline]
    pub fn allowed_from(self, home: Home, sender: Sender) -> bool {
        !matches!(
            (self, home, sender),
            (Self::SubscriptionIdentifier, Home::Packet(PacketType::Publish), Sender::Client)
                | (Self::SessionExpiryInterval, Home::Packet(PacketType::Disconnect), Sender::Server)
        )
    }

    /// Whether it may stand more than once in `home`.
    #[must_use]
    #[inline]
    pub const fn repeats_in(self, home: Home) -> bool {
        self.spec().bits.1 & home.bit() != 0
    }
}

/// The value of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value<'a> {
    /// One byte.
    Byte(u8),
    /// Two Byte Integer.
    TwoByte(u16),
    /// Four Byte Integer.
    FourByte(u32),
    /// Variable Byte Integer.
    VarInt(u32),
    /// UTF-8 Encoded String.
    Text(Text<'a>),
    /// Binary Data.
    Binary(&'a [u8]),
    /// UTF-8 String Pair: name and value.
    Pair(Text<'a>, Text<'a>),
}

impl Value<'_> {
    /// The type of this value on the wire.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Byte(_) => Kind::Byte,
            Self::TwoByte(_) => Kind::TwoByte,
            Self::FourByte(_) => Kind::FourByte,
            Self::VarInt(_) => Kind::VarInt,
            Self::Text(_) => Kind::Text,
            Self::Binary(_) => Kind::Binary,
            Self::Pair(..) => Kind::Pair,
        }
    }

    /// The number of bytes on the wire.
    #[must_use]
    pub const fn size(&self) -> usize {
        match self {
            Self::Byte(_) => 1,
            Self::TwoByte(_) => 2,
            Self::FourByte(_) => 4,
            Self::VarInt(value) => varint::size(*value),
            Self::Text(text) => 2 + text.len(),
            Self::Binary(bytes) => 2 + bytes.len(),
            Self::Pair(name, value) => 4 + name.len() + value.len(),
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(value) => write!(f, "{value}"),
            Self::TwoByte(value) => write!(f, "{value}"),
            Self::FourByte(value) | Self::VarInt(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text}"),
            Self::Binary(bytes) => crate::print::binary(f, bytes),
            Self::Pair(name, value) => write!(f, "{name}={value}"),
        }
    }
}

/// A property: identifier and value. The encoder refuses a value whose type is not the identifier's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Property<'a> {
    /// The identifier.
    pub id: PropertyId,
    /// The value.
    pub value: Value<'a>,
}

impl<'a> Property<'a> {
    /// A property whose value is a number, in the width that the table asks for; the value is cut to it.
    /// `None` when the property is not a number.
    #[must_use]
    pub const fn number(id: PropertyId, value: u32) -> Option<Self> {
        let value = match id.spec().kind {
            Kind::Byte => Value::Byte(value as u8),
            Kind::TwoByte => Value::TwoByte(value as u16),
            Kind::FourByte => Value::FourByte(value),
            Kind::VarInt => Value::VarInt(value),
            Kind::Text | Kind::Binary | Kind::Pair => return None,
        };
        Some(Self { id, value })
    }

    /// A property whose value is a string.
    #[must_use]
    pub fn text(id: PropertyId, text: &'a str) -> Self {
        Self { id, value: Value::Text(text.into()) }
    }

    /// A User Property.
    #[must_use]
    pub fn user(name: &'a str, value: &'a str) -> Self {
        Self { id: PropertyId::UserProperty, value: Value::Pair(name.into(), value.into()) }
    }

    /// The number of bytes on the wire, identifier included.
    #[must_use]
    pub const fn size(&self) -> usize {
        1 + self.value.size()
    }
}

/// A list of properties.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Properties<'a>(List<'a, Property<'a>>);

impl<'a> Properties<'a> {
    /// No property at all.
    pub const EMPTY: Self = Self(List::new(&[]));

    /// Properties to be written, in this order.
    #[must_use]
    pub const fn list(properties: &'a [Property<'a>]) -> Self {
        Self(List::new(properties))
    }

    /// The bytes behind a Property Length. Iteration ends at the first that is not a property.
    pub(crate) const fn wire(bytes: &'a [u8]) -> Self {
        Self(List::wire(bytes))
    }

    /// The properties in their order.
    #[must_use]
    pub const fn iter(self) -> Iter<'a, Property<'a>> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The first property of this identifier.
    #[must_use]
    pub fn find(self, id: PropertyId) -> Option<Value<'a>> {
        self.iter().find(|property| property.id == id).map(|property| property.value)
    }

    /// The first property of this identifier as a number, whatever its width.
    #[must_use]
    pub fn number(self, id: PropertyId) -> Option<u32> {
        match self.find(id)? {
            Value::Byte(value) => Some(value.into()),
            Value::TwoByte(value) => Some(value.into()),
            Value::FourByte(value) | Value::VarInt(value) => Some(value),
            Value::Text(_) | Value::Binary(_) | Value::Pair(..) => None,
        }
    }

    /// The first property of this identifier as a string.
    #[must_use]
    pub fn text(self, id: PropertyId) -> Option<Text<'a>> {
        match self.find(id)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The first property of this identifier as binary data.
    #[must_use]
    pub fn binary(self, id: PropertyId) -> Option<&'a [u8]> {
        match self.find(id)? {
            Value::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Every Subscription Identifier, in order.
    pub fn subscription_identifiers(self) -> impl Iterator<Item = u32> + 'a {
        self.iter().filter_map(|property| match property {
            Property { id: PropertyId::SubscriptionIdentifier, value: Value::VarInt(value) } => Some(value),
            _ => None,
        })
    }

    /// Every User Property, in order.
    pub fn user_properties(self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + 'a {
        self.iter().filter_map(|property| match property.value {
            Value::Pair(name, value) => Some((name, value)),
            _ => None,
        })
    }

    /// The number of bytes behind the Property Length.
    #[must_use]
    pub fn size(self) -> usize {
        self.iter().map(|property| property.size()).sum()
    }
}

impl Default for Properties<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'a> IntoIterator for Properties<'a> {
    type Item = Property<'a>;
    type IntoIter = Iter<'a, Property<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> Entry<'a> for Property<'a> {
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (id, rest) = read_varint(bytes)?;
        let id = PropertyId::from_u32(id)?;
        let (value, rest) = match id.spec().kind {
            Kind::Byte => rest.split_first().map(|(&byte, rest)| (Value::Byte(byte), rest))?,
            Kind::TwoByte => {
                rest.split_first_chunk().map(|(n, rest)| (Value::TwoByte(u16::from_be_bytes(*n)), rest))?
            }
            Kind::FourByte => {
                rest.split_first_chunk().map(|(n, rest)| (Value::FourByte(u32::from_be_bytes(*n)), rest))?
            }
            Kind::VarInt => read_varint(rest).map(|(value, rest)| (Value::VarInt(value), rest))?,
            Kind::Text => read_binary(rest).map(|(text, rest)| (Value::Text(Text::from_bytes(text)), rest))?,
            Kind::Binary => read_binary(rest).map(|(bytes, rest)| (Value::Binary(bytes), rest))?,
            Kind::Pair => {
                let (name, rest) = read_binary(rest)?;
                let (value, rest) = read_binary(rest)?;
                (Value::Pair(Text::from_bytes(name), Text::from_bytes(value)), rest)
            }
        };
        Some((Self { id, value }, rest))
    }
}

fn read_varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    match varint::read(bytes) {
        varint::VarInt::Value { value, len, .. } => Some((value, &bytes[len..])),
        varint::VarInt::Incomplete | varint::VarInt::TooLong => None,
    }
}
