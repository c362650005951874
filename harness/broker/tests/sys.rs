//! The counters below `$SYS`.

mod support;

use core::time::Duration;
use mqttspec_broker::Config;
use mqttspec_codec::{Connect, Packet, Publish, Version};
use support::*;

fn bench() -> Bench {
    Bench::with(Config { sys_interval: Some(Duration::from_secs(10)), ..Config::default() })
}

/// What a counter says to a new client.
fn counter(bench: &mut Bench, name: &str) -> String {
    let client = bench.client(V5, "counter");
    bench.subscribe(client, &format!("$SYS/broker/{name}"), QOS1);
    let publish = bench.publish(client);
    assert!(publish.retain);
    bench.leave(client);
    String::from_utf8(publish.payload.to_vec()).unwrap()
}

/// The messages of clients have their room, however many counters there are.
#[test]
fn counters_take_no_room() {
    let interval = Some(Duration::from_secs(10));
    let mut bench = Bench::with(Config { sys_interval: interval, retained_maximum: 1, ..Config::default() });
    bench.seconds(20);
    let client = bench.client(V5, "c");
    let retained =
        |topic, identifier| Packet::Publish(Publish { retain: true, ..message(topic, QOS1, identifier, "x") });
    bench.send(client, retained("a", 1));
    bench.expect(client, Packet::Puback(nack(1, 0x10)));
    bench.send(client, retained("b", 2));
    assert!(matches!(bench.take(client), Packet::Puback(ack) if ack.reason.0 == 0x97));
    bench.seconds(10);
    assert_eq!(counter(&mut bench, "retained messages/count"), "15");
}

#[test]
fn counters_are_published_at_an_interval() {
    let mut bench = bench();
    let watcher = bench.client(V311, "w");
    bench.subscribe(watcher, "$SYS/#", QOS1);
    bench.quiet(watcher);
    let others = bench.client(V5, "o");
    bench.subscribe(others, "#", QOS0);
    bench.subscribe(others, "+/broker/uptime", QOS0);
    let kept = bench.kept(V5, "k");
    bench.subscribe(kept, "t", QOS1);
    bench.say(kept, "t", "x", true);
    bench.hear(kept, "x");
    bench.hear(others, "x");
    bench.abort(kept);
    for uptime in ["10 seconds", "20 seconds"] {
        bench.seconds(10);
        let mut last = String::new();
        for _ in 0..14 {
            let publish = bench.publish(watcher);
            assert!(!publish.retain);
            last = String::from_utf8(publish.payload.to_vec()).unwrap();
        }
        assert_eq!(last, uptime);
        bench.quiet(watcher);
        // A wildcard at the front does not match them.
        bench.quiet(others);
    }
    for (name, value) in [
        ("clients/connected", "2"),
        ("clients/disconnected", "1"),
        ("clients/total", "3"),
        ("clients/maximum", "3"),
        ("subscriptions/count", "4"),
        ("publish/messages/received", "1"),
        // Two of the message, and fourteen counters at the first interval; those of the second are not out yet.
        ("publish/messages/sent", "16"),
        // What was retained before this one: `t`, and the `$SYS` topics.
        ("retained messages/count", "15"),
        ("messages/received", "8"),
    ] {
        assert_eq!(counter(&mut bench, name), value, "{name}");
    }
    assert!(counter(&mut bench, "version").starts_with("mqttspec "));
    let bytes: u64 = counter(&mut bench, "bytes/received").parse().unwrap();
    assert!((50..200).contains(&bytes), "{bytes}");
}

#[test]
fn only_the_server_publishes_there() {
    for version in Version::ALL {
        let mut bench = bench();
        let client = bench.client(version, "a");
        bench.subscribe(client, "$SYS/x", QOS0);
        bench.subscribe(client, "$SYSTEM", QOS0);
        bench.send(client, Packet::Publish(Publish { retain: true, ..message("$SYS/x", QOS1, 1, "no") }));
        match bench.take(client) {
            Packet::Puback(puback) => assert_eq!(puback.reason.0, if version == V5 { 0x87 } else { 0 }),
            other => panic!("no PUBACK: {other:?}"),
        }
        bench.say(client, "$SYS/x", "no", false);
        bench.quiet(client);
        bench.say(client, "$SYSTEM", "yes", false);
        bench.hear(client, "yes");
        let will = Connect { will: Some(will("$SYS", "no")), ..connect(version, "b") };
        assert_eq!(bench.refused(version, &will), Some(if version == V5 { 0x87 } else { 5 }));
    }
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    bench.subscribe(client, "$SYS/x", QOS0);
    bench.say(client, "$SYS/x", "without counters a topic like any other", false);
    bench.publish(client);
    assert_eq!(bench.broker.next_deadline(), None);
}
