//! The seeds of the fuzz targets, judged as the target judges them. What fuzzing found is added to them.

#[path = "support/judge.rs"]
mod judge;

use mqttspec_codec::{Context, Sender, Version};
use std::path::Path;

fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/decode");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file"))).collect()
}

#[test]
fn judged() {
    let seeds = seeds();
    assert!(seeds.len() > 20, "{} seeds", seeds.len());
    for (name, bytes) in seeds {
        eprintln!("{name}");
        judge::judge(&bytes);
        for len in 0..bytes.len() {
            judge::judge(&bytes[..len]);
        }
    }
}

/// A limit on the size of packets changes what is found, not that strict and lenient agree.
#[test]
fn judged_under_a_limit() {
    for (name, bytes) in seeds() {
        eprintln!("{name}");
        for max_packet in [0, 1, 2, 5, bytes.len()] {
            for version in Version::ALL {
                for sender in [Sender::Client, Sender::Server] {
                    judge::judge_in(&bytes, &Context { max_packet, ..Context::new(version, sender) });
                }
            }
        }
    }
}
