//! No case on a malformed packet passes on a server that lets the packet pass.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Isolation, Options, run_embedded};
use mqttspec_broker::{Config, Sabotage};
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;
use mqttspec_engine::plan::Case;
use std::collections::BTreeSet;

/// The cases with a fault that do not pass on this saboteur.
fn caught(saboteur: &str) -> BTreeSet<String> {
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let config = Config { sabotage: Sabotage::find(saboteur), ..Config::default() };
    let options = Options::default();
    let summary = run_embedded(cases(&corpus), &corpus.catalogue, &options, &config, Isolation::PerCase, &mut |_| {});
    let caught =
        summary.results.into_iter().filter(|result| matches!(result.verdict, Verdict::Fail | Verdict::Nonstrict));
    caught.map(|result| result.case).collect()
}

fn cases(corpus: &Corpus) -> Vec<Case> {
    corpus.cases().into_iter().filter(|case| case.scenario.area == "encoding" && case.scenario.has_control()).collect()
}

#[test]
fn who_lets_malformed_packets_pass_is_caught_by_each_case() {
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let caught = &caught("malformed-packets-ignored") | &caught("open-after-invalid-connect");
    let missed: Vec<String> = cases(&corpus)
        .into_iter()
        .filter(|case| !case.is_control && !caught.contains(&case.id))
        .map(|case| case.id)
        .collect();
    assert!(missed.is_empty(), "{} cases pass: {missed:#?}", missed.len());
    assert!(cases(&corpus).iter().any(|case| case.version == Version::V311));
}
