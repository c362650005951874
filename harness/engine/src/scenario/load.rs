//! From scenario text to its tree.

mod client;
pub(crate) mod cursor;
mod document;
mod facts;
mod head;
mod history;
mod operation;
mod packet;
mod pattern;
mod raw;
mod scope;
mod slips;
mod step;
mod stream;
pub(crate) mod syntax;
mod value;
mod variable;
mod verb;
mod words;

pub use document::load;
pub(super) use facts::{all_steps, filters, sent_packet};
pub(super) use pattern::{NumberSet, number_set};
pub(super) use scope::version_key;
