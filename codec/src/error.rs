//! What can be wrong with the bytes of a packet, and with a packet that is to be written.

use crate::{PacketType, PropertyId, Sender, Version, statement};
use core::fmt;

macro_rules! rules {
    ($(#[doc = $doc:literal] $rule:ident $text:literal;)*) => {
        /// A rule that a specification puts on the bytes of a packet, independent of the version.
        ///
        /// [`statement()`] maps a rule to the normative statement of a version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $doc] $rule,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];
        }

        /// What is wrong when the rule is broken.
        impl fmt::Display for Rule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$rule => $text,)* })
            }
        }
    };
}

rules! {
    /// The packet type is one that the version defines: 0 never is, 15 only in 5.0.
    PacketTypeReserved "reserved packet type";
    /// The packet type may be sent by this party.
    PacketTypeForSender "packet type that this party may not send";
    /// The four flag bits of the fixed header have the value that the packet type asks for.
    FixedHeaderFlags "invalid flags in the fixed header";
    /// A variable byte integer has at most four bytes.
    VariableByteIntegerLength "variable byte integer longer than four bytes";
    /// A variable byte integer uses the fewest bytes that hold its value (5.0).
    VariableByteIntegerMinimal "variable byte integer with needless bytes";
    /// The whole packet is no longer than the receiver allows.
    PacketTooLarge "packet larger than allowed";
    /// A field ends within its packet, a property within its properties.
    Overrun "field runs past its end";
    /// Nothing is left when the last field has been read.
    TrailingBytes "bytes left over";
    /// A string is well-formed UTF-8.
    Utf8 "ill-formed UTF-8";
    /// A string holds no U+0000.
    NullCharacter "U+0000 in a string";
    /// The protocol name is `MQTT`.
    ProtocolName "protocol name is not MQTT";
    /// The protocol level is one that this codec speaks.
    ProtocolLevel "unknown protocol level";
    /// The reserved bit of the CONNECT flags is 0.
    ConnectFlagsReserved "reserved CONNECT flag set";
    /// Will QoS is 0 without the Will Flag.
    WillQosWithoutWill "Will QoS without Will Flag";
    /// Will Retain is 0 without the Will Flag.
    WillRetainWithoutWill "Will Retain without Will Flag";
    /// Will QoS is not 3 where there is a Will.
    WillQos "Will QoS 3";
    /// The Password Flag is 0 without the User Name Flag (3.1.1).
    PasswordWithoutUserName "Password Flag without User Name Flag";
    /// A Client Identifier is not empty without Clean Session (3.1.1).
    ClientIdEmpty "empty Client Identifier without Clean Session";
    /// Bits 7 to 1 of the Connect Acknowledge Flags are 0.
    ConnackFlagsReserved "reserved Connect Acknowledge Flags set";
    /// Session Present is 0 when the connection is refused.
    SessionPresentOnRefusal "Session Present on a refused connection";
    /// A reason code (3.1.1: return code) is one that the packet may carry.
    ReasonCode "reason code not allowed in this packet";
    /// The QoS of a PUBLISH is not 3.
    PublishQos "QoS 3";
    /// DUP is 0 in a PUBLISH of QoS 0.
    DupWithoutQos "DUP set with QoS 0";
    /// A packet identifier is not 0.
    PacketIdentifierZero "packet identifier 0";
    /// A topic name is at least one character long (5.0: unless there is a topic alias).
    TopicNameEmpty "empty topic name";
    /// A topic name holds no wildcard character.
    TopicNameWildcard "wildcard in a topic name";
    /// A topic filter is at least one character long.
    TopicFilterEmpty "empty topic filter";
    /// A `#` in a topic filter fills its level and is the last character.
    MultiLevelWildcard "misplaced # in a topic filter";
    /// A `+` in a topic filter fills its level.
    SingleLevelWildcard "misplaced + in a topic filter";
    /// The share name of a shared subscription is at least one character long (5.0).
    ShareNameEmpty "empty share name";
    /// A share name holds no wildcard, and a filter follows it behind a `/` (5.0).
    SharedFilter "malformed shared subscription filter";
    /// The reserved bits of the subscription options are 0.
    SubscriptionOptionsReserved "reserved subscription option bits set";
    /// The QoS of a subscription is not 3.
    SubscriptionQos "requested QoS 3";
    /// Retain Handling is not 3.
    RetainHandling "Retain Handling 3";
    /// No Local is 0 on a shared subscription.
    NoLocalOnShared "No Local on a shared subscription";
    /// SUBSCRIBE, SUBACK, UNSUBSCRIBE and (5.0) UNSUBACK have at least one entry in the payload.
    PayloadEmpty "empty payload";
    /// A packet whose form has properties has a Property Length, even when there are none (5.0).
    PropertyLengthMissing "no Property Length";
    /// A property identifier is one that 5.0 defines.
    PropertyUnknown "unknown property identifier";
    /// A property may stand in this packet from this sender.
    PropertyNotAllowed "property not allowed here";
    /// A property that may stand once stands once.
    PropertyDuplicate "property stands more than once";
    /// The value of a property lies in its range.
    PropertyValue "property value out of range";
    /// A property that must be there is there.
    PropertyMissing "required property missing";
}

/// The part of a packet where a rule was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The first byte: packet type and flags.
    FixedHeader,
    /// Remaining Length.
    RemainingLength,
    /// What follows the last field.
    End,
    /// Protocol Name of CONNECT.
    ProtocolName,
    /// Protocol Level of CONNECT.
    ProtocolLevel,
    /// Connect Flags.
    ConnectFlags,
    /// Keep Alive of CONNECT.
    KeepAlive,
    /// Client Identifier.
    ClientId,
    /// Will Topic.
    WillTopic,
    /// Will Message (3.1.1), Will Payload (5.0).
    WillPayload,
    /// User Name.
    UserName,
    /// Password.
    Password,
    /// Connect Acknowledge Flags.
    ConnackFlags,
    /// Reason Code (3.1.1: Return Code).
    ReasonCode,
    /// Topic Name of PUBLISH.
    TopicName,
    /// Packet Identifier.
    PacketIdentifier,
    /// Topic Filter of SUBSCRIBE and UNSUBSCRIBE.
    TopicFilter,
    /// Subscription Options (3.1.1: Requested QoS).
    SubscriptionOptions,
    /// The payload as a whole.
    Payload,
    /// Property Length.
    PropertyLength,
    /// A property identifier that is not known.
    PropertyId,
    /// A property.
    Property(PropertyId),
    /// Property Length of the Will Properties.
    WillPropertyLength,
    /// A property of the Will.
    WillProperty(PropertyId),
}

/// A rule that a packet breaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The rule that is broken.
    pub rule: Rule,
    /// The packet type, where the first byte tells it.
    pub packet: Option<PacketType>,
    /// The field that breaks it.
    pub field: Field,
    /// The offset from the first byte of the packet; at most the length of the packet.
    pub offset: usize,
}

impl DecodeError {
    /// The normative statement that the bytes break in this version, where there is one.
    #[must_use]
    pub fn statement(&self, version: Version, sender: Sender) -> Option<&'static str> {
        statement(self.rule, version, self.packet, self.field, sender)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(packet) = self.packet {
            write!(f, "{packet}: ")?;
        }
        write!(f, "{} ({} at offset {})", self.rule, self.field, self.offset)
    }
}

impl core::error::Error for DecodeError {}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(id) => write!(f, "property {}", id.name()),
            Self::WillProperty(id) => write!(f, "Will property {}", id.name()),
            Self::FixedHeader => f.write_str("fixed header"),
            Self::RemainingLength => f.write_str("Remaining Length"),
            Self::End => f.write_str("end of packet"),
            Self::ProtocolName => f.write_str("Protocol Name"),
            Self::ProtocolLevel => f.write_str("Protocol Level"),
            Self::ConnectFlags => f.write_str("Connect Flags"),
            Self::KeepAlive => f.write_str("Keep Alive"),
            Self::ClientId => f.write_str("Client Identifier"),
            Self::WillTopic => f.write_str("Will Topic"),
            Self::WillPayload => f.write_str("Will Payload"),
            Self::UserName => f.write_str("User Name"),
            Self::Password => f.write_str("Password"),
            Self::ConnackFlags => f.write_str("Connect Acknowledge Flags"),
            Self::ReasonCode => f.write_str("Reason Code"),
            Self::TopicName => f.write_str("Topic Name"),
            Self::PacketIdentifier => f.write_str("Packet Identifier"),
            Self::TopicFilter => f.write_str("Topic Filter"),
            Self::SubscriptionOptions => f.write_str("Subscription Options"),
            Self::Payload => f.write_str("payload"),
            Self::PropertyLength => f.write_str("Property Length"),
            Self::PropertyId => f.write_str("property identifier"),
            Self::WillPropertyLength => f.write_str("Will Property Length"),
        }
    }
}

/// Why a packet cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The version has no such packet, property, option or code.
    NotInVersion {
        /// The packet that was to be written.
        packet: PacketType,
        /// What the version lacks.
        field: Field,
    },
    /// A string, a binary field or the packet is longer than its length field can say.
    TooLong {
        /// The packet that was to be written.
        packet: PacketType,
        /// The field that is too long.
        field: Field,
    },
    /// A PUBLISH of QoS 1 or 2 lacks a packet identifier, or one of QoS 0 has one: the bytes could not say so.
    PacketIdentifier,
    /// The value of a property has another wire type than its identifier asks for.
    PropertyType(PropertyId),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInVersion { packet, field } => write!(f, "{packet}: the version has no {field}"),
            Self::TooLong { packet, field } => write!(f, "{packet}: {field} is too long"),
            Self::PacketIdentifier => f.write_str("PUBLISH: packet identifier and QoS do not go together"),
            Self::PropertyType(id) => write!(f, "property {}: value of another type", id.name()),
        }
    }
}

impl core::error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn printed() {
        let error = DecodeError {
            rule: Rule::PropertyValue,
            packet: Some(PacketType::Connect),
            field: Field::Property(PropertyId::ReceiveMaximum),
            offset: 14,
        };
        assert_eq!(error.to_string(), "CONNECT: property value out of range (property ReceiveMaximum at offset 14)");
        let reserved =
            DecodeError { rule: Rule::PacketTypeReserved, packet: None, field: Field::FixedHeader, offset: 0 };
        assert_eq!(reserved.to_string(), "reserved packet type (fixed header at offset 0)");
    }

    #[test]
    fn every_rule_has_words_of_its_own() {
        for (index, rule) in Rule::ALL.iter().enumerate() {
            assert!(Rule::ALL[..index].iter().all(|other| other.to_string() != rule.to_string()), "{rule:?}");
        }
    }
}
