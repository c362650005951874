//! What a client did wrong, and the Reason Code for it (5.0, 4.13).

use mqttspec_codec::{DecodeError, Field, PacketType, PropertyId, ReasonCode, Rule};
use std::borrow::Cow;

/// A Malformed Packet or a Protocol Error: it costs the client its Network Connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The Reason Code; 3.1.1 has no way to tell it.
    pub(crate) reason: ReasonCode,
    /// The Reason String.
    pub(crate) text: Cow<'static, str>,
}

impl Violation {
    pub(crate) const fn new(reason: ReasonCode, text: &'static str) -> Self {
        Self { reason, text: Cow::Borrowed(text) }
    }

    pub(crate) const fn protocol_error(text: &'static str) -> Self {
        Self::new(ReasonCode::PROTOCOL_ERROR, text)
    }
}

impl From<DecodeError> for Violation {
    fn from(error: DecodeError) -> Self {
        Self { reason: reason(&error), text: Cow::Owned(error.to_string()) }
    }
}

/// A packet that cannot be taken apart is malformed; one that says what the protocol does not allow is a Protocol
/// Error (1.2); where the text names a code of its own, that one.
fn reason(error: &DecodeError) -> ReasonCode {
    match error.rule {
        Rule::PacketTooLarge => ReasonCode::PACKET_TOO_LARGE,
        // 3.3.4: a Topic Alias of 0.
        Rule::PropertyValue if error.field == Field::Property(PropertyId::TopicAlias) => {
            ReasonCode::TOPIC_ALIAS_INVALID
        }
        // A property that the packet knows, but not from a client.
        // [v5:MQTT-3.3.4-6]
        Rule::PropertyNotAllowed
            if error.packet == Some(PacketType::Publish)
                && error.field == Field::Property(PropertyId::SubscriptionIdentifier) =>
        {
            ReasonCode::PROTOCOL_ERROR
        }
        // [v5:MQTT-1.5.4-1] [v5:MQTT-1.5.4-2] [v5:MQTT-1.5.5-1] [v5:MQTT-1.5.7-1] [v5:MQTT-2.1.3-1]
        // [v5:MQTT-3.1.2-3] [v5:MQTT-3.3.1-4] [v5:MQTT-3.6.1-1] [v5:MQTT-3.8.1-1] [v5:MQTT-3.8.3-5]
        // [v5:MQTT-3.10.1-1] [v5:MQTT-3.14.1-1] [v5:MQTT-3.15.1-1]
        Rule::PacketTypeReserved
        | Rule::FixedHeaderFlags
        | Rule::VariableByteIntegerLength
        | Rule::VariableByteIntegerMinimal
        | Rule::Overrun
        | Rule::TrailingBytes
        | Rule::PropertyLengthMissing
        | Rule::Utf8
        | Rule::NullCharacter
        | Rule::ConnectFlagsReserved
        | Rule::WillQos
        | Rule::WillQosWithoutWill
        | Rule::WillRetainWithoutWill
        | Rule::PublishQos
        | Rule::SubscriptionOptionsReserved
        | Rule::PropertyUnknown
        | Rule::PropertyNotAllowed => ReasonCode::MALFORMED_PACKET,
        // Protocol Name and Protocol Level come here only from a second CONNECT.
        // [v5:MQTT-3.3.2-2] [v5:MQTT-3.3.2-14] [v5:MQTT-4.7.0-1] [v5:MQTT-4.7.1-1] [v5:MQTT-4.7.1-2]
        // [v5:MQTT-4.7.3-1] [v5:MQTT-4.8.2-1] [v5:MQTT-4.8.2-2]
        _ => ReasonCode::PROTOCOL_ERROR,
    }
}
