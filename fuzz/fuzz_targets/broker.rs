//! The reference server under what several clients do: whatever it is, all that the server writes is right.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../harness/broker/tests/support/ledger.rs"]
mod ledger;
#[path = "../../harness/broker/tests/support/operations.rs"]
mod operations;
#[path = "../../harness/broker/tests/support/referee.rs"]
mod referee;

fuzz_target!(|data: &[u8]| drop(operations::judge(data)));
