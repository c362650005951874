//! Shutting down, ending connections, and sending clients elsewhere.

mod support;

use mqttspec_broker::{Config, Redirection};
use mqttspec_codec::{Connect, Packet, Properties, PropertyId, ReasonCode, Version};
use support::*;

fn elsewhere(permanent: bool) -> Redirection {
    Redirection { permanent, server_reference: Some("other.example:1883".into()) }
}

#[test]
fn a_shutdown_ends_every_connection() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let kept = bench.kept(V5, "k");
        bench.subscribe(kept, "w", QOS1);
        bench.abort(kept);
        let will = mqttspec_codec::Will { qos: QOS1, ..will("w", "gone") };
        let (client, _) = bench.connect(version, &Connect { will: Some(will), ..connect(version, "a") });
        let silent = bench.open(version);
        bench.broker.shut_down(bench.now);
        bench.drain();
        bench.disconnected(client, 0x8b);
        assert_eq!(bench.refusal(silent), None);
        let (kept, present) = bench.resume(V5, "k");
        assert!(present);
        bench.hear(kept, "gone");
    }
}

#[test]
fn the_operator_ends_a_connection() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (a, b) = (bench.kept(version, "a"), bench.kept(version, "b"));
        assert!(bench.broker.dismiss(bench.now, "a"));
        bench.drain();
        bench.disconnected(a, 0x98);
        assert!(!bench.broker.dismiss(bench.now, "a"));
        assert!(!bench.broker.dismiss(bench.now, "nobody"));
        bench.quiet(b);
        assert!(bench.resume(version, "a").1);
    }
}

#[test]
fn a_client_is_sent_elsewhere() {
    for (permanent, code) in [(false, 0x9c), (true, 0x9d)] {
        let mut bench = Bench::new();
        let (old, new) = (bench.client(V311, "old"), bench.client(V5, "new"));
        for id in ["old", "new"] {
            assert!(bench.broker.redirect(bench.now, id, &elsewhere(permanent)));
        }
        bench.drain();
        bench.closed(old);
        let Packet::Disconnect(disconnect) = bench.take(new) else { panic!("no DISCONNECT") };
        assert_eq!(disconnect.reason, ReasonCode(code));
        assert_eq!(disconnect.properties.text(PropertyId::ServerReference), Some("other.example:1883".into()));
        bench.closed(new);
    }
}

#[test]
fn new_clients_are_sent_elsewhere() {
    for (permanent, code) in [(false, 0x9c), (true, 0x9d)] {
        let mut bench = Bench::with(Config { redirection: Some(elsewhere(permanent)), ..Config::default() });
        assert_eq!(bench.refused(V311, &connect(V311, "a")), Some(3));
        let client = bench.open(V5);
        bench.send(client, Packet::Connect(connect(V5, "a")));
        let Packet::Connack(connack) = bench.take(client) else { panic!("no CONNACK") };
        assert_eq!(connack.reason, ReasonCode(code));
        assert_eq!(connack.properties.text(PropertyId::ServerReference), Some("other.example:1883".into()));
        bench.closed(client);
        // One that cannot take the reference is told without it.
        let small = [number(PropertyId::MaximumPacketSize, 10)];
        let properties = Properties::list(&small);
        assert_eq!(bench.refused(V5, &Connect { properties, ..connect(V5, "a") }), Some(code));
    }
}
