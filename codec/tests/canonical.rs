//! The canonical form, as `Packet::encode` describes it: the encoder writes it, and whatever else says the same comes
//! back in it.

use mqttspec_codec::generate::strategy::any_packet;
use mqttspec_codec::generate::{Recipe, Shape};
use mqttspec_codec::{Decoded, Packet, PacketType, Version, decode, frame, raw, varint};
use proptest::prelude::*;

fn decoded(bytes: &[u8], shape: Shape) -> Packet<'_> {
    match decode(bytes, &shape.context()) {
        Ok(Decoded::Packet { packet, len }) if len == bytes.len() => packet,
        other => panic!("{bytes:02x?}: {other:?}"),
    }
}

/// Every other valid way to say what these canonical bytes say.
fn other_spellings(canonical: &[u8], shape: Shape) -> Vec<Vec<u8>> {
    let header = frame(canonical).expect("a valid header").expect("a whole header").header;
    let (first, body) = (canonical[0], &canonical[header..]);
    match shape.version() {
        // Needless bytes in the Remaining Length are an error in 5.0 alone ([MQTT-1.5.5-1]).
        Version::V311 => (header..5)
            .map(|len| {
                let (mut length, shortest) = varint::encode(body.len() as u32);
                length[shortest - 1] |= 0x80;
                length[shortest..].fill(0x80);
                length[len - 1] &= 0x7f;
                raw::Builder::new().bytes(body).packet_with_length(first, &length[..len])
            })
            .collect(),
        Version::V5 => {
            // What may stand in front of a reason code that may be left out.
            let before = match shape.packet_type() {
                PacketType::Puback | PacketType::Pubrec | PacketType::Pubrel | PacketType::Pubcomp => 2,
                PacketType::Disconnect => 0,
                // A Property Length of 0 would say that an Authentication Method is missing.
                _ => return Vec::new(),
            };
            let tails: &[&[u8]] = match body.len() - before {
                0 => &[&[0], &[0, 0]],
                1 => &[&[0]],
                _ => &[],
            };
            tails.iter().map(|tail| raw::Builder::new().bytes(body).bytes(tail).packet(first)).collect()
        }
    }
}

/// Says whether there was another spelling.
fn check(recipe: &Recipe) -> bool {
    let shape = recipe.shape();
    let canonical = recipe.to_bytes();
    let packet = decoded(&canonical, shape);
    assert_eq!(packet.to_bytes(shape.version()).as_ref(), Ok(&canonical));
    let others = other_spellings(&canonical, shape);
    for other in &others {
        assert!(other.len() > canonical.len());
        let same = decoded(other, shape);
        assert_eq!(same, packet, "{other:02x?}");
        assert_eq!(same.to_bytes(shape.version()).as_ref(), Ok(&canonical), "{other:02x?}");
    }
    !others.is_empty()
}

proptest! {
    #[test]
    fn what_was_decoded_is_written_in_canonical_form(recipe in any_packet()) {
        check(&recipe);
    }
}

/// The simplest packet of each shape, so that the spellings above are surely tried: all of 3.1.1, and in 5.0 the packets
/// with a tail that may be left out.
#[test]
fn the_simplest_packets() {
    let with_others = Shape::all().filter(|&shape| check(&Recipe::new(shape, &[])));
    let (v311, v5): (Vec<Shape>, Vec<Shape>) = with_others.partition(|shape| shape.version() == Version::V311);
    assert_eq!((v311.len(), v5.len()), (19, 10));
}
