//! Golden packets: bytes that other implementations read the same way, and what is printed for them.

use mqttspec_codec::property::Home;
use mqttspec_codec::seeds::{self, Seed};
use mqttspec_codec::{Context, Decoded, Packet, PacketType, PropertyId, Sender, Version, decode};
use std::collections::BTreeSet;

fn packet(golden: &Seed) -> Packet<'_> {
    match decode(&golden.bytes, &Context::new(golden.version, golden.sender)) {
        Ok(Decoded::Packet { packet, len }) => {
            assert_eq!(len, golden.bytes.len(), "{}", golden.name);
            packet
        }
        other => panic!("{}: {other:?}", golden.name),
    }
}

#[test]
fn printed() {
    let mut wrong = String::new();
    for golden in seeds::golden() {
        let printed = packet(&golden).display(golden.version).to_string();
        if printed != golden.printed {
            wrong += &format!("{}\t{printed}\n", golden.name);
        }
    }
    assert!(wrong.is_empty(), "printed otherwise:\n{wrong}");
}

#[test]
fn written_again() {
    for golden in seeds::golden() {
        let bytes = packet(&golden).to_bytes(golden.version).expect("what was decoded can be written");
        assert_eq!(bytes, golden.bytes, "{}", golden.name);
    }
}

#[test]
fn names_are_unique() {
    let mut seen = BTreeSet::new();
    for golden in seeds::golden() {
        assert!(seen.insert(golden.name.clone()), "{} stands twice", golden.name);
    }
}

/// Every packet of both versions, from all who may send it, and every property in every packet that may carry it.
#[test]
fn complete() {
    let all = seeds::golden();
    let (mut types, mut homes) = (BTreeSet::new(), BTreeSet::new());
    for golden in &all {
        let packet = packet(golden);
        let mut carried = |home, properties: mqttspec_codec::Properties<'_>| {
            homes.extend(properties.iter().map(|property| (home, property.id)));
        };
        let own = Home::Packet(packet.packet_type());
        match packet {
            Packet::Connect(connect) => {
                carried(own, connect.properties);
                carried(Home::Will, connect.will.map(|will| will.properties).unwrap_or_default());
            }
            Packet::Connack(connack) => carried(own, connack.properties),
            Packet::Publish(publish) => carried(own, publish.properties),
            Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
                carried(own, ack.properties);
            }
            Packet::Subscribe(subscribe) => carried(own, subscribe.properties),
            Packet::Suback(suback) | Packet::Unsuback(suback) => carried(own, suback.properties),
            Packet::Unsubscribe(unsubscribe) => carried(own, unsubscribe.properties),
            Packet::Pingreq | Packet::Pingresp => {}
            Packet::Disconnect(disconnect) => carried(own, disconnect.properties),
            Packet::Auth(auth) => carried(own, auth.properties),
        }
        types.insert((packet.packet_type(), golden.version, golden.sender));
    }
    for packet in PacketType::ALL {
        for version in Version::ALL {
            for sender in [Sender::Client, Sender::Server] {
                let lawful = packet.allowed(version, sender);
                assert_eq!(types.contains(&(packet, version, sender)), lawful, "{packet} {version} {sender:?}");
            }
        }
    }
    for home in PacketType::ALL.into_iter().map(Home::Packet).chain([Home::Will]) {
        for &id in PropertyId::ALL {
            assert_eq!(homes.contains(&(home, id)), id.allowed_in(home), "{home:?} {id:?}");
        }
    }
}
