//! Credentials, and the access list.

mod support;

use mqttspec_broker::{AccessRule, Config, ConnectionId, Who};
use mqttspec_codec::{Connect, Packet, Properties, PropertyId, Publish, SubscriptionOptions, Version};
use support::*;

fn credentials() -> Vec<(String, Vec<u8>)> {
    vec![("u".into(), b"p".into()), ("v".into(), b"q".into())]
}

fn as_user<'a>(version: Version, user_name: &'a str, password: &'a [u8]) -> Connect<'a> {
    Connect { user_name: Some(user_name.into()), password: Some(password), ..connect(version, user_name) }
}

fn rule(who: Who, filter: &str, publish: bool, subscribe: bool) -> AccessRule {
    AccessRule { who, filter: filter.into(), publish, subscribe }
}

/// Everyone may read `open/#`, `u` may write there, and the client `c` may do everything below `own`.
fn bench() -> Bench {
    let rules = vec![
        rule(Who::Everyone, "open/#", false, true),
        rule(Who::UserName("u".into()), "open/#", true, false),
        rule(Who::ClientId("c".into()), "own/+", true, true),
    ];
    Bench::with(Config { access_list: Some(rules), ..Config::default() })
}

#[test]
fn user_name_and_password_belong_together() {
    let mut bench = Bench::with(Config { credentials: credentials(), ..Config::default() });
    for version in Version::ALL {
        bench.connect(version, &as_user(version, "u", b"p"));
        bench.connect(version, &as_user(version, "v", b"q"));
        let (bad, none) = if version == V5 { (0x86, 0x86) } else { (4, 5) };
        assert_eq!(bench.refused(version, &as_user(version, "u", b"q")), Some(bad));
        assert_eq!(bench.refused(version, &as_user(version, "w", b"p")), Some(bad));
        assert_eq!(bench.refused(version, &Connect { password: None, ..as_user(version, "u", b"") }), Some(bad));
        assert_eq!(bench.refused(version, &connect(version, "a")), Some(none));
    }
}

#[test]
fn whom_the_transport_knows_needs_no_password() {
    let rules = vec![rule(Who::UserName("u".into()), "t", true, true)];
    let config = Config { credentials: credentials(), access_list: Some(rules), ..Config::default() };
    let mut bench = Bench::with(config);
    for version in Version::ALL {
        let client = bench.open(version);
        bench.broker.identified(bench.now, ConnectionId(client.connection), "u");
        bench.send(client, Packet::Connect(connect(version, "a")));
        assert!(matches!(bench.take(client), Packet::Connack(connack) if connack.reason == OK));
        assert_eq!(bench.subscribe(client, "t", QOS0), [0]);
    }
}

#[test]
fn what_is_not_allowed_is_not_published() {
    let mut bench = bench();
    let reader = bench.client(V5, "r");
    assert_eq!(bench.subscribe(reader, "open/#", QOS2), [2]);
    for version in Version::ALL {
        let (u, _) = bench.connect(version, &as_user(version, "u", b""));
        let (v, _) = bench.connect(version, &as_user(version, "v", b""));
        for qos in [QOS0, QOS1, QOS2] {
            bench.tell(u, "open/x", qos, "yes");
            bench.hear(reader, "yes");
            let retained = Publish { retain: true, ..message("open/x", qos, 9, "no") };
            bench.send(v, Packet::Publish(retained));
            match (version, qos) {
                (_, QOS0) => {}
                (V5, QOS1) => assert!(matches!(bench.take(v), Packet::Puback(ack) if ack.reason.0 == 0x87)),
                (V5, QOS2) => assert!(matches!(bench.take(v), Packet::Pubrec(ack) if ack.reason.0 == 0x87)),
                (V311, QOS1) => bench.expect(v, Packet::Puback(ack(9))),
                (V311, QOS2) => {
                    bench.expect(v, Packet::Pubrec(ack(9)));
                    bench.send(v, Packet::Pubrel(ack(9)));
                    bench.expect(v, Packet::Pubcomp(ack(9)));
                }
            }
            bench.quiet(v);
            bench.quiet(reader);
        }
    }
    let late = bench.client(V5, "late");
    bench.subscribe(late, "open/#", QOS2);
    bench.quiet(late);
    // A Topic Alias is no way around it.
    let v = bench.client(V5, "v");
    let alias = [number(PropertyId::TopicAlias, 1)];
    let properties = Properties::list(&alias);
    bench.send(v, Packet::Publish(Publish { properties, ..message("open/x", QOS0, 0, "no") }));
    bench.send(v, Packet::Publish(Publish { properties, ..message("", QOS1, 1, "no") }));
    assert!(matches!(bench.take(v), Packet::Puback(ack) if ack.reason.0 == 0x87));
    bench.quiet(reader);
}

#[test]
fn what_is_not_allowed_is_not_subscribed_to() {
    for version in Version::ALL {
        let refused = if version == V5 { 0x87 } else { 0x80 };
        let mut bench = bench();
        let client = bench.client(version, "c");
        let options = SubscriptionOptions::new(QOS1);
        let filters = ["open/+/a", "#", "own/x", "own/#", "+/x", "own/+"].map(|filter| (filter, options));
        assert_eq!(bench.subscribe_all(client, &filters, &[]), [1, refused, 1, refused, refused, 1]);
        let other = bench.client(version, "d");
        assert_eq!(bench.subscribe(other, "own/x", QOS0), [refused]);
        bench.say(client, "own/x", "x", false);
        bench.hear(client, "x");
        bench.quiet(other);
    }
    // A shared subscription is held to the filter behind its name.
    let mut bench = bench();
    let client = bench.client(V5, "d");
    assert_eq!(bench.subscribe(client, "$share/g/open/x", QOS0), [0]);
    assert_eq!(bench.subscribe(client, "$share/open/own/x", QOS0), [0x87]);
}

#[test]
fn a_will_that_may_not_be_published_is_refused() {
    let mut bench = bench();
    for version in Version::ALL {
        let code = if version == V5 { 0x87 } else { 5 };
        let with = |id, topic| Connect { will: Some(will(topic, "x")), ..connect(version, id) };
        assert_eq!(bench.refused(version, &with("a", "own/x")), Some(code));
        bench.connect(version, &with("c", "own/x"));
        let user = Connect { will: Some(will("open/x", "x")), ..as_user(version, "u", b"") };
        bench.connect(version, &user);
    }
}
