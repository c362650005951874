//! Every scenario passes on the reference server over every transport that has what it needs.

use crate::support::{Certificates, LONG, endpoint, serving, start};
use mqttspec::corpus::Corpus;
use mqttspec::run::{Isolation, Options, run_embedded, run_server};
use mqttspec::target::{TlsOptions, Transport};
use mqttspec_broker::Config;
use mqttspec_engine::event::Verdict;
use std::collections::BTreeSet;

/// The cases that this server has no part in over this transport: those that it does not support in virtual time
/// either, but for WebSocket frames where there are some, and those that restart it, which an address does not allow.
fn not_playable(corpus: &Corpus, transport: Transport) -> BTreeSet<String> {
    let cases = corpus.cases();
    let served = cases.iter().filter(|case| match case.scenario.needs_web_socket() {
        true => !transport.is_web_socket(),
        false => !case.operations().is_empty(),
    });
    let mut expected: BTreeSet<String> = served.map(|case| case.id.clone()).collect();
    let frames: BTreeSet<String> =
        cases.iter().filter(|case| case.scenario.needs_web_socket()).map(|case| case.id.clone()).collect();
    let virtually = run_embedded(
        cases,
        &corpus.catalogue,
        &Options::default(),
        &Config::default(),
        Isolation::PerCase,
        &mut |_| {},
    );
    let unsupported = virtually.results.into_iter().filter(|result| result.verdict == Verdict::Unsupported);
    expected.extend(unsupported.map(|result| result.case).filter(|case| !frames.contains(case)));
    expected
}

async fn every_case_passes(transport: Transport, mutual: bool) {
    let certificates = Certificates::new();
    let server_tls = if mutual { certificates.mutual_tls() } else { certificates.server_tls() };
    let serving = serving(&server_tls, Config::default()).await;
    let identity = mutual.then(|| certificates.client("tester"));
    let tls = TlsOptions { identity, ..certificates.trusted() };
    let mut server = start(endpoint(&serving, transport), tls, LONG).await.unwrap();
    let corpus = Corpus::built_in().unwrap();
    let options = Options { timeout: LONG, ..Options::default() };
    let cases = corpus.cases();
    let planned = cases.len();
    let expected = not_playable(&corpus, transport);
    let mut findings = Vec::new();
    let summary = run_server(cases, &corpus.catalogue, &options, &mut server, &mut |event| {
        if let mqttspec_engine::event::Event::Finding { finding, .. } = event {
            findings.push(finding);
        }
    })
    .await;
    let other: Vec<String> = summary
        .results
        .iter()
        .filter(|result| match expected.contains(&result.case) {
            true => result.verdict != Verdict::Unsupported,
            false => result.verdict != Verdict::Pass,
        })
        .map(|result| format!("{} {}: {}", result.verdict.word(), result.case, result.reason))
        .collect();
    assert_eq!(summary.results.len(), planned);
    assert!(other.is_empty(), "{} cases do not pass over {}:\n{}", other.len(), transport.word(), other.join("\n"));
    assert!(findings.is_empty(), "{findings:#?}");
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp() {
    every_case_passes(Transport::Tcp, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls() {
    every_case_passes(Transport::Tls, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_web_socket() {
    every_case_passes(Transport::Ws, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_secure_web_socket_with_a_client_certificate() {
    every_case_passes(Transport::Wss, true).await;
}
