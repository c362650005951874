//! The seeds of the fuzz target `chunked`, and with them what it has found.

use catalogue::CATALOGUE;

#[path = "../../../fuzz/fuzz_targets/catalogue.rs"]
mod catalogue;
#[path = "../../../fuzz/chunked.rs"]
mod chunked;
#[path = "../../engine/tests/player_tests/support/chunks.rs"]
mod player;
#[path = "../../../fuzz/seeds.rs"]
mod seeds;
#[path = "../../broker/tests/support/chunks.rs"]
mod server;

#[test]
fn the_whole_and_its_pieces_are_the_same() {
    for (name, bytes) in seeds::of("chunked") {
        eprintln!("{name}");
        chunked::judge(&bytes);
    }
}
