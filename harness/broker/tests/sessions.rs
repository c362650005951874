//! Sessions: what they keep, and when they end.

mod support;

use mqttspec_codec::{Connect, Disconnect, Packet, Properties, PropertyId, ReasonCode, Version};
use support::*;

#[test]
fn a_kept_session_holds_subscriptions_and_messages() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (client, present) = bench.resume(version, "a");
        assert!(!present);
        bench.subscribe(client, "t", QOS2);
        bench.abort(client);
        let publisher = bench.client(version, "p");
        for (qos, payload) in [(QOS0, "lost"), (QOS1, "one"), (QOS2, "two"), (QOS1, "three")] {
            bench.tell(publisher, "t", qos, payload);
        }
        let (client, present) = bench.resume(version, "a");
        assert!(present);
        assert_eq!(bench.hear(client, "one").qos, QOS1);
        assert_eq!(bench.hear(client, "two").qos, QOS2);
        assert!(!bench.hear(client, "three").dup);
        bench.quiet(client);
    }
}

#[test]
fn clean_start_discards_the_session() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let client = bench.kept(version, "a");
        bench.subscribe(client, "t", QOS1);
        bench.abort(client);
        let publisher = bench.client(version, "p");
        bench.tell(publisher, "t", QOS1, "old");
        let (client, connack) = bench.connect(version, &connect(version, "a"));
        assert!(!connack.session_present);
        bench.tell(publisher, "t", QOS1, "new");
        bench.quiet(client);
        // A session that began with Clean Session 1 does not outlast its connection.
        bench.abort(client);
        assert!(!bench.resume(version, "a").1);
    }
}

#[test]
fn sessions_expire() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "a");
    bench.abort(client);
    bench.seconds(99);
    let (client, present) = bench.resume(V5, "a");
    assert!(present);
    // While there is a connection nothing expires.
    bench.subscribe(client, "t", QOS1);
    bench.seconds(1000);
    bench.tell(client, "t", QOS0, "x");
    bench.hear(client, "x");
    bench.abort(client);
    bench.seconds(99);
    let (client, present) = bench.resume(V5, "a");
    assert!(present);
    bench.abort(client);
    bench.seconds(100);
    assert!(!bench.resume(V5, "a").1);
    let for_ever = bench.kept(V311, "b");
    bench.abort(for_ever);
    bench.seconds(1_000_000_000);
    assert!(bench.resume(V311, "b").1);
    let most = [number(PropertyId::SessionExpiryInterval, u32::MAX)];
    let (client, _) = bench.connect(V5, &Connect { properties: Properties::list(&most), ..connect(V5, "c") });
    bench.abort(client);
    bench.seconds(1 << 33);
    assert!(bench.resume(V5, "c").1);
}

fn leave_with(bench: &mut Bench, client: Client, interval: u32) {
    let properties = [number(PropertyId::SessionExpiryInterval, interval)];
    let properties = Properties::list(&properties);
    bench.send(client, Packet::Disconnect(Disconnect { reason: OK, properties }));
}

#[test]
fn disconnect_changes_the_expiry() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "a");
    leave_with(&mut bench, client, 0);
    bench.closed(client);
    let (client, present) = bench.resume(V5, "a");
    assert!(!present);
    leave_with(&mut bench, client, 200);
    bench.seconds(199);
    assert!(bench.resume(V5, "a").1);
}

#[test]
fn raising_the_expiry_from_0_is_an_error_and_spares_the_will() {
    let mut bench = Bench::new();
    let watcher = bench.client(V5, "watcher");
    bench.subscribe(watcher, "w", QOS0);
    let (client, _) = bench.connect(V5, &Connect { will: Some(will("w", "gone")), ..connect(V5, "a") });
    leave_with(&mut bench, client, 5);
    bench.disconnected(client, 0x82);
    bench.hear(watcher, "gone");
    bench.quiet(watcher);
    assert!(!bench.resume(V5, "a").1);
}

#[test]
fn versions_share_sessions() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "a");
    bench.subscribe(client, "t", QOS1);
    bench.leave(client);
    let (client, present) = bench.resume(V311, "a");
    assert!(present);
    bench.leave(client);
    // 3.1.1 has made it a session that does not expire.
    bench.seconds(1000);
    assert!(bench.resume(V5, "a").1);
}

#[test]
fn a_wrong_disconnect_reason_spares_the_will() {
    let mut bench = Bench::new();
    let watcher = bench.client(V5, "watcher");
    bench.subscribe(watcher, "w", QOS0);
    let (client, _) = bench.connect(V5, &Connect { will: Some(will("w", "gone")), ..connect(V5, "a") });
    bench.raw(client, &[0xe0, 1, 0x8e]);
    bench.disconnected(client, 0x82);
    bench.hear(watcher, "gone");
    let (client, _) = bench.connect(V5, &Connect { will: Some(will("w", "gone")), ..connect(V5, "a") });
    let reason = ReasonCode::DISCONNECT_WITH_WILL;
    bench.send(client, Packet::Disconnect(Disconnect { reason, properties: Properties::EMPTY }));
    bench.closed(client);
    bench.hear(watcher, "gone");
}
