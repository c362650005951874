//! The size that is told before writing is the number of bytes that are written.

use mqttspec_codec::generate::Arena;
use mqttspec_codec::generate::strategy::any_packet;
use mqttspec_codec::{
    EncodeError, Field, Packet, PacketType, Properties, Property, PropertyId, Publish, QoS, Value, Version, varint,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn size_is_what_is_written(recipe in any_packet()) {
        let arena = Arena::new();
        let packet = recipe.packet(&arena);
        // What a version lacks, it lacks in both questions.
        for version in Version::ALL {
            let written = packet.to_bytes(version).map(|bytes| bytes.len());
            prop_assert_eq!(packet.size(version), written);
            prop_assert!(written.is_ok() || version != recipe.shape().version());
        }
    }
}

const fn publish<'a>(properties: Properties<'a>, payload: &'a [u8]) -> Packet<'a> {
    let topic = mqttspec_codec::Text::from_bytes(b"a");
    let (dup, retain) = (false, false);
    Packet::Publish(Publish { dup, qos: QoS::AtMostOnce, retain, topic, packet_identifier: None, properties, payload })
}

/// The largest packet and one byte more.
#[test]
fn at_the_largest_packet() {
    let payload = vec![0; varint::MAX as usize - 2];
    let largest = publish(Properties::EMPTY, &payload[..payload.len() - 1]);
    assert_eq!(largest.size(Version::V311), Ok(varint::MAX as usize + 5));
    let error = EncodeError::TooLong { packet: PacketType::Publish, field: Field::RemainingLength };
    let mut out = Vec::new();
    let packet = publish(Properties::EMPTY, &payload);
    assert_eq!((packet.size(Version::V311), packet.encode(Version::V311, &mut out)), (Err(error), Err(error)));
    assert_eq!(out.capacity(), 0);
}

/// A packet that cannot be written has no size.
#[test]
fn errors_are_the_same() {
    let long = "x".repeat(65_536);
    let rows = [
        Property { id: PropertyId::TopicAlias, value: Value::Byte(1) },
        Property { id: PropertyId::SubscriptionIdentifier, value: Value::VarInt(varint::MAX + 1) },
        Property::text(PropertyId::ContentType, &long),
        Property::user("key", &long),
    ];
    for property in rows {
        let properties = [property];
        let packet = publish(Properties::list(&properties), b"");
        let size = packet.size(Version::V5);
        assert!(size.is_err(), "{:?}", property.id);
        assert_eq!(size, packet.to_bytes(Version::V5).map(|bytes| bytes.len()));
    }
}
