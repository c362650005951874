//! A stream of packets in pieces of any size is the same as the whole, to the reference server and to the player.
#![no_main]

use catalogue::CATALOGUE;
use libfuzzer_sys::fuzz_target;

mod catalogue;
#[path = "../chunked.rs"]
mod chunked;
#[path = "../../harness/engine/tests/player_tests/support/chunks.rs"]
mod player;
#[path = "../../harness/broker/tests/support/chunks.rs"]
mod server;

fuzz_target!(|data: &[u8]| chunked::judge(data));
