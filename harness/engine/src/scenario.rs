//! Scenario text: the tree, the fields that packets have in it, and the loader.

pub mod fields;
mod tree;

pub use tree::*;
