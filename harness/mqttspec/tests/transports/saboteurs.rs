//! A server that does something wrong with WebSocket is caught by the scenarios that are about it.

use crate::support::{LONG, start};
use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, run_server};
use mqttspec::serve::{FrameSabotage, Listener, serve_wrongly};
use mqttspec::target::{Endpoint, TlsOptions, Transport};
use mqttspec_broker::Config;
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;
use mqttspec_engine::plan::version_key;
use std::collections::BTreeSet;
use std::time::Duration;

/// The cases that fail on a server that does this wrong, each with the statement that it names.
async fn failing(sabotage: FrameSabotage) -> BTreeSet<(String, String)> {
    let address = ([127, 0, 0, 1], 0).into();
    let listener = Listener { transport: Transport::Ws, address };
    let serving = serve_wrongly(&[listener], None, Config::default(), sabotage).await.unwrap();
    let endpoint = Endpoint::new(Transport::Ws, "127.0.0.1", serving.address.port());
    let mut server = start(endpoint, TlsOptions::default(), LONG).await.unwrap();
    let corpus = Corpus::built_in().unwrap();
    let options = Options { timeout: Duration::from_secs(1), ..Options::default() };
    let cases: Vec<_> = corpus.cases().into_iter().filter(|case| case.scenario.needs_web_socket()).collect();
    assert!(!cases.is_empty());
    let summary = run_server(cases, &corpus.catalogue, &options, &mut server, &mut |_| {}).await;
    serving.stop().await;
    let failed = summary.results.into_iter().filter(|result| result.verdict == Verdict::Fail);
    failed.map(|result| (result.case, result.reason.split(':').next().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_caught() {
    for sabotage in FrameSabotage::ALL {
        let (cases, statement) = match sabotage {
            FrameSabotage::TextTaken => (&["text-frame"][..], "MQTT-6.0.0-1/b"),
            FrameSabotage::FrameIsPacket => (&["packets-across-frames", "packets-in-one-frame"][..], "MQTT-6.0.0-2"),
            FrameSabotage::FirstSubprotocol => (&["subprotocol"][..], "MQTT-6.0.0-4"),
        };
        let id = |name: &&str| Version::ALL.map(|version| format!("websocket/{name}@{}", version_key(version)));
        let expected = cases.iter().flat_map(id).map(|case| (case, statement.to_owned())).collect();
        assert_eq!(failing(sabotage).await, expected, "{sabotage:?}");
    }
}
