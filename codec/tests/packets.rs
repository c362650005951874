//! What holds for every valid packet, for every packet that is nearly valid, and for bytes of any kind.

#[path = "support/judge.rs"]
mod judge;
#[path = "support/packets.rs"]
mod packets;
#[path = "support/values.rs"]
mod values;

use judge::{judge, judge_in};
use mqttspec_codec::property::Home;
use mqttspec_codec::{
    Context, Decoded, Packet, PacketType, PropertyId, ReasonCode, Sender, Version, decode, frame, raw,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

/// Version, sender and a valid packet.
fn any_packet() -> impl Strategy<Value = (Version, Sender, Packet<'static>)> {
    let versions = proptest::sample::select(Version::ALL.to_vec());
    let senders = proptest::sample::select(vec![Sender::Client, Sender::Server]);
    (versions, senders).prop_flat_map(|(version, sender)| {
        packets::packet(version, sender).prop_map(move |packet| (version, sender, packet))
    })
}

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
    fn round_trip((version, sender, packet) in any_packet()) {
        let bytes = packet.to_bytes(version).expect("a valid packet can be written");
        let context = Context::new(version, sender);
        prop_assert_eq!(decode(&bytes, &context), Ok(Decoded::Packet { packet, len: bytes.len() }));
        judge_in(&bytes, &context);
        // What follows in the buffer does not matter.
        let mut more = bytes.clone();
        more.extend([0xff; 9]);
        prop_assert_eq!(decode(&more, &context), Ok(Decoded::Packet { packet, len: bytes.len() }));
    }

    #[test]
    fn strict_prefixes_are_incomplete((version, sender, packet) in any_packet()) {
        let bytes = packet.to_bytes(version).expect("a valid packet can be written");
        let context = Context::new(version, sender);
        for len in 0..bytes.len() {
            prop_assert_eq!(decode(&bytes[..len], &context), Ok(Decoded::Incomplete), "{} of {}", len, bytes.len());
        }
    }

    #[test]
    fn nearly_valid_packets(
        (version, sender, packet) in any_packet(),
        mutations in vec(mutation(), 1..4),
        true_length in any::<bool>(),
    ) {
        let mut bytes = packet.to_bytes(version).expect("a valid packet can be written");
        if true_length {
            // The Remaining Length is set right again, or hardly a mutation would get past it.
            let header = frame(&bytes).expect("a valid header").expect("a whole header").header;
            let (first, mut body) = (bytes[0], bytes.split_off(header));
            mutations.iter().for_each(|mutation| mutate(&mut body, mutation));
            bytes = raw::Builder::new().bytes(&body).packet(first);
        } else {
            mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        }
        judge_in(&bytes, &Context::new(version, sender));
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
            let strategy = packets::packet(version, sender);
            for _ in 0..6_000 {
                let packet = strategy.new_tree(&mut runner).expect("a packet").current();
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
            let all = PacketType::ALL.into_iter().filter(|packet| packet.allowed(version, sender)).map(Home::Packet);
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

/// The codes and the properties of a packet.
fn contents(packet: &Packet<'static>) -> (Vec<ReasonCode>, mqttspec_codec::Properties<'static>) {
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
