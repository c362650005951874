//! The player against a server of any kind: it comes to a true verdict, in bounded time, and cleans up.
#![no_main]
#![allow(dead_code, reason = "the tests use the rest of it")]

use catalogue::CATALOGUE;
use libfuzzer_sys::fuzz_target;

mod catalogue;
#[path = "../../harness/engine/tests/player_tests/support/driver.rs"]
mod driver;
#[path = "../../harness/engine/tests/player_tests/support/packets.rs"]
mod packets;
#[path = "../../harness/engine/tests/player_tests/support/script.rs"]
mod script;
#[path = "../../harness/engine/tests/player_tests/support/wild.rs"]
mod wild;

fuzz_target!(|data: &[u8]| drop(wild::judge(data)));
