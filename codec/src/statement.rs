//! The one table from a broken rule to the normative statement of a version.
//!
//! An id alone is ambiguous: [MQTT-3.1.2-24] is Keep Alive in 3.1.1 and Maximum Packet Size in 5.0. So code names a
//! [`Rule`], and only this table names ids.

use crate::{Field, PacketType, PropertyId, Rule, Sender, Version};

/// The normative statement that is broken when `rule` is broken in `field` of `packet`, sent by `sender`; `None`
/// where the version only says so in prose (then the bytes are wrong, but no numbered statement is).
#[must_use]
pub fn statement(
    rule: Rule,
    version: Version,
    packet: Option<PacketType>,
    field: Field,
    sender: Sender,
) -> Option<&'static str> {
    match version {
        Version::V311 => v311(rule, packet, field),
        Version::V5 => v5(rule, packet, field, sender),
    }
}

fn v311(rule: Rule, packet: Option<PacketType>, field: Field) -> Option<&'static str> {
    Some(match (rule, packet, field) {
        (Rule::Utf8, ..) => "MQTT-1.5.3-1",
        (Rule::NullCharacter, ..) => "MQTT-1.5.3-2",
        (Rule::FixedHeaderFlags, Some(PacketType::Pubrel), _) => "MQTT-3.6.1-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Subscribe), _) => "MQTT-3.8.1-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Unsubscribe), _) => "MQTT-3.10.1-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Disconnect), _) => "MQTT-3.14.1-1",
        (Rule::FixedHeaderFlags, ..) => "MQTT-2.2.2-1",
        (Rule::ProtocolName, ..) => "MQTT-3.1.2-1",
        (Rule::ProtocolLevel, ..) => "MQTT-3.1.2-2",
        (Rule::ConnectFlagsReserved, ..) => "MQTT-3.1.2-3",
        // [MQTT-3.1.2-11] says both at once.
        (Rule::WillQosWithoutWill, ..) => "MQTT-3.1.2-13",
        (Rule::WillRetainWithoutWill, ..) => "MQTT-3.1.2-15",
        (Rule::WillQos, ..) => "MQTT-3.1.2-14",
        (Rule::PasswordWithoutUserName, ..) => "MQTT-3.1.2-22",
        (Rule::ClientIdEmpty, ..) => "MQTT-3.1.3-7",
        (Rule::SessionPresentOnRefusal, ..) => "MQTT-3.2.2-4",
        (Rule::PublishQos, ..) => "MQTT-3.3.1-4",
        (Rule::DupWithoutQos, ..) => "MQTT-3.3.1-2",
        (
            Rule::PacketIdentifierZero,
            Some(PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe),
            _,
        ) => "MQTT-2.3.1-1",
        (Rule::PacketIdentifierZero, Some(PacketType::Suback | PacketType::Unsuback), _) => "MQTT-2.3.1-7",
        // [MQTT-2.3.1-6] names the other three acknowledgements, not PUBCOMP.
        (Rule::PacketIdentifierZero, Some(PacketType::Pubcomp), _) => "MQTT-4.3.3-2",
        (Rule::PacketIdentifierZero, ..) => "MQTT-2.3.1-6",
        (Rule::TopicNameEmpty | Rule::TopicFilterEmpty, ..) => "MQTT-4.7.3-1",
        (Rule::TopicNameWildcard, Some(PacketType::Publish), _) => "MQTT-3.3.2-2",
        (Rule::TopicNameWildcard, ..) => "MQTT-4.7.1-1",
        (Rule::SubscriptionOptionsReserved | Rule::SubscriptionQos, ..) => "MQTT-3.8.3-4",
        (Rule::PayloadEmpty, Some(PacketType::Subscribe), _) => "MQTT-3.8.3-3",
        (Rule::PayloadEmpty, Some(PacketType::Unsubscribe), _) => "MQTT-3.10.3-2",
        (Rule::PayloadEmpty, Some(PacketType::Suback), _) => "MQTT-3.8.4-5",
        // A Server for which no listed code is right sends no CONNACK.
        (Rule::ReasonCode, Some(PacketType::Connack), _) => "MQTT-3.2.2-6",
        (Rule::ReasonCode, Some(PacketType::Suback), _) => "MQTT-3.9.3-2",
        (Rule::MultiLevelWildcard, ..) => "MQTT-4.7.1-2",
        (Rule::SingleLevelWildcard, ..) => "MQTT-4.7.1-3",
        (Rule::Overrun, Some(PacketType::Connect), Field::ClientId) => "MQTT-3.1.3-3",
        (Rule::Overrun, Some(PacketType::Connect), Field::UserName) => "MQTT-3.1.2-19",
        (Rule::Overrun, Some(PacketType::Connect), Field::Password) => "MQTT-3.1.2-21",
        (Rule::Overrun, Some(PacketType::Connect), Field::WillTopic | Field::WillPayload) => "MQTT-3.1.2-9",
        (Rule::Overrun | Rule::TrailingBytes, Some(PacketType::Connect), _) => "MQTT-3.1.4-1",
        (Rule::Overrun, Some(PacketType::Publish), Field::TopicName) => "MQTT-3.3.2-1",
        _ => return None,
    })
}

fn v5(rule: Rule, packet: Option<PacketType>, field: Field, sender: Sender) -> Option<&'static str> {
    Some(match (rule, packet, field) {
        (Rule::Utf8 | Rule::NullCharacter, _, Field::Property(PropertyId::UserProperty)) => "MQTT-1.5.7-1",
        (Rule::Utf8 | Rule::NullCharacter, _, Field::WillProperty(PropertyId::UserProperty)) => "MQTT-1.5.7-1",
        (Rule::Utf8 | Rule::NullCharacter, Some(PacketType::Publish), Field::Property(PropertyId::ResponseTopic)) => {
            "MQTT-3.3.2-13"
        }
        (Rule::Utf8 | Rule::NullCharacter, Some(PacketType::Publish), Field::Property(PropertyId::ContentType)) => {
            "MQTT-3.3.2-19"
        }
        (Rule::Utf8, ..) => "MQTT-1.5.4-1",
        (Rule::NullCharacter, ..) => "MQTT-1.5.4-2",
        (Rule::VariableByteIntegerMinimal, ..) => "MQTT-1.5.5-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Pubrel), _) => "MQTT-3.6.1-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Subscribe), _) => "MQTT-3.8.1-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Unsubscribe), _) => "MQTT-3.10.1-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Disconnect), _) => "MQTT-3.14.1-1",
        (Rule::FixedHeaderFlags, Some(PacketType::Auth), _) => "MQTT-3.15.1-1",
        (Rule::FixedHeaderFlags, ..) => "MQTT-2.1.3-1",
        (Rule::PacketTooLarge, ..) if sender == Sender::Server => "MQTT-3.1.2-24",
        (Rule::PacketTooLarge, ..) => "MQTT-3.2.2-15",
        (Rule::ProtocolName, ..) => "MQTT-3.1.2-1",
        (Rule::ProtocolLevel, ..) => "MQTT-3.1.2-2",
        (Rule::ConnectFlagsReserved, ..) => "MQTT-3.1.2-3",
        (Rule::WillQosWithoutWill, ..) => "MQTT-3.1.2-11",
        (Rule::WillRetainWithoutWill, ..) => "MQTT-3.1.2-13",
        (Rule::WillQos, ..) => "MQTT-3.1.2-12",
        (Rule::ConnackFlagsReserved, ..) => "MQTT-3.2.2-1",
        (Rule::SessionPresentOnRefusal, ..) => "MQTT-3.2.2-6",
        (Rule::PublishQos, ..) => "MQTT-3.3.1-4",
        (Rule::DupWithoutQos, ..) => "MQTT-3.3.1-2",
        (Rule::PacketIdentifierZero, Some(PacketType::Publish), _) if sender == Sender::Server => "MQTT-2.2.1-4",
        (
            Rule::PacketIdentifierZero,
            Some(PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe),
            _,
        ) => "MQTT-2.2.1-3",
        (Rule::PacketIdentifierZero, Some(PacketType::Suback | PacketType::Unsuback), _) => "MQTT-2.2.1-6",
        (Rule::PacketIdentifierZero, ..) => "MQTT-2.2.1-5",
        (Rule::TopicNameEmpty | Rule::TopicFilterEmpty, ..) => "MQTT-4.7.3-1",
        (Rule::TopicNameWildcard, Some(PacketType::Publish), Field::TopicName) => "MQTT-3.3.2-2",
        (
            Rule::TopicNameWildcard,
            _,
            Field::Property(PropertyId::ResponseTopic) | Field::WillProperty(PropertyId::ResponseTopic),
        ) => "MQTT-3.3.2-14",
        (Rule::TopicNameWildcard, ..) => "MQTT-4.7.0-1",
        (Rule::MultiLevelWildcard, ..) => "MQTT-4.7.1-1",
        (Rule::SingleLevelWildcard, ..) => "MQTT-4.7.1-2",
        (Rule::ShareNameEmpty, ..) => "MQTT-4.8.2-1",
        (Rule::SharedFilter, ..) => "MQTT-4.8.2-2",
        (Rule::NoLocalOnShared, ..) => "MQTT-3.8.3-4",
        (Rule::SubscriptionOptionsReserved, ..) => "MQTT-3.8.3-5",
        (Rule::PayloadEmpty, Some(PacketType::Subscribe), _) => "MQTT-3.8.3-2",
        (Rule::PayloadEmpty, Some(PacketType::Unsubscribe), _) => "MQTT-3.10.3-2",
        (Rule::PayloadEmpty, Some(PacketType::Suback), _) => "MQTT-3.8.4-6",
        (Rule::PayloadEmpty, Some(PacketType::Unsuback), _) => "MQTT-3.11.3-2",
        (Rule::ReasonCode, Some(packet), _) => match packet {
            PacketType::Connack => "MQTT-3.2.2-8",
            PacketType::Puback => "MQTT-3.4.2-1",
            PacketType::Pubrec => "MQTT-3.5.2-1",
            PacketType::Pubrel => "MQTT-3.6.2-1",
            PacketType::Pubcomp => "MQTT-3.7.2-1",
            PacketType::Suback => "MQTT-3.9.3-2",
            PacketType::Unsuback => "MQTT-3.11.3-2",
            PacketType::Disconnect => "MQTT-3.14.2-1",
            PacketType::Auth => "MQTT-3.15.2-1",
            _ => return None,
        },
        (Rule::PropertyLengthMissing, ..) => "MQTT-2.2.2-1",
        (Rule::PropertyValue, Some(PacketType::Publish), Field::Property(PropertyId::TopicAlias)) => "MQTT-3.3.2-8",
        (Rule::PropertyNotAllowed, Some(PacketType::Publish), Field::Property(PropertyId::SubscriptionIdentifier))
            if sender == Sender::Client =>
        {
            "MQTT-3.3.4-6"
        }
        (
            Rule::PropertyNotAllowed,
            Some(PacketType::Disconnect),
            Field::Property(PropertyId::SessionExpiryInterval),
        ) => "MQTT-3.14.2-2",
        (Rule::Overrun, Some(PacketType::Connect), Field::ClientId) => "MQTT-3.1.3-3",
        (Rule::Overrun, Some(PacketType::Connect), Field::UserName) => "MQTT-3.1.2-17",
        (Rule::Overrun, Some(PacketType::Connect), Field::Password) => "MQTT-3.1.2-19",
        (
            Rule::Overrun,
            Some(PacketType::Connect),
            Field::WillPropertyLength | Field::WillTopic | Field::WillPayload,
        ) => "MQTT-3.1.2-9",
        (Rule::Overrun | Rule::TrailingBytes, Some(PacketType::Connect), _) => "MQTT-3.1.4-1",
        (Rule::Overrun, Some(PacketType::Publish), Field::TopicName) => "MQTT-3.3.2-1",
        _ => return None,
    })
}
