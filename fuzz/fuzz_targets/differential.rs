//! Our codec and two others on the same bytes: a disagreement that the table `docs/findings/peer-codecs.md` does not have.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mqttspec_codec::Hex;

#[path = "../../codec/tests/peer/differ.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod differ;
#[path = "../../codec/tests/peer/gist.rs"]
mod gist;
#[path = "../../codec/tests/peer/proto_v311.rs"]
mod proto_v311;
#[path = "../../codec/tests/peer/proto_v5.rs"]
mod proto_v5;
#[path = "../../codec/tests/peer/room.rs"]
mod room;
#[path = "../../codec/tests/peer/rumqttc.rs"]
mod rumqttc;
#[path = "../../codec/tests/peer/sorted.rs"]
mod sorted;

fuzz_target!(|data: &[u8]| {
    let (version, bytes, new) = differ::new_disagreements(data);
    for found in &new {
        eprintln!("| {} | {version} | `{}` | {} | |", found.peer, Hex(&bytes), found.what);
    }
    // To fill the table, what is found is only printed.
    assert!(new.is_empty() || std::env::var_os("ONLY_PRINT").is_some());
});
