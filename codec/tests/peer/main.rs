//! The golden packets as another codec reads them: `mqtt-proto` decodes the same bytes, and field by field it is the
//! same packet.

#[path = "../support/golden.rs"]
mod golden;
mod v311;
mod v5;

use mqttspec_codec::{Context, Decoded, Packet, Properties, Property, Text, Version, decode};

/// What `mqtt-proto` cannot read or cannot say.
const LEFT_OUT: [(&str, &str); 1] =
    [("publish-subscription-identifiers 5.0", "it takes one Subscription Identifier in a PUBLISH")];

pub(crate) fn leak(bytes: &[u8]) -> &'static [u8] {
    bytes.to_vec().leak()
}

pub(crate) fn text(text: &str) -> Text<'static> {
    Text::from_bytes(leak(text.as_bytes()))
}

/// The packet with its properties in the order of their identifiers: the other codec does not keep any other.
fn sorted(packet: Packet<'static>) -> Packet<'static> {
    let by_id = |properties: Properties<'static>| {
        let mut list: Vec<Property<'static>> = properties.iter().collect();
        list.sort_by_key(|property| property.id);
        Properties::list(list.leak())
    };
    let mut packet = packet;
    match &mut packet {
        Packet::Connect(connect) => {
            connect.properties = by_id(connect.properties);
            if let Some(will) = &mut connect.will {
                will.properties = by_id(will.properties);
            }
        }
        Packet::Connack(connack) => connack.properties = by_id(connack.properties),
        Packet::Publish(publish) => publish.properties = by_id(publish.properties),
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
            ack.properties = by_id(ack.properties);
        }
        Packet::Subscribe(subscribe) => subscribe.properties = by_id(subscribe.properties),
        Packet::Suback(suback) | Packet::Unsuback(suback) => suback.properties = by_id(suback.properties),
        Packet::Unsubscribe(unsubscribe) => unsubscribe.properties = by_id(unsubscribe.properties),
        Packet::Pingreq | Packet::Pingresp => {}
        Packet::Disconnect(disconnect) => disconnect.properties = by_id(disconnect.properties),
        Packet::Auth(auth) => auth.properties = by_id(auth.properties),
    }
    packet
}

#[test]
fn reads_the_same() {
    let mut compared = 0;
    for golden in golden::load() {
        let left_out = LEFT_OUT.iter().any(|row| row.0 == golden.name);
        let bytes = leak(&golden.bytes);
        let theirs = match golden.version {
            Version::V311 => v311::packet(bytes),
            Version::V5 => v5::packet(bytes),
        };
        let theirs = match theirs {
            Ok(packet) => packet,
            Err(_) if left_out => continue,
            Err(error) => panic!("{}: {error}", golden.name),
        };
        let Ok(Decoded::Packet { packet: ours, .. }) = decode(bytes, &Context::new(golden.version, golden.sender))
        else {
            panic!("{}", golden.name);
        };
        assert!(!left_out, "{}: the other codec can read it by now", golden.name);
        assert_eq!(sorted(ours), sorted(theirs), "{}: {}", golden.name, golden.printed);
        compared += 1;
    }
    assert_eq!(compared + LEFT_OUT.len(), golden::load().len());
}
