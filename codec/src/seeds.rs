//! Packets and conversations to start a test or a fuzzing campaign from, and a dictionary for it (feature `seeds`).
//!
//! ```
//! use mqttspec_codec::seeds;
//! use mqttspec_codec::{Context, Decoded, decode};
//!
//! for seed in seeds::valid() {
//!     let whole = decode(&seed.bytes, &Context::new(seed.version, seed.sender));
//!     assert!(matches!(whole, Ok(Decoded::Packet { len, .. }) if len == seed.bytes.len()), "{}", seed.name);
//! }
//! ```

mod broken;
mod conversation;
mod dictionary;
mod form;
mod notation;
mod valid;

pub use broken::{Broken, broken};
pub use conversation::{Conversation, conversations};
pub use dictionary::{Token, dictionary};
pub use form::{Row, form};
pub use notation::bytes;
pub use valid::{Seed, golden, reason_codes, valid};

use crate::{Sender, Version};

/// The version of this name; panics for any other.
fn version(name: &str) -> Version {
    Version::ALL.into_iter().find(|known| alloc::format!("{known}") == name).expect(name)
}

/// `client` or `server`; panics for anything else.
fn sender(name: &str) -> Sender {
    match name {
        "client" => Sender::Client,
        "server" => Sender::Server,
        _ => panic!("no sender: {name}"),
    }
}

/// The lines of a table of ours, without empty ones and comments.
fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}
