//! Servers that only pretend, over all scenarios: nobody passes who does not do what the statements ask.

use super::support::driver::{Played, play};
use super::support::script::Script;
use super::support::{CATALOGUE, settings, told};
use mqttspec_engine::event::{RuleKind, RuleState, Verdict};
use mqttspec_engine::plan::{self, Case};
use mqttspec_engine::scenario::{self, Source};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Rules that ask for a CONNACK that accepts, and for no more.
const ACCEPTED: [&str; 6] = [
    "session/client-id-allowed@",
    "connack/connack-comes-first@",
    "connack/connack-flags@",
    "connack/response-information@",
    "connect/connect-accepted@",
    "connect/connect-with-properties@",
];
/// Rules that CONNACK, PINGRESP and acknowledgements fulfil, in cases that deliver something besides or are about no message.
const ACKNOWLEDGED: [&str; 28] = [
    ACCEPTED[0],
    ACCEPTED[1],
    ACCEPTED[2],
    ACCEPTED[3],
    ACCEPTED[4],
    ACCEPTED[5],
    "capabilities/receive-maximum-is-given-back@",
    "ping/pingreq-answered@",
    "ping/pingreq-between-packets@",
    "connack/connack-comes-first-on-resume@",
    "subscribe/suback-tells-each-filter@",
    "subscribe/suback-within-maximum-packet-size@",
    "unsubscribe/unsuback-within-maximum-packet-size@",
    // Which acknowledgement, under which identifier, with which codes: these rules ask for no more.
    "qos/answer-by-qos.control@",
    "ack/acknowledgement-identifiers@",
    "ack/pubcomp-identifier@",
    "ack/reason-codes-of-",
    "flow/exchanges-at-once@",
    // And that they are not too large.
    "ack/puback-within-maximum-packet-size@",
    "ack/pubrec-within-maximum-packet-size@",
    "ack/pubcomp-within-maximum-packet-size@",
    "wildcard/acknowledgement-identifiers@",
    "wildcard/several-filters@",
    "wildcard/unsubscribe-codes@",
    // UNSUBACK comes though nothing was deleted.
    "wildcard/unsubscribe-compares-characters@",
    // PUBCOMP ends an exchange, and PINGRESP shows the connection to be there.
    "qos/pubrel-unknown-identifier.control@",
    "session/keep-alive-expiry.control@",
    // Session Present of CONNACK.
    "session/session-belongs-to-client-id.control@",
];

fn corpus() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut cases = Vec::new();
    for area in folder(&root).into_iter().filter(|path| path.is_dir()) {
        let name = area.file_name().expect("a name").to_string_lossy().into_owned();
        if ["statements", "targets", "baselines"].contains(&name.as_str()) {
            continue;
        }
        for file in folder(&area) {
            let text = std::fs::read_to_string(&file).expect("a scenario can be read");
            let source = Arc::new(Source { path: file.display().to_string(), text });
            let loaded = scenario::load(source, &name, &CATALOGUE).unwrap_or_else(|error| panic!("{error:?}"));
            cases.extend(loaded.into_iter().map(Arc::new).flat_map(|scenario| plan::cases(&scenario)));
        }
    }
    assert!(cases.len() > 100, "{} cases", cases.len());
    cases
}

fn folder(path: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// Plays every case against the script; what passes, and the rules of scenarios that are proved, in lines.
fn pretend(script: &str) -> (Vec<String>, Vec<String>) {
    let (mut passes, mut proved) = (Vec::new(), Vec::new());
    let mut controls: BTreeMap<String, Verdict> = BTreeMap::new();
    for case in corpus() {
        // As in a run: without its control a case says nothing.
        let passed = |verdict: &Verdict| matches!(verdict, Verdict::Pass | Verdict::Info | Verdict::Nonstrict);
        if case.control.as_ref().is_some_and(|control| !controls.get(control).is_some_and(passed)) {
            continue;
        }
        let is_control = case.is_control;
        let played: Played = play(case, settings(), &mut Script::new(script));
        assert!(played.turns < 2000, "{}", told(&played));
        let id = &played.result.case;
        if is_control {
            controls.insert(id.clone(), played.result.verdict);
        }
        if matches!(played.result.verdict, Verdict::Pass | Verdict::Info) {
            passes.push(format!("{} {id}", played.result.verdict.word()));
        }
        let own = played.result.rules.iter().filter(|rule| rule.kind == RuleKind::Scenario);
        proved.extend(own.filter(|rule| rule.state == RuleState::Proved).map(|rule| format!("{id} {}", rule.name)));
    }
    (passes, proved)
}

#[track_caller]
fn check(script: &str, may_pass: &[&str], may_prove: &[&str]) {
    let (passes, proved) = pretend(script);
    let unexpected = |told: Vec<String>, allowed: &[&str]| -> Vec<String> {
        told.into_iter().filter(|line| !allowed.iter().any(|allowed| line.contains(allowed))).collect()
    };
    assert_eq!(unexpected(passes, may_pass), [""; 0], "these pass");
    assert_eq!(unexpected(proved, may_prove), [""; 0], "these are proved");
}

#[test]
fn a_server_that_is_silent() {
    check("silent", &[], &[]);
}

#[test]
fn a_server_that_closes_at_once() {
    check("* open: close", &[], &[]);
}

#[test]
fn a_server_that_accepts_and_closes() {
    check("silent\n * CONNECT: CONNACK; close", &[], &ACCEPTED);
}

#[test]
fn a_server_that_accepts_and_falls_silent() {
    check("silent\n * CONNECT: CONNACK", &[], &ACCEPTED);
}

#[test]
fn a_server_that_acknowledges_everything_and_delivers_nothing() {
    check("", &[], &ACKNOWLEDGED);
}
