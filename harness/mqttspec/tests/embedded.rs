//! Every scenario that the reference broker supports as it is passes on it, in both modes of isolation, with the same transcript every time.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Isolation, Options, Summary, run_embedded};
use mqttspec_broker::Config;
use mqttspec_engine::event::{Event, Verdict};

fn run(isolation: Isolation, seed: u64) -> (Summary, Vec<Event>) {
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let options = Options { seed, ..Options::default() };
    let mut events = Vec::new();
    // No bytes in virtual time come in frames: those are played in `transports`.
    let cases: Vec<_> = corpus.cases().into_iter().filter(|case| !case.scenario.needs_web_socket()).collect();
    let planned: Vec<String> = cases.iter().map(|case| case.id.clone()).collect();
    let summary = run_embedded(cases, &corpus.catalogue, &options, &Config::default(), isolation, &mut |event| {
        events.push(event);
    });
    let told: Vec<String> = summary.results.iter().map(|result| result.case.clone()).collect();
    assert_eq!(told, planned, "a planned case has no result");
    (summary, events)
}

fn check(isolation: Isolation, seed: u64) {
    let (summary, events) = run(isolation, seed);
    let other: Vec<String> = summary
        .results
        .iter()
        // What this server does not offer, it offers under a choice: `choices` sees every case pass.
        .filter(|result| !matches!(result.verdict, Verdict::Pass | Verdict::Unsupported))
        .map(|result| format!("{} {}: {}", result.verdict.word(), result.case, result.reason))
        .collect();
    assert!(other.is_empty(), "{} cases do not pass:\n{}", other.len(), other.join("\n"));
    let findings: Vec<&Event> = events.iter().filter(|event| matches!(event, Event::Finding { .. })).collect();
    assert!(findings.is_empty(), "findings: {findings:#?}");
    let left: Vec<&String> = summary.results.iter().flat_map(|result| &result.left_behind).collect();
    assert!(left.is_empty(), "left behind: {left:#?}");
}

#[test]
fn every_case_passes_with_a_broker_of_its_own() {
    check(Isolation::PerCase, 0);
}

#[test]
fn every_case_passes_among_all_others_on_one_broker() {
    for seed in 0..5 {
        check(Isolation::Shared, seed);
    }
}

#[test]
fn the_transcript_is_the_same_every_time() {
    for isolation in [Isolation::PerCase, Isolation::Shared] {
        assert_eq!(run(isolation, 7).1, run(isolation, 7).1);
    }
}
