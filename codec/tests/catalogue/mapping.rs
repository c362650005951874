//! Every statement that a broken rule leads to is in the catalogue of its version.

use mqttspec_codec::{Field, PacketType, PropertyId, Rule, Sender, Version, statement};
use std::collections::BTreeSet;

/// The ids of the catalogue.
pub(crate) fn catalogue(version: Version) -> BTreeSet<&'static str> {
    let text = match version {
        Version::V311 => include_str!("../../../scenarios/statements/mqtt-3.1.1.kdl"),
        Version::V5 => include_str!("../../../scenarios/statements/mqtt-5.0.kdl"),
    };
    let ids = text.lines().filter_map(|line| line.strip_prefix("statement "));
    ids.map(|line| line.split(' ').next().expect("an id")).collect()
}

/// Every field.
pub(crate) fn fields() -> Vec<Field> {
    let mut fields = vec![
        Field::FixedHeader,
        Field::RemainingLength,
        Field::End,
        Field::ProtocolName,
        Field::ProtocolLevel,
        Field::ConnectFlags,
        Field::KeepAlive,
        Field::ClientId,
        Field::WillTopic,
        Field::WillPayload,
        Field::UserName,
        Field::Password,
        Field::ConnackFlags,
        Field::ReasonCode,
        Field::TopicName,
        Field::PacketIdentifier,
        Field::TopicFilter,
        Field::SubscriptionOptions,
        Field::Payload,
        Field::PropertyLength,
        Field::PropertyId,
        Field::WillPropertyLength,
    ];
    for &id in PropertyId::ALL {
        fields.extend([Field::Property(id), Field::WillProperty(id)]);
    }
    fields
}

/// What the table names in a version, over all that it can be asked.
pub(crate) fn named(version: Version) -> BTreeSet<&'static str> {
    let packets = PacketType::ALL.into_iter().map(Some).chain([None]).collect::<Vec<_>>();
    let fields = fields();
    let mut named = BTreeSet::new();
    for &rule in Rule::ALL {
        for &packet in &packets {
            for &field in &fields {
                for sender in [Sender::Client, Sender::Server] {
                    named.extend(statement(rule, version, packet, field, sender));
                }
            }
        }
    }
    named
}

#[test]
fn every_statement_is_in_the_catalogue() {
    for version in Version::ALL {
        let catalogue = catalogue(version);
        assert!(catalogue.len() > 100, "{version}: {} statements", catalogue.len());
        for id in named(version) {
            assert!(catalogue.contains(id), "{version}: the catalogue has no {id}");
        }
    }
}

/// No arm of the table is dead: all ids in its source are named by some question in their version.
#[test]
fn every_id_of_the_table_is_reached() {
    let source = include_str!("../../src/statement.rs");
    let (v311, v5) = source.split_once("fn v5(").expect("the 3.1.1 half stands first");
    for (version, half) in [(Version::V311, v311), (Version::V5, v5)] {
        let ids = half.split('"').filter(|piece| piece.starts_with("MQTT-"));
        let ids = ids.collect::<BTreeSet<_>>();
        assert_eq!(named(version), ids, "{version}");
        assert!(ids.len() > 30, "{version}: {}", ids.len());
    }
}

/// The same id means two things: [MQTT-3.1.2-24] is Keep Alive in 3.1.1 and Maximum Packet Size in 5.0.
#[test]
fn ids_are_of_their_version() {
    let too_large = |version| {
        statement(Rule::PacketTooLarge, version, Some(PacketType::Publish), Field::RemainingLength, Sender::Server)
    };
    assert_eq!((too_large(Version::V311), too_large(Version::V5)), (None, Some("MQTT-3.1.2-24")));
}
