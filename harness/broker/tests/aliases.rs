//! Topic Aliases that the server uses.

mod support;

use mqttspec_broker::Config;
use mqttspec_codec::{Packet, PropertyId, Publish, QoS};
use support::*;

fn reader(bench: &mut Bench, maximum: u32) -> Client {
    bench.resume_with(V5, "r", &[number(PropertyId::TopicAliasMaximum, maximum)]).0
}

/// Topic and alias of the next message, which is acknowledged.
fn next(bench: &mut Bench, client: Client, payload: &str) -> (&'static str, Option<u32>) {
    let publish = bench.hear(client, payload);
    (publish.topic.as_str().unwrap(), publish.properties.number(PropertyId::TopicAlias))
}

fn say_all(bench: &mut Bench, client: Client, topics: &[&str], qos: QoS) {
    for topic in topics {
        bench.tell(client, topic, qos, topic);
    }
}

#[test]
fn the_first_topics_get_aliases_within_what_the_client_takes() {
    let mut bench = Bench::new();
    let client = reader(&mut bench, 2);
    bench.subscribe(client, "#", QOS2);
    let publisher = bench.client(V5, "p");
    say_all(&mut bench, publisher, &["one", "two", "three", "two", "one", "three"], QOS1);
    let seen = ["one", "two", "three", "two", "one", "three"].map(|topic| next(&mut bench, client, topic));
    let expected = [("one", Some(1)), ("two", Some(2)), ("three", None), ("", Some(2)), ("", Some(1)), ("three", None)];
    assert_eq!(seen, expected);
    say_all(&mut bench, publisher, &["one", "three"], QOS0);
    assert_eq!(next(&mut bench, client, "one"), ("", Some(1)));
    assert_eq!(next(&mut bench, client, "three"), ("three", None));
    // Another connection begins anew, also with what is sent again.
    say_all(&mut bench, publisher, &["two"], QOS2);
    let Publish { topic, .. } = bench.publish(client);
    assert_eq!(topic, "");
    bench.abort(client);
    let client = reader(&mut bench, 1);
    assert_eq!(next(&mut bench, client, "two"), ("two", Some(1)));
    bench.abort(client);
    let client = reader(&mut bench, 0);
    say_all(&mut bench, publisher, &["two"], QOS1);
    assert_eq!(next(&mut bench, client, "two"), ("two", None));
}

#[test]
fn a_client_that_says_nothing_gets_none() {
    for config in [Config::default(), Config { topic_alias_use: 0, ..Config::default() }] {
        let mut bench = Bench::with(config.clone());
        let asks = if config.topic_alias_use == 0 { 9 } else { 0 };
        let client = if asks == 0 { bench.client(V5, "r") } else { reader(&mut bench, asks) };
        let old = bench.client(V311, "o");
        for client in [client, old] {
            bench.subscribe(client, "t", QOS1);
        }
        for _ in 0..2 {
            bench.say(old, "t", "x", false);
            assert_eq!(next(&mut bench, client, "x"), ("t", None));
            assert_eq!(bench.hear(old, "x").topic, "t");
        }
    }
    let mut bench = Bench::with(Config { topic_alias_use: 1, ..Config::default() });
    let client = reader(&mut bench, 9);
    bench.subscribe(client, "#", QOS1);
    for (topic, alias) in [("t", Some(1)), ("u", None)] {
        bench.say(client, topic, "x", false);
        assert_eq!(next(&mut bench, client, "x"), (topic, alias));
    }
}

#[test]
fn a_packet_that_only_an_alias_makes_too_large_goes_without() {
    let mut bench = Bench::new();
    let more = [number(PropertyId::TopicAliasMaximum, 9), number(PropertyId::MaximumPacketSize, 40)];
    let client = bench.resume_with(V5, "r", &more).0;
    bench.subscribe(client, "t", QOS0);
    // 2 + 2 + 1 + 1 and the payload; an alias takes three more.
    let (full, small) = ("x".repeat(34), "x".repeat(31));
    bench.say(client, "t", &full, false);
    assert_eq!(next(&mut bench, client, &full), ("t", None));
    bench.say(client, "t", &small, false);
    assert_eq!(next(&mut bench, client, &small), ("t", Some(1)));
    bench.say(client, "t", &full, false);
    assert_eq!(next(&mut bench, client, &full), ("t", None));
    bench.send(client, Packet::Pingreq);
    bench.expect(client, Packet::Pingresp);
}
