//! User names, client certificates and the access list, over the transports that carry them.

use crate::support::{Certificates, LONG, endpoint, serving, start};
use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, run_server};
use mqttspec::serve::access::access_list;
use mqttspec::target::{Access, Cause, Server, TargetError, TargetName, TlsOptions, Transport};
use mqttspec_broker::Config;
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;

/// The certificate is enough where passwords are asked for, and its name is the one of the access list.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_says_who_the_client_is() {
    let certificates = Certificates::new();
    let config = Config {
        credentials: vec![("alice".to_owned(), b"secret".to_vec())],
        access_list: Some(access_list("test", "user tester {\n  both \"mqttspec/#\"\n}").unwrap()),
        ..Config::default()
    };
    let serving = serving(&certificates.mutual_tls().naming(), config).await;
    for (transport, name, verdict) in [
        (Transport::Tls, "tester", Verdict::Pass),
        (Transport::Wss, "tester", Verdict::Pass),
        // Another one gets in, but may do nothing.
        (Transport::Tls, "other", Verdict::Inconclusive),
    ] {
        let tls = TlsOptions { identity: Some(certificates.client(name)), ..certificates.trusted() };
        let mut server = start(endpoint(&serving, transport), tls, LONG).await.unwrap();
        let corpus = Corpus::built_in().unwrap();
        let mut cases = corpus.cases();
        cases.retain(|case| case.id.starts_with("qos/qos1-handshake@v5"));
        let options = Options { timeout: LONG, ..Options::default() };
        let summary = run_server(cases, &corpus.catalogue, &options, &mut server, &mut |_| {}).await;
        assert!(!summary.results.is_empty());
        for result in &summary.results {
            assert_eq!(result.verdict, verdict, "{name} over {}: {result:#?}", transport.word());
        }
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_password_over_every_transport() {
    let certificates = Certificates::new();
    let pair = |name: &str, password: &str| (name.to_owned(), password.as_bytes().to_vec());
    let config = Config { credentials: vec![pair("a", "1"), pair("b", "2")], ..Config::default() };
    let serving = serving(&certificates.server_tls(), config).await;
    for transport in Transport::ALL {
        for (credentials, accepted) in [(pair("b", "2"), true), (pair("b", "1"), false)] {
            let name = TargetName::Url(endpoint(&serving, transport));
            let access = Access { credentials: Some(credentials), tls: certificates.trusted(), transport: None };
            match Server::start(name, access, &Version::ALL, LONG).await {
                Ok(_) => assert!(accepted),
                Err(TargetError::NotReady { cause, .. }) => {
                    assert!(!accepted && matches!(*cause, Cause::ConnectRefused { .. }), "{cause:?}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    serving.stop().await;
}
