//! Valid packets of both versions and both senders, made from arbitrary bytes (feature `generate`).
//!
//! A [`Recipe`] is what a generated packet is made from: its [`Shape`] and the bytes that decide everything else.
//! The same recipe always makes the same packet, and every sequence of bytes makes a valid one. What the packet borrows
//! lives in an [`Arena`].
//!
//! - Feature `arbitrary`: `Recipe` is an [`Arbitrary`](https://docs.rs/arbitrary) for fuzz targets.
//! - Feature `proptest`: the strategies of `strategy`, which shrink to short packets with small values.
//!
//! ```
//! use mqttspec_codec::generate::{Arena, Recipe, Shape};
//! use mqttspec_codec::{Decoded, PacketType, Sender, Version, decode};
//!
//! let shape = Shape::new(PacketType::Publish, Version::V5, Sender::Server).expect("a Server may send PUBLISH");
//! let recipe = Recipe::new(shape, b"whatever a fuzzer or a random source gives");
//! let arena = Arena::new();
//! let packet = recipe.packet(&arena);
//! let bytes = packet.to_bytes(shape.version()).expect("a valid packet can be written");
//! assert_eq!(decode(&bytes, &shape.context()), Ok(Decoded::Packet { packet, len: bytes.len() }));
//! ```
//!
//! What is generated is valid by the standards, not by this codec alone: a 3.1.1 CONNECT without a Client
//! Identifier asks for a clean session, and a payload that is said to be UTF-8 is. What only a conversation can
//! tell is left open: whether a topic alias is known, a packet identifier is in use, or a limit is kept.

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod choices;
mod packets;
#[cfg(feature = "proptest")]
pub mod strategy;
mod values;

use crate::{Context, Packet, PacketType, Sender, Version};
use alloc::vec::Vec;
use choices::Choices;
use core::fmt;

/// Holds what generated packets borrow.
#[derive(Debug, Default)]
pub struct Arena(bumpalo::Bump);

impl Arena {
    /// An empty arena.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// A packet type in a version from a sender who may send it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    packet: PacketType,
    version: Version,
    sender: Sender,
}

impl Shape {
    /// `None` when this party may not send the packet in this version.
    #[must_use]
    pub const fn new(packet: PacketType, version: Version, sender: Sender) -> Option<Self> {
        if packet.allowed(version, sender) { Some(Self { packet, version, sender }) } else { None }
    }

    /// Every shape there is: 19 in 3.1.1 and 22 in 5.0.
    pub fn all() -> impl Iterator<Item = Self> {
        Version::ALL.into_iter().flat_map(|version| {
            [Sender::Client, Sender::Server].into_iter().flat_map(move |sender| Self::of(version, sender))
        })
    }

    /// What this party may send in this version.
    pub fn of(version: Version, sender: Sender) -> impl Iterator<Item = Self> {
        PacketType::ALL.into_iter().filter_map(move |packet| Self::new(packet, version, sender))
    }

    /// The packet type.
    #[must_use]
    pub const fn packet_type(self) -> PacketType {
        self.packet
    }

    /// The version.
    #[must_use]
    pub const fn version(self) -> Version {
        self.version
    }

    /// Who sends it.
    #[must_use]
    pub const fn sender(self) -> Sender {
        self.sender
    }

    /// The context in which such a packet is to be decoded.
    #[must_use]
    pub const fn context(self) -> Context {
        Context::new(self.version, self.sender)
    }
}

/// What a valid packet is made from. Its `Debug` output shows the packet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipe {
    shape: Shape,
    choices: Vec<u8>,
}

impl Recipe {
    /// A packet of this shape that the bytes decide. Bytes that are not needed are dropped, and where they end zeros
    /// take their place, which stand for the simplest choice.
    #[must_use]
    pub fn new(shape: Shape, bytes: &[u8]) -> Self {
        let mut choices = Choices::new(bytes);
        packets::packet(shape, &mut choices, &Arena::new());
        Self { shape, choices: choices.used().to_vec() }
    }

    /// Packet type, version and sender.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The bytes that decide, no more than were needed.
    #[must_use]
    pub fn choices(&self) -> &[u8] {
        &self.choices
    }

    /// The packet. What it borrows is put into the arena.
    #[must_use]
    pub fn packet<'a>(&self, arena: &'a Arena) -> Packet<'a> {
        packets::packet(self.shape, &mut Choices::new(&self.choices), arena)
    }

    /// The packet as it goes over the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.packet(&Arena::new()).to_bytes(self.shape.version).expect("a generated packet can be written")
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape { version, sender, .. } = self.shape;
        f.debug_struct("Recipe")
            .field("version", &version)
            .field("sender", &sender)
            .field("packet", &self.packet(&Arena::new()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let count = |version, sender| Shape::of(version, sender).count();
        assert_eq!((count(Version::V311, Sender::Client), count(Version::V311, Sender::Server)), (10, 9));
        assert_eq!((count(Version::V5, Sender::Client), count(Version::V5, Sender::Server)), (11, 11));
        assert_eq!(Shape::all().count(), 41);
        assert_eq!(Shape::new(PacketType::Auth, Version::V311, Sender::Client), None);
    }

    /// A recipe keeps the bytes that decide, and nothing but them decides.
    #[test]
    fn bytes_that_are_not_needed_are_dropped() {
        for shape in Shape::all() {
            let bytes = [0x5a; 4_000];
            let recipe = Recipe::new(shape, &bytes);
            assert!(recipe.choices().len() < bytes.len(), "{shape:?}");
            assert_eq!(Recipe::new(shape, recipe.choices()), recipe, "{shape:?}");
            assert_eq!(Recipe::new(shape, &[recipe.choices(), &[1; 9]].concat()).to_bytes(), recipe.to_bytes());
        }
    }
}
