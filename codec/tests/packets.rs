//! What holds for every valid packet, for every packet that is nearly valid, and for bytes of any kind.

#[path = "support/judge.rs"]
mod judge;

use judge::{judge, judge_in};
use mqttspec_codec::generate::strategy::{self, any_packet};
use mqttspec_codec::generate::{Arena, Shape};
use mqttspec_codec::property::Home;
use mqttspec_codec::{
    Decoded, Packet, PacketType, PropertyId, ReasonCode, Sender, Value, Version, decode, frame, raw, varint,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};

/// What may happen to a packet on the way to a broken one.
#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Cut(prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use prop::sample::Index;
    let telling = prop_oneof![Just(0), Just(1), Just(0x7f), Just(0x80), Just(0xff), Just(b'#'), any::<u8>()];
    prop_oneof![
        (any::<Index>(), telling.clone()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (any::<Index>(), telling).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        any::<Index>().prop_map(Mutation::Remove),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
        any::<Index>().prop_map(Mutation::Cut),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match mutation {
        Mutation::Set(at, byte) => bytes[at.index(len)] = *byte,
        Mutation::Flip(at, bit) => bytes[at.index(len)] ^= 1 << bit,
        Mutation::Insert(at, byte) => bytes.insert(at.index(len), *byte),
        Mutation::Remove(at) => drop(bytes.remove(at.index(len))),
        Mutation::Repeat(from, to) => {
            let (from, to) = (from.index(len), to.index(len));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(to..to, piece);
        }
        Mutation::Cut(at) => bytes.truncate(at.index(len)),
    }
}

proptest! {
    #[test]
    fn round_trip(recipe in any_packet()) {
        let (arena, context) = (Arena::new(), recipe.shape().context());
        let packet = recipe.packet(&arena);
        let bytes = recipe.to_bytes();
        prop_assert_eq!(decode(&bytes, &context), Ok(Decoded::Packet { packet, len: bytes.len() }));
        judge_in(&bytes, &context);
        // What follows in the buffer does not matter.
        let mut more = bytes.clone();
        more.extend([0xff; 9]);
        prop_assert_eq!(decode(&more, &context), Ok(Decoded::Packet { packet, len: bytes.len() }));
    }

    #[test]
    fn strict_prefixes_are_incomplete(recipe in any_packet()) {
        let bytes = recipe.to_bytes();
        let context = recipe.shape().context();
        for len in 0..bytes.len() {
            prop_assert_eq!(decode(&bytes[..len], &context), Ok(Decoded::Incomplete), "{} of {}", len, bytes.len());
        }
    }

    #[test]
    fn nearly_valid_packets(
        recipe in any_packet(),
        mutations in vec(mutation(), 1..4),
        true_length in any::<bool>(),
    ) {
        let mut bytes = recipe.to_bytes();
        if true_length {
            // The Remaining Length is set right again, or hardly a mutation would get past it.
            let header = frame(&bytes).expect("a valid header").expect("a whole header").header;
            let (first, mut body) = (bytes[0], bytes.split_off(header));
            mutations.iter().for_each(|mutation| mutate(&mut body, mutation));
            bytes = raw::Builder::new().bytes(&body).packet(first);
        } else {
            mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        }
        judge_in(&bytes, &recipe.shape().context());
        judge(&bytes);
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        judge(&bytes);
    }

    #[test]
    fn any_body(first in any::<u8>(), body in vec(any::<u8>(), 0..120)) {
        judge(&raw::Builder::new().bytes(&body).packet(first));
    }

    /// Small numbers are what lengths, identifiers and flags are made of.
    #[test]
    fn any_body_of_small_numbers(first in any::<u8>(), body in vec(0..0x30_u8, 0..60)) {
        judge(&raw::Builder::new().bytes(&body).packet(first));
    }
}

/// The generators reach every packet, every property in every packet that may carry it, and every code: else the
/// properties above would prove less than they say.
#[test]
fn generators_cover_the_protocol() {
    for version in Version::ALL {
        for sender in [Sender::Client, Sender::Server] {
            let (mut homes, mut codes, mut types) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            let mut runner = TestRunner::deterministic();
            let strategy = strategy::packet(version, sender);
            for _ in 0..4_000 {
                let (arena, recipe) = (Arena::new(), strategy.new_tree(&mut runner).expect("a packet").current());
                let packet = recipe.packet(&arena);
                let own = Home::Packet(packet.packet_type());
                types.insert(packet.packet_type());
                let (reasons, properties) = contents(&packet);
                codes.extend(reasons.into_iter().map(|code| (packet.packet_type(), code)));
                homes.extend(properties.iter().map(|property| (own, property.id)));
                if let Packet::Connect(mqttspec_codec::Connect { will: Some(will), .. }) = packet {
                    homes.extend(will.properties.iter().map(|property| (Home::Will, property.id)));
                }
            }
            for packet in PacketType::ALL {
                assert_eq!(types.contains(&packet), packet.allowed(version, sender), "{version} {sender:?} {packet}");
                for code in (0..=255).map(ReasonCode) {
                    let lawful = packet.allowed(version, sender) && code.allowed(version, packet, sender);
                    let has_codes = codes.iter().any(|seen| seen.0 == packet);
                    assert_eq!(codes.contains(&(packet, code)), lawful && has_codes, "{version} {packet} {code}");
                }
            }
            let all = Shape::of(version, sender).map(|shape| Home::Packet(shape.packet_type()));
            let will = (sender == Sender::Client).then_some(Home::Will);
            for home in all.chain(will) {
                for &id in PropertyId::ALL {
                    let lawful = version == Version::V5 && id.allowed_in(home) && id.allowed_from(home, sender);
                    assert_eq!(homes.contains(&(home, id)), lawful, "{version} {sender:?} {home:?} {id:?}");
                }
            }
        }
    }
}

/// The values at the edges are generated too, and not only the short and simple ones.
#[test]
fn generators_reach_the_edges() {
    let mut runner = TestRunner::deterministic();
    let mut edges = BTreeMap::new();
    for shape in Shape::all() {
        let strategy = strategy::packet_of(shape);
        for _ in 0..700 {
            let (arena, recipe) = (Arena::new(), strategy.new_tree(&mut runner).expect("a packet").current());
            let packet = recipe.packet(&arena);
            let (_, properties) = contents(&packet);
            let count = properties.iter().count();
            let mut note = |edge, reached| *edges.entry(edge).or_insert(false) |= reached;
            note("more User Properties than one", properties.user_properties().count() > 1);
            note("more Subscription Identifiers than one", properties.subscription_identifiers().count() > 1);
            note("all properties of CONNACK", count >= 17);
            let sorted = properties.iter().map(|property| property.id).is_sorted();
            note("properties in another order than that of their identifiers", !sorted);
            for property in properties {
                note("a number of 0", matches!(property.value, Value::FourByte(0)));
                note("the largest number", matches!(property.value, Value::FourByte(u32::MAX)));
                note("the largest Variable Byte Integer", matches!(property.value, Value::VarInt(varint::MAX)));
                if let Value::Text(text) = property.value {
                    note("the longest string", text.len() == 65_535);
                    note("an empty string", text.is_empty());
                    for odd in ["\u{feff}", "\u{fffe}", "\u{202e}", "\u{10ffff}", "😀", "\u{1}"] {
                        note(odd, text.as_str().is_some_and(|text| text.contains(odd)));
                    }
                }
            }
            match packet {
                Packet::Publish(publish) => {
                    note("no topic but an alias", publish.topic.is_empty());
                    note("the longest topic", publish.topic.len() == 65_535);
                    note("packet identifier 1", publish.packet_identifier == Some(1));
                    note("packet identifier 65535", publish.packet_identifier == Some(u16::MAX));
                    note("an empty payload", publish.payload.is_empty());
                }
                Packet::Subscribe(subscribe) => {
                    let filters = subscribe.subscriptions.iter();
                    note("twelve subscriptions", filters.clone().count() == 12);
                    note(
                        "a shared filter",
                        filters.clone().any(|entry| entry.filter.as_bytes().starts_with(b"$share/")),
                    );
                    note("the longest filter", filters.clone().any(|entry| entry.filter.len() == 65_535));
                    let options: BTreeSet<u8> = filters.map(|entry| entry.options.bits()).collect();
                    note("all options at once", options.contains(&0x2e));
                }
                Packet::Connect(connect) => {
                    note("a password alone", connect.password.is_some() && connect.user_name.is_none());
                    note("the longest password", connect.password.is_some_and(|password| password.len() == 65_535));
                    note("an empty Will Payload", connect.will.is_some_and(|will| will.payload.is_empty()));
                    note("no Keep Alive", connect.keep_alive == 0);
                }
                _ => {}
            }
        }
    }
    let missed: Vec<&str> = edges.into_iter().filter_map(|(edge, reached)| (!reached).then_some(edge)).collect();
    assert_eq!(missed, [""; 0]);
}

/// The codes and the properties of a packet.
fn contents<'a>(packet: &Packet<'a>) -> (Vec<ReasonCode>, mqttspec_codec::Properties<'a>) {
    match packet {
        Packet::Connect(connect) => (vec![], connect.properties),
        Packet::Connack(connack) => (vec![connack.reason], connack.properties),
        Packet::Publish(publish) => (vec![], publish.properties),
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
            (vec![ack.reason], ack.properties)
        }
        Packet::Subscribe(subscribe) => (vec![], subscribe.properties),
        Packet::Suback(suback) | Packet::Unsuback(suback) => (suback.reason_codes().collect(), suback.properties),
        Packet::Unsubscribe(unsubscribe) => (vec![], unsubscribe.properties),
        Packet::Pingreq | Packet::Pingresp => (vec![], mqttspec_codec::Properties::EMPTY),
        Packet::Disconnect(disconnect) => (vec![disconnect.reason], disconnect.properties),
        Packet::Auth(auth) => (vec![auth.reason], auth.properties),
    }
}
