//! Scenario text: the tree, the fields that packets have in it, and the loader.

pub(crate) mod error;
pub mod fields;
mod lint;
pub(crate) mod load;
mod release;
mod stream;
mod tree;

pub use error::{LoadError, Problem};
pub use load::load;
pub use release::Release;
pub use stream::{Break, Duty, Stream};
pub use tree::*;
