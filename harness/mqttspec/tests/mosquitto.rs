//! The corpus against Debian's mosquitto, as a program of ours and by its address: the verdicts are known.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, Summary, run_server};
use mqttspec::target::{Server, TargetName};
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The version whose verdicts are written down: Debian 12's.
const KNOWN: &str = "2.0.11";

/// The version of the mosquitto that is installed, if one is.
fn installed() -> Option<String> {
    let program =
        ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].into_iter().find(|path| Path::new(path).exists());
    let output = Command::new(program.unwrap_or("mosquitto")).arg("-h").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next()?.split_whitespace().nth(2).map(str::to_owned)
}

async fn run(server: &mut Server, run_id: &str) -> Summary {
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let options = Options { run_id: run_id.to_owned(), declared: server.declared, ..Options::default() };
    run_server(corpus.cases(), &corpus.catalogue, &options, server, &mut |_| {}).await
}

/// The cases that do not pass, and why: times and names that differ from run to run left out.
fn told(summary: &Summary) -> String {
    let mut text = String::new();
    for result in summary.results.iter().filter(|result| result.verdict != Verdict::Pass) {
        let statement = result.reason.split(" -- ").next().unwrap_or_default();
        writeln!(text, "{:<13} {}\n              {statement}", result.verdict.word(), result.case).expect("a text");
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verdicts_on_mosquitto_are_the_known_ones() {
    let Some(version) = installed() else {
        eprintln!("\nLEFT OUT: no mosquitto is installed (apt install mosquitto)\n");
        return;
    };
    let timeout = Duration::from_secs(10);
    let name = TargetName::parse("mosquitto").expect("a built-in profile");
    let mut program = Server::start(name, None, &Version::ALL, timeout).await.expect("mosquitto starts");
    let as_program = run(&mut program, "prog").await;
    let address = TargetName::parse(&format!("mqtt://{}", program.endpoint)).expect("an address");
    let mut by_address = Server::start(address, None, &Version::ALL, timeout).await.expect("mosquitto is up");
    let as_address = run(&mut by_address, "addr").await;
    program.stop().await;

    for summary in [&as_program, &as_address] {
        let left: Vec<&String> = summary.results.iter().flat_map(|result| &result.left_behind).collect();
        assert!(left.is_empty(), "left behind on the server: {left:#?}");
        assert!(!summary.must_finding, "a monitor saw a MUST broken");
        assert_eq!(summary.crash, None);
    }
    assert_eq!(told(&as_program), told(&as_address), "a program and its address are the same server");
    if version == KNOWN {
        insta::assert_snapshot!("mosquitto-2.0.11", told(&as_program));
    } else {
        eprintln!("\nNOT COMPARED: mosquitto {version} is installed, the known verdicts are those of {KNOWN}\n");
        println!("{}", told(&as_program));
    }
}
