//! Servers that a profile starts.

use crate::scripted::{ACCEPTED, ACCEPTED_5, BOTH, LONG, SHORT, answering, cause, has, profile};
use mqttspec::target::{Cause, TargetName};
use std::time::Instant;

#[tokio::test]
async fn a_program_that_is_not_installed() {
    let text = "profile p {\n program no-such-server\n install \"apt install it\"\n listen localhost port=\"$port\"\n}";
    let (cause, text) = cause(profile(text), &BOTH, LONG).await;
    assert!(matches!(cause, Cause::ProgramNotFound { .. }), "{cause:?}");
    has(&text, &["p is not ready: the program `no-such-server` is not found", "install it: apt install it"]);
}

#[tokio::test]
async fn a_program_that_cannot_be_run() {
    let text = "profile p {\n program \"/etc/passwd\"\n listen localhost port=\"$port\"\n}";
    let (cause, text) = cause(profile(text), &BOTH, LONG).await;
    assert!(matches!(cause, Cause::CannotRun { .. }), "{cause:?}");
    has(&text, &["`/etc/passwd` cannot be run"]);
}

#[tokio::test]
async fn a_program_that_exits_at_once() {
    let text = "profile p {\n program sh \"-c\" \"echo boom; exit 3\"\n listen localhost port=\"$port\"\n}";
    let begun = Instant::now();
    let (cause, text) = cause(profile(text), &BOTH, LONG).await;
    assert!(begun.elapsed() < LONG / 4, "the deadline is not waited for");
    assert!(matches!(cause, Cause::Exited(_)), "{cause:?}");
    has(&text, &["p is not ready: its program exited with status 3\nthe last lines of its output:\n  boom\n"]);
}

#[tokio::test]
async fn a_program_that_never_listens_shows_its_output() {
    let text = "profile p {\n program sh \"-c\" \"echo here >&2; sleep 1000\"\n listen localhost port=\"$port\"\n}";
    let (cause, text) = cause(profile(text), &BOTH, SHORT).await;
    assert!(matches!(cause, Cause::Unreachable { .. }), "{cause:?}");
    has(&text, &["nothing listens there\nthe last lines of its output:\n  here\n"]);
}

/// Whoever answers there is not taken for the program's server.
#[tokio::test]
async fn a_fixed_port_in_use() {
    let TargetName::Url(endpoint) = answering(ACCEPTED, ACCEPTED_5).await else { panic!("an address") };
    let port = endpoint.port;
    let text = format!("profile p {{\n program sleep \"1000\"\n listen \"127.0.0.1\" port={port}\n}}");
    let (cause, text) = cause(profile(&text), &BOTH, LONG).await;
    assert!(matches!(cause, Cause::PortInUse { .. }), "{cause:?}");
    has(&text, &[&format!("127.0.0.1:{port} is in use by something else"), "to test what listens there: mqtt://"]);
}

#[tokio::test]
async fn a_picked_port_in_use_is_picked_again() {
    let folder = tempfile::tempdir().unwrap();
    let tries = folder.path().join("tries");
    let script = format!("echo $port >> {}; echo Error: Address already in use; exit 1", tries.display());
    let text = format!("profile p {{\n program sh \"-c\" \"{script}\"\n listen \"127.0.0.1\" port=\"$port\"\n}}");
    let (cause, text) = cause(profile(&text), &BOTH, LONG).await;
    assert!(matches!(cause, Cause::PortInUse { .. }), "{cause:?}");
    has(&text, &["is in use by something else", "Error: Address already in use"]);
    assert_eq!(std::fs::read_to_string(tries).unwrap().lines().count(), 5);
}
