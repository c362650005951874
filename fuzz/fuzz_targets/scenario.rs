//! The scenario loader: any text is answered, the answer can be shown, and what is accepted can be planned.
#![no_main]

use libfuzzer_sys::fuzz_target;

mod catalogue;
#[path = "../../harness/engine/tests/diagnostics_tests/judge.rs"]
mod judge;

fuzz_target!(|text: &str| judge::judge(&catalogue::CATALOGUE, text));
