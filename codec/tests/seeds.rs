//! The seeds of the fuzz targets that judge the codec alone, judged as the targets judge them. What fuzzing found is
//! among them.

#[path = "support/judge.rs"]
mod judge;
#[path = "support/round_trip.rs"]
mod round_trip;
#[path = "../../fuzz/seeds.rs"]
mod seeds;

use mqttspec_codec::{Context, Sender, Version};

#[test]
fn judged() {
    for (name, bytes) in seeds::of("decode") {
        eprintln!("{name}");
        judge::judge(&bytes);
        for len in 0..bytes.len() {
            judge::judge(&bytes[..len]);
        }
    }
}

#[test]
fn written_and_read_again() {
    for (name, bytes) in seeds::of("round_trip") {
        eprintln!("{name}");
        round_trip::judge(&bytes);
    }
}

/// A limit on the size of packets changes what is found, not that strict and lenient agree.
#[test]
fn judged_under_a_limit() {
    for (name, bytes) in seeds::of("decode") {
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
