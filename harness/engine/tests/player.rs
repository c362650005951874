//! The player against servers that follow a script, in virtual time.

#![expect(clippy::disallowed_methods, reason = "the tests read their files; the engine reads none")]

#[path = "player_tests/branches.rs"]
mod branches;
#[path = "player_tests/claims.rs"]
mod claims;
#[path = "player_tests/cleanup.rs"]
mod cleanup;
#[path = "player_tests/connect.rs"]
mod connect;
#[path = "player_tests/lanes.rs"]
mod lanes;
#[path = "player_tests/monitors.rs"]
mod monitors;
#[path = "player_tests/needs.rs"]
mod needs;
#[path = "player_tests/operations.rs"]
mod operations;
#[path = "player_tests/owed.rs"]
mod owed;
#[path = "player_tests/pretending.rs"]
mod pretending;
#[path = "player_tests/random.rs"]
mod random;
#[path = "player_tests/resume.rs"]
mod resume;
#[path = "player_tests/rules.rs"]
mod rules;
#[path = "../../../fuzz/seeds.rs"]
mod seeds;
#[path = "player_tests/silence.rs"]
mod silence;
#[path = "player_tests/stream.rs"]
mod stream;
#[path = "player_tests/support.rs"]
mod support;
#[path = "player_tests/time.rs"]
mod time;
#[path = "player_tests/web_socket.rs"]
mod web_socket;
#[path = "player_tests/well_formed.rs"]
mod well_formed;
#[path = "player_tests/writes.rs"]
mod writes;
