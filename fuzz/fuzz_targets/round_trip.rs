//! Valid packets of every kind: what is written is read as the same packet, and written again as the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../codec/tests/support/round_trip.rs"]
mod round_trip;

fuzz_target!(|data: &[u8]| round_trip::judge(data));
