//! The server, and the exchange that every client takes part in.

use mqttspec::authority::Authority;
use mqttspec::serve::{Listener, ServerTls, Serving, serve_all};
use mqttspec::target::Transport;
use mqttspec_broker::Config;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;

/// So many messages at each QoS.
pub(crate) const MESSAGES: usize = 20;

/// The server on every transport, and the authority of its certificate in a file.
pub(crate) struct Server {
    serving: Serving,
    folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let authority = Authority::new().unwrap();
        let tls = ServerTls::issued(&authority.server(&["localhost".to_owned()]).unwrap(), None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.certificate()).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listeners = Transport::ALL.map(|transport| Listener { transport, address });
        Self { serving: serve_all(&listeners, Some(&tls), Config::default()).await.unwrap(), folder }
    }

    pub(crate) fn port(&self, transport: Transport) -> u16 {
        let listener = self.serving.listeners.iter().find(|listener| listener.transport == transport);
        listener.unwrap().address.port()
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// What a subscriber to `t/#` gets: the topic and the payload, in the order of arrival.
pub(crate) type Received = Vec<(String, String)>;

/// The payloads that are published at a QoS to `t/QOS`.
pub(crate) fn payloads(qos: u8) -> impl Iterator<Item = String> {
    (0..MESSAGES).map(move |number| format!("{qos}-{number}"))
}

/// Every message came once, in the order in which it was sent; then the Will.
#[track_caller]
pub(crate) fn complete(received: &Received, who: &str) {
    let mut by_topic: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (topic, payload) in received {
        by_topic.entry(topic).or_default().push(payload);
    }
    for qos in 0..3 {
        let expected: Vec<String> = payloads(qos).collect();
        assert_eq!(by_topic.remove(format!("t/{qos}").as_str()).unwrap_or_default(), expected, "{who}, QoS {qos}");
    }
    assert_eq!(by_topic.remove("t/will").unwrap_or_default(), ["gone"], "{who}");
    assert!(by_topic.is_empty(), "{who}: {by_topic:?}");
}

/// What is not installed is left out, unless it is required.
pub(crate) fn left_out(what: &str, install: &str) {
    assert!(std::env::var_os("MQTTSPEC_CLIENTS").is_none_or(|value| value != "required"), "{what}: {install}");
    eprintln!("\nLEFT OUT: {what} is not installed ({install})\n");
}
