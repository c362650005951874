//! The corpus against Debian's mosquitto, as a program of ours and by its address: the verdicts are known.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, Summary, run_server};
use mqttspec::target::{Access, Server, TargetName, Transport};
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The versions whose verdicts are written down: Debian 12's.
const KNOWN: [&str; 1] = ["2.0.11"];

/// The version of the mosquitto that is installed, if one is.
fn installed() -> Option<String> {
    let program =
        ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].into_iter().find(|path| Path::new(path).exists());
    let output = Command::new(program.unwrap_or("mosquitto")).arg("-h").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next()?.split_whitespace().nth(2).map(str::to_owned)
}

async fn run(server: &mut Server, run_id: &str, web_socket: bool) -> Summary {
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let options = Options { run_id: run_id.to_owned(), declared: server.declared, ..Options::default() };
    // What only a WebSocket has is played for itself: the verdicts on the rest are the same over every transport.
    let cases = corpus.cases().into_iter().filter(|case| case.scenario.needs_web_socket() == web_socket).collect();
    run_server(cases, &corpus.catalogue, &options, server, &mut |_| {}).await
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

/// What is done to a server can only be done to a program of ours.
fn without_operations(told: &str) -> String {
    let lines: Vec<&str> = told.lines().collect();
    let others = lines.chunks(2).filter(|case| !case[0].contains(" lifecycle/"));
    others.map(|case| case.join("\n") + "\n").collect()
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
    let as_program = run(&mut program, "prog", false).await;
    let address = TargetName::parse(&format!("mqtt://{}", program.endpoint)).expect("an address");
    let mut by_address = Server::start(address, None, &Version::ALL, timeout).await.expect("mosquitto is up");
    let as_address = run(&mut by_address, "addr", false).await;
    program.stop().await;

    check(&as_program);
    check(&as_address);
    let (of_program, of_address) = (without_operations(&told(&as_program)), without_operations(&told(&as_address)));
    assert_eq!(of_program, of_address, "a program and its address are the same server");
    compare("mosquitto-2.0.11", &version, &told(&as_program));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verdicts_are_the_same_over_tls_and_secure_web_socket() {
    let Some(version) = installed() else { return };
    for transport in [Transport::Tls, Transport::Wss] {
        let name = TargetName::parse("mosquitto").expect("a built-in profile");
        let access = Access { transport: Some(transport), ..Access::default() };
        let started = Server::start(name, access, &Version::ALL, Duration::from_secs(10)).await;
        let mut server = started.expect("mosquitto starts");
        assert_eq!(server.endpoint.transport, transport);
        let summary = run(&mut server, transport.word(), false).await;
        server.stop().await;
        check(&summary);
        compare("mosquitto-2.0.11", &version, &told(&summary));
    }
}

/// What only a WebSocket has.
#[tokio::test(flavor = "multi_thread")]
async fn the_verdicts_on_web_socket_are_the_known_ones() {
    let Some(version) = installed() else { return };
    let name = TargetName::parse("mosquitto").expect("a built-in profile");
    let access = Access { transport: Some(Transport::Ws), ..Access::default() };
    let started = Server::start(name, access, &Version::ALL, Duration::from_secs(10)).await;
    let mut server = started.expect("mosquitto starts");
    let summary = run(&mut server, "frames", true).await;
    server.stop().await;
    check(&summary);
    compare("mosquitto-2.0.11-web-socket", &version, &told(&summary));
}

/// The same in a container; which version is there is told by the tag of the image, and compared where it is known.
#[tokio::test(flavor = "multi_thread")]
async fn the_corpus_in_a_container() {
    let required = std::env::var_os("MQTTSPEC_DOCKER").is_some();
    let name = TargetName::parse("docker:mosquitto").expect("a built-in profile");
    let mut server = match Server::start(name, None, &Version::ALL, Duration::from_secs(10)).await {
        Ok(server) => server,
        Err(error) => {
            assert!(!required, "{error}");
            eprintln!("\n*** THE TEST OF A CONTAINER DOES NOT RUN: {error} ***\n");
            return;
        }
    };
    let image = server.image.clone().expect("a container has an image").name;
    let summary = run(&mut server, "cont", false).await;
    server.stop().await;
    check(&summary);
    let version = image.rsplit(':').next().expect("a tag");
    compare(&format!("mosquitto-{version}"), version, &told(&summary));
}

fn check(summary: &Summary) {
    let left: Vec<&String> = summary.results.iter().flat_map(|result| &result.left_behind).collect();
    assert!(left.is_empty(), "left behind on the server: {left:#?}");
    assert!(!summary.must_finding, "a monitor saw a MUST broken");
    assert_eq!(summary.crash, None);
}

/// Only the verdicts of one version are known.
fn compare(snapshot: &str, version: &str, told: &str) {
    if KNOWN.contains(&version) {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(snapshot, told);
        });
    } else {
        eprintln!("\nNOT COMPARED: this is mosquitto {version}, the known verdicts are those of {KNOWN:?}\n");
        println!("{told}");
    }
}
