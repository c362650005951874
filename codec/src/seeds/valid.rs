//! Valid packets.

use super::{bytes, lines, sender, version};
use crate::generate::Shape;
use crate::{
    Acknowledgement, Auth, Connack, Disconnect, Packet, PacketType, Properties, Property, PropertyId, ReasonCode,
    Sender, Suback, Version,
};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A valid packet in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// What it is, and the version; no other has the same name.
    pub name: String,
    /// The version.
    pub version: Version,
    /// Who sends it.
    pub sender: Sender,
    /// The whole packet.
    pub bytes: Vec<u8>,
    /// What [`Packet::display`] prints for it.
    pub printed: String,
}

/// Packets written by hand from the texts of the standards, not by this codec: each packet type from all who may send it,
/// and each property in each packet that may carry it.
///
/// # Panics
/// Never: the table is part of this crate.
#[must_use]
pub fn golden() -> Vec<Seed> {
    let mut lines = lines(include_str!("packets.txt"));
    let mut seeds = Vec::new();
    while let Some(title) = lines.next() {
        let [name, version_name, sender_name] = title.split(' ').collect::<Vec<_>>()[..] else { panic!("{title}") };
        let (hex, printed) = (lines.next().expect(title), lines.next().expect(title).trim());
        seeds.push(Seed {
            name: format!("{name} {version_name}"),
            version: version(version_name),
            sender: sender(sender_name),
            bytes: bytes(hex),
            printed: printed.into(),
        });
    }
    seeds
}

/// A packet for each code that each sender may put into each packet, written by this codec.
///
/// # Panics
/// Never: every packet can be written.
#[must_use]
pub fn reason_codes() -> Vec<Seed> {
    let of_shape = |shape: Shape| {
        let (packet, version, sender) = (shape.packet_type(), shape.version(), shape.sender());
        let allowed = move |code: &ReasonCode| code.allowed(version, packet, sender);
        (0..=255).map(ReasonCode).filter(allowed).filter_map(move |code| with_code(shape, code))
    };
    Shape::all().flat_map(of_shape).collect()
}

/// `None` where the packet has no code, or leaves it out in this version.
fn with_code(shape: Shape, reason: ReasonCode) -> Option<Seed> {
    let (version, sender) = (shape.version(), shape.sender());
    let codes = [reason.0];
    let method = [Property::text(PropertyId::AuthenticationMethod, "m")];
    let properties = Properties::EMPTY;
    let acknowledgement = Acknowledgement::new(1, reason);
    let suback = Suback { packet_identifier: 1, properties, reasons: &codes };
    let packet = match (shape.packet_type(), version) {
        (PacketType::Connack, _) => Packet::Connack(Connack { session_present: false, reason, properties }),
        (PacketType::Suback, _) => Packet::Suback(suback),
        (_, Version::V311) => return None,
        (PacketType::Puback, _) => Packet::Puback(acknowledgement),
        (PacketType::Pubrec, _) => Packet::Pubrec(acknowledgement),
        (PacketType::Pubrel, _) => Packet::Pubrel(acknowledgement),
        (PacketType::Pubcomp, _) => Packet::Pubcomp(acknowledgement),
        (PacketType::Unsuback, _) => Packet::Unsuback(suback),
        (PacketType::Disconnect, _) => Packet::Disconnect(Disconnect { reason, properties }),
        (PacketType::Auth, _) => Packet::Auth(Auth { reason, properties: Properties::list(&method) }),
        _ => return None,
    };
    let who = if sender == Sender::Client { "client" } else { "server" };
    let name = shape.packet_type().name().to_ascii_lowercase();
    Some(Seed {
        name: format!("{name}-reason-{reason}-from-{who} {version}"),
        version,
        sender,
        bytes: packet.to_bytes(version).expect("a packet that can be written"),
        printed: format!("{}", packet.display(version)),
    })
}

/// All valid packets: [`golden`], and of [`reason_codes`] those that are not among them.
#[must_use]
pub fn valid() -> Vec<Seed> {
    let golden = golden();
    let same = |seed: &Seed| {
        golden
            .iter()
            .any(|golden| (golden.version, golden.sender, &golden.bytes) == (seed.version, seed.sender, &seed.bytes))
    };
    let more: Vec<Seed> = reason_codes().into_iter().filter(|seed| !same(seed)).collect();
    [golden, more].concat()
}
