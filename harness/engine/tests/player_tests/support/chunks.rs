//! How the bytes of a server are cut does not matter. The fuzz target judges by this file too.

use super::CATALOGUE;
use mqttspec_codec::Version;
use mqttspec_engine::event::{Event, Finding, Verdict};
use mqttspec_engine::plan::{self, Case};
use mqttspec_engine::player::{Input, Output, Player, Settings};
use mqttspec_engine::scenario::{self, Source};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// A client that connects and only listens: nothing that it does depends on what comes when.
const LISTENS: &str = r#"
scenario listens {
    title "A client listens"
    rule r "the server closes" v3.1.1=MQTT-4.8.0-1 v5=MQTT-4.13.1-1
    matrix version="v3.1.1 v5"
    client c
    fault { c raw (hex)"30 00"; }
    control { c alive; }
    fault { c closed rule=r; }
}
"#;

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let source = Arc::new(Source { path: "listens.kdl".to_owned(), text: LISTENS.to_owned() });
    let scenarios = scenario::load(source, "test", &CATALOGUE).unwrap_or_else(|error| panic!("{error:?}"));
    scenarios
        .into_iter()
        .flat_map(|scenario| plan::cases(&Arc::new(scenario)))
        .filter(|case| !case.is_control)
        .collect()
});

/// What the player made of a stream.
#[derive(Debug, PartialEq)]
struct Heard {
    /// Each packet: its bytes in hex, its length, how it is described.
    packets: Vec<(String, usize, String)>,
    writes: Vec<Vec<u8>>,
    findings: Vec<Finding>,
    verdict: Verdict,
}

/// The pieces put together, and one by one: the player hears the same.
pub(crate) fn judge(version: Version, pieces: &[&[u8]]) {
    let case = CASES.iter().find(|case| case.version == version).expect("a case of each version");
    let whole = pieces.concat();
    assert_eq!(hear(case, &[&whole]), hear(case, pieces));
}

fn hear(case: &Case, pieces: &[&[u8]]) -> Heard {
    let settings = Settings { topic_prefix: "p".to_owned(), client_id_prefix: "c".to_owned(), ..Settings::default() };
    let mut player = Player::new(Arc::new(case.clone()), CATALOGUE.clone(), settings);
    let mut heard = Heard { packets: Vec::new(), writes: Vec::new(), findings: Vec::new(), verdict: Verdict::Pass };
    let now = Duration::from_secs(1);
    player.start(now);
    carry(&mut player, now, &mut heard);
    let connack: &[u8] = if case.version == Version::V5 { b"\x20\x03\0\0\0" } else { b"\x20\x02\0\0" };
    for piece in [connack].iter().chain(pieces) {
        player.handle(now, 0, Input::Bytes(piece));
        carry(&mut player, now, &mut heard);
    }
    player.handle(now, 0, Input::EndOfFile);
    carry(&mut player, now, &mut heard);
    while let Some(deadline) = player.deadline() {
        player.tick(deadline);
        carry(&mut player, deadline, &mut heard);
    }
    heard.findings = player.findings().to_vec();
    heard.verdict = player.result().expect("a verdict").verdict;
    heard
}

fn carry(player: &mut Player, now: Duration, heard: &mut Heard) {
    while let Some(output) = player.poll() {
        match output {
            Output::Open(0) => player.handle(now, 0, Input::Opened),
            Output::Open(connection) | Output::Upgrade { connection, .. } => {
                player.handle(now, connection, Input::Refused("no more"));
            }
            Output::TextFrame { connection, number, .. } => player.handle(now, connection, Input::Written(number)),
            Output::Write { connection, bytes, number } => {
                heard.writes.push(bytes);
                player.handle(now, connection, Input::Written(number));
            }
            Output::Event(event) => {
                if let Event::Received(bytes) = *event {
                    heard.packets.push((bytes.hex, bytes.len, bytes.packet));
                }
            }
            Output::HalfClose(_) | Output::Cut(_) | Output::Close(_) | Output::Reset(_) | Output::Server(_) => {}
        }
    }
}
