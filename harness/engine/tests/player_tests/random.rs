//! A server of any kind: the player comes to a result, and never to `pass` for bytes that mean nothing.

use super::support::driver::{Deed, Doing, Seen, Server, play};
use super::support::{cases, settings, told, wild};
use crate::seeds;
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;
use proptest::collection::vec;
use proptest::prelude::*;
use std::time::Duration;

const BODY: &str = r#"
    client sub session=kept
    client pub
    sub -> SUBSCRIBE id=1 { filter "$t/a" qos=2; filter "$t/b" qos=1; }
    sub <- SUBACK id=1
    pub -> PUBLISH topic="$t/a" qos=2 id=1 payload=on
    pub <- PUBREC id=1
    pub -> PUBREL id=1
    pub <- PUBCOMP id=1
    sub <- PUBLISH topic="$t/a" payload=on ack=auto within="1s" rule=r
    sub abort
    sub resume
    fault { sub alive; pub raw (hex)"30 00"; }
    any-of {
        branch { pub closed rule=closes; }
        branch { sub <- PUBLISH topic="$t/b"; }
    }
    sub quiet PUBLISH rule=silent { sub -> PINGREQ; sub <- PINGRESP; }
"#;

/// Bytes, closes and stalls at any time, on top of answers or instead of them.
struct Random {
    deeds: Vec<Doing>,
    at: usize,
}

impl Server for Random {
    fn see(&mut self, _: &str, _: Version, _: &Seen<'_>) -> Vec<Doing> {
        let taken: Vec<Doing> = self.deeds.iter().skip(self.at).take(3).cloned().collect();
        self.at += taken.len();
        taken
    }
}

fn packet() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        (any::<u8>(), vec(any::<u8>(), 0..30)).prop_map(|(first, body)| {
            let mut packet = vec![first, body.len() as u8];
            packet.extend(body);
            packet
        }),
        Just(vec![0x20, 2, 0, 0]),
        Just(vec![0x20, 3, 0, 0, 0]),
        Just(vec![0x20, 2, 1, 0]),
        Just(vec![0x20, 3, 1, 0, 0]),
        Just(vec![0x90, 4, 0, 1, 2, 1]),
        Just(vec![0x90, 5, 0, 1, 0, 2, 1]),
        Just(vec![0x50, 2, 0, 1]),
        Just(vec![0x70, 2, 0, 1]),
        Just(vec![0x62, 2, 0, 1]),
        Just(vec![0xd0, 0]),
        Just(b"\x34\x09\x00\x03p/a\x00\x07on".to_vec()),
        Just(b"\x3c\x09\x00\x03p/a\x00\x07on".to_vec()),
        Just(b"\x34\x0a\x00\x03p/a\x00\x07\x00on".to_vec()),
        Just(b"\x3c\x0a\x00\x03p/a\x00\x07\x00on".to_vec()),
        Just(vec![0xe0, 1, 0x8b]),
    ]
}

fn deed() -> impl Strategy<Value = Doing> {
    let what = prop_oneof![
        12 => packet().prop_map(Deed::Send),
        1 => Just(Deed::Close),
        1 => Just(Deed::Reset),
        1 => Just(Deed::Stall),
        1 => Just(Deed::Interrupt),
    ];
    (prop_oneof![3 => Just(0), 1 => 0..9000_u64], what)
        .prop_map(|(after, deed)| (Duration::from_millis(after), None, deed))
}

fn noise() -> impl Strategy<Value = Doing> {
    let bytes = vec(any::<u8>(), 0..60).prop_map(Deed::Send);
    (0..3000_u64, bytes).prop_map(|(after, deed)| (Duration::from_millis(after), None, deed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_server_comes_to_a_result(deeds in vec(deed(), 0..40)) {
        for version in ["v3.1.1", "v5"] {
            for case in cases(version, BODY) {
                let played = play(case, settings(), &mut Random { deeds: deeds.clone(), at: 0 });
                prop_assert!(played.turns < 1000, "{} turns", played.turns);
            }
        }
    }

    #[test]
    fn noise_never_passes(deeds in vec(noise(), 0..40)) {
        for version in ["v3.1.1", "v5"] {
            for case in cases(version, BODY) {
                let played = play(case, settings(), &mut Random { deeds: deeds.clone(), at: 0 });
                prop_assert!(played.result.verdict != Verdict::Pass, "{}", told(&played));
            }
        }
    }

    #[test]
    fn a_wild_server_comes_to_a_result(choices in vec(any::<u8>(), 0..200)) {
        wild::judge(&choices);
    }
}

/// The seeds of the fuzz target, and with them what it has found.
#[test]
fn seeds_come_to_a_result() {
    for (name, bytes) in seeds::of("player") {
        eprintln!("{name}");
        wild::judge(&bytes);
    }
}
