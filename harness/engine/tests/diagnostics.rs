//! What the author of a scenario is told: of every kind of mistake, and of none.

#![expect(clippy::disallowed_methods, reason = "the tests read their files; the engine reads none")]

#[path = "diagnostics_tests/catalogue.rs"]
mod catalogue;
#[path = "diagnostics_tests/facts.rs"]
mod facts;
#[path = "diagnostics_tests/golden.rs"]
mod golden;
#[path = "diagnostics_tests/judge.rs"]
mod judge;
#[path = "diagnostics_tests/language.rs"]
mod language;
#[path = "diagnostics_tests/outline.rs"]
mod outline;
#[path = "diagnostics_tests/random.rs"]
mod random;
#[path = "../../../fuzz/seeds.rs"]
mod seeds;
#[path = "diagnostics_tests/support.rs"]
mod support;
