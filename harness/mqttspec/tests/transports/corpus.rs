//! Every scenario passes on the reference server over every transport that has what it needs.

use crate::support::{Certificates, LONG, endpoint, serving, start};
use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, run_server};
use mqttspec::target::{TlsOptions, Transport};
use mqttspec_broker::Config;
use mqttspec_engine::event::Verdict;
use std::collections::BTreeSet;

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
    // What a transport does not have cannot be played over it.
    let lacking: BTreeSet<String> = cases
        .iter()
        .filter(|case| case.scenario.needs_web_socket() && !transport.is_web_socket())
        .map(|case| case.id.clone())
        .collect();
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
        .filter(|result| match lacking.contains(&result.case) {
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
