//! Strategies for proptest (feature `proptest`).
//!
//! A failing packet is shrunk by its recipe: fewer bytes and smaller bytes make shorter packets with simpler values of
//! the same shape, valid on every step.
//!
//! ```
//! use mqttspec_codec::generate::{Arena, strategy};
//! use mqttspec_codec::{Decoded, decode};
//! use proptest::prelude::*;
//!
//! proptest!(|(recipe in strategy::any_packet())| {
//!     let arena = Arena::new();
//!     let packet = recipe.packet(&arena);
//!     let bytes = recipe.to_bytes();
//!     let len = bytes.len();
//!     prop_assert_eq!(decode(&bytes, &recipe.shape().context()), Ok(Decoded::Packet { packet, len }));
//! });
//! ```

use super::{Recipe, Shape};
use crate::{Sender, Version};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Any valid packet of either version and either sender.
pub fn any_packet() -> Packets {
    Packets(Shape::all().collect())
}

/// Any valid packet that this party may send in this version.
pub fn packet(version: Version, sender: Sender) -> Packets {
    Packets(Shape::of(version, sender).collect())
}

/// Any valid packet of this shape.
pub fn packet_of(shape: Shape) -> Packets {
    Packets(vec![shape])
}

/// Valid packets of some shapes, each as often as the others.
#[derive(Clone, Debug)]
#[must_use = "strategies do nothing unless used"]
pub struct Packets(Vec<Shape>);

/// More than nearly every packet needs.
const CHOICES: usize = 1_024;

impl Strategy for Packets {
    type Tree = Tree;
    type Value = Recipe;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut bytes = [0; CHOICES];
        runner.rng().fill_bytes(&mut bytes);
        let shape = self.0[bytes[0] as usize % self.0.len()];
        Ok(Tree::new(Recipe::new(shape, &bytes[1..])))
    }
}

/// Any shape, as [`any_packet`].
impl proptest::arbitrary::Arbitrary for Recipe {
    type Parameters = ();
    type Strategy = Packets;

    fn arbitrary_with((): ()) -> Packets {
        any_packet()
    }
}

/// Up to this length everything is tried everywhere: a short entry of a list is taken out as a whole.
const ENTRY: usize = 12;

/// How the bytes of a recipe are made simpler.
#[derive(Clone, Copy, Debug)]
enum Edit {
    /// This many bytes are taken out.
    Remove(usize),
    /// This many bytes become 0.
    Zero(usize),
    /// A byte becomes half of what it is.
    Halve,
    /// A byte becomes less by 1.
    Less,
}

/// A recipe and what simpler ones there are to try.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The simplest that still fails.
    best: Recipe,
    current: Recipe,
    /// The edit that is tried next, and where; `None` when nothing is left to try.
    next: Option<Edit>,
    at: usize,
    /// Whether a round of all edits found something simpler.
    improved: bool,
}

impl Tree {
    fn new(recipe: Recipe) -> Self {
        let next = Some(Edit::Remove(recipe.choices.len()));
        Self { current: recipe.clone(), best: recipe, next, at: 0, improved: false }
    }

    /// The edit that comes when `edit` has been tried everywhere.
    fn after(&mut self, edit: Edit) -> Option<Edit> {
        match edit {
            Edit::Remove(len) => Some(Edit::Zero(len)),
            Edit::Zero(0 | 1) => Some(Edit::Halve),
            Edit::Zero(len) if len <= ENTRY => Some(Edit::Remove(len - 1)),
            Edit::Zero(len) => Some(Edit::Remove((len / 2).max(ENTRY))),
            Edit::Halve => Some(Edit::Less),
            Edit::Less => core::mem::take(&mut self.improved).then_some(Edit::Remove(self.best.choices.len())),
        }
    }

    /// Tries the next edit that changes something.
    fn advance(&mut self) -> bool {
        while let Some(edit) = self.next {
            let at = self.at;
            let mut bytes = self.best.choices.clone();
            if at >= bytes.len() {
                self.next = self.after(edit);
                self.at = 0;
                continue;
            }
            let end = |len| bytes.len().min(at + len);
            match edit {
                Edit::Remove(len) => drop(bytes.drain(at..end(len))),
                Edit::Zero(len) => {
                    let end = end(len);
                    bytes[at..end].fill(0);
                }
                Edit::Halve => bytes[at] /= 2,
                Edit::Less => bytes[at] = bytes[at].saturating_sub(1),
            }
            self.at += match edit {
                Edit::Remove(len) | Edit::Zero(len) if len > ENTRY => len,
                _ => 1,
            };
            let simpler = Recipe::new(self.best.shape, &bytes);
            // In this order every step leads down, whatever an edit does to the choices behind it.
            let weight = |recipe: &Recipe| (recipe.choices.len(), recipe.choices.clone());
            if weight(&simpler) < weight(&self.best) {
                self.current = simpler;
                return true;
            }
        }
        false
    }
}

impl ValueTree for Tree {
    type Value = Recipe;

    fn current(&self) -> Recipe {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.current != self.best {
            self.best = self.current.clone();
            self.improved = true;
        }
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        if self.current == self.best {
            return false;
        }
        self.current = self.best.clone();
        // When nothing is left, what failed last is current again; that is a change too, and lets the other strategies
        // beside this one go on.
        self.advance();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Arena;
    use crate::{Packet, PacketType, PropertyId};
    use proptest::test_runner::{Config, TestError};

    /// What a failing test is left with.
    fn shrunk(shape: Shape, passes: impl Fn(&Packet<'_>) -> bool) -> Recipe {
        let mut runner = TestRunner::new_with_rng(
            Config { cases: 10_000, failure_persistence: None, ..Config::default() },
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let found = runner.run(&packet_of(shape), |recipe| {
            proptest::prop_assert!(passes(&recipe.packet(&Arena::new())));
            Ok(())
        });
        match found {
            Err(TestError::Fail(_, recipe)) => recipe,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn shrinks_to_the_simplest() {
        let shape = |packet, version| Shape::new(packet, version, Sender::Client).expect("a lawful shape");
        let print = |recipe: &Recipe| alloc::format!("{}", recipe.packet(&Arena::new()).display(recipe.shape.version));

        let subscribe = shape(PacketType::Subscribe, Version::V311);
        let two = shrunk(
            subscribe,
            |packet| !matches!(packet, Packet::Subscribe(subscribe) if subscribe.subscriptions.iter().count() > 1),
        );
        assert_eq!(print(&two), r#"SUBSCRIBE id=1 filter="a" qos=0 filter="a" qos=0"#);

        let connect = shape(PacketType::Connect, Version::V5);
        let user = shrunk(
            connect,
            |packet| !matches!(packet, Packet::Connect(connect) if connect.properties.find(PropertyId::UserProperty).is_some()),
        );
        assert_eq!(
            print(&user),
            r#"CONNECT version=5.0 client-id="" clean-start=false keep-alive=0 user-property=""="""#
        );

        let long = shrunk(
            shape(PacketType::Publish, Version::V5),
            |packet| !matches!(packet, Packet::Publish(publish) if publish.topic.len() > 1_000),
        );
        let arena = Arena::new();
        let Packet::Publish(long) = long.packet(&arena) else { panic!("a PUBLISH") };
        assert!(long.topic.as_bytes().iter().all(|&byte| byte == b'x') && long.topic.len() == 65_535);
        assert_eq!((long.properties, long.payload), (crate::Properties::EMPTY, &[][..]));
    }
}
