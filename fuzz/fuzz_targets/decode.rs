//! Raw bytes in both versions and both roles: no panic, strict decoder and lenient view agree, error offsets lie within
//! the input, and what decodes can be written again and decodes to the same packet.
//!
//! `cargo +nightly fuzz run decode fuzz/corpus/decode fuzz/seeds/decode`
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../codec/tests/support/judge.rs"]
#[allow(dead_code, reason = "the tests judge by the rest of it")]
mod judge;

fuzz_target!(|data: &[u8]| judge::judge_fast(data));
