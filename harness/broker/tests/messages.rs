//! What belongs to a message: retention, expiry, properties, Topic Aliases.

mod support;

use mqttspec_broker::Config;
use mqttspec_codec::{
    Packet, Properties, Property, PropertyId, Publish, RetainHandling, SubscriptionOptions, Value, Version,
};
use support::*;

fn with<'a>(publish: Publish<'a>, properties: &'a [Property<'a>]) -> Packet<'a> {
    Packet::Publish(Publish { properties: Properties::list(properties), ..publish })
}

#[test]
fn retained_messages() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let publisher = bench.client(version, "p");
        bench.say(publisher, "t/a", "old", true);
        bench.send(publisher, Packet::Publish(Publish { retain: true, ..message("t/a", QOS2, 1, "new") }));
        bench.take(publisher);
        bench.say(publisher, "t", "parent", true);
        bench.say(publisher, "t/a", "live", false);
        bench.say(publisher, "$t", "hidden", true);
        // The session of the publisher ends, the messages stay.
        bench.leave(publisher);
        let client = bench.client(version, "a");
        bench.subscribe(client, "t/#", QOS1);
        let (parent, new) = (bench.hear(client, "parent"), bench.hear(client, "new"));
        assert!(parent.retain && new.retain && !new.dup);
        // The minimum of what was published and what is granted.
        assert_eq!((parent.qos, new.qos), (QOS0, QOS1));
        bench.quiet(client);
        // Subscribing again has them sent again.
        bench.subscribe(client, "t/+", QOS0);
        bench.hear(client, "new");
        bench.subscribe(client, "t/+", QOS0);
        bench.hear(client, "new");
        bench.unsubscribe(client, &["t/+"]);
        // An empty one is passed on as any other and clears the topic.
        bench.say(client, "t/a", "", true);
        assert!(!bench.hear(client, "").retain);
        bench.subscribe(client, "+/a", QOS0);
        bench.subscribe(client, "t/a", QOS0);
        bench.quiet(client);
        bench.subscribe(client, "#", QOS0);
        bench.hear(client, "parent");
        bench.quiet(client);
    }
}

#[test]
fn retain_handling() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "a");
    bench.say(client, "t", "x", true);
    let options = |handling| SubscriptionOptions::new(QOS1).with_retain_handling(handling);
    bench.subscribe(client, "t", options(RetainHandling::DoNotSend));
    bench.quiet(client);
    bench.subscribe(client, "t", options(RetainHandling::SendIfNew));
    bench.quiet(client);
    bench.subscribe(client, "+", options(RetainHandling::SendIfNew));
    bench.hear(client, "x");
    bench.subscribe(client, "t", options(RetainHandling::Send));
    bench.hear(client, "x");
    // A subscription of a resumed session exists already.
    bench.abort(client);
    let (client, _) = bench.resume(V5, "a");
    bench.quiet(client);
    bench.subscribe(client, "+", options(RetainHandling::SendIfNew));
    bench.quiet(client);
    bench.unsubscribe(client, &["+"]);
    bench.subscribe(client, "+", options(RetainHandling::SendIfNew));
    bench.hear(client, "x");
}

#[test]
fn retained_messages_keep_their_properties_and_expire() {
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    let properties =
        [Property::user("b", "1"), number(PropertyId::MessageExpiryInterval, 10), Property::user("a", "2")];
    bench.send(client, with(Publish { retain: true, ..message("t", QOS0, 0, "x") }, &properties));
    bench.seconds(4);
    bench.subscribe(client, "#", QOS0);
    let heard = bench.hear(client, "x").properties;
    let expected = [properties[0], number(PropertyId::MessageExpiryInterval, 6), properties[2]];
    assert_eq!(heard, Properties::list(&expected));
    bench.seconds(6);
    bench.subscribe(client, "t", QOS0);
    bench.quiet(client);
}

#[test]
fn waiting_messages_expire() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "a");
    bench.subscribe(client, "t", QOS1);
    bench.abort(client);
    let publisher = bench.client(V5, "p");
    for (seconds, payload) in [(5, "short"), (20, "long"), (0, "never")] {
        let expiry = [number(PropertyId::MessageExpiryInterval, seconds)];
        bench.send(publisher, with(message("t", QOS1, 1, payload), &expiry));
        bench.take(publisher);
    }
    bench.wait(core::time::Duration::from_millis(5500));
    let (client, _) = bench.resume(V5, "a");
    // What had been waiting for whole seconds is taken off.
    let left = bench.publish(client);
    assert_eq!(left.payload, b"long");
    assert_eq!(left.properties.number(PropertyId::MessageExpiryInterval), Some(15));
    bench.quiet(client);
    // Once it has been sent it does not expire: the exchange goes on.
    bench.abort(client);
    bench.seconds(60);
    let (client, _) = bench.resume(V5, "a");
    assert!(bench.hear(client, "long").dup);
    // An interval of 0 is for those who are there.
    let expiry = [number(PropertyId::MessageExpiryInterval, 0)];
    bench.send(publisher, with(message("t", QOS0, 0, "now"), &expiry));
    bench.hear(client, "now");
    bench.send(publisher, with(message("t", QOS1, 1, "now, too"), &expiry));
    bench.hear(client, "now, too");
}

#[test]
fn properties_are_passed_on_unaltered() {
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    let old = bench.client(V311, "o");
    for client in [client, old] {
        bench.subscribe(client, "#", QOS0);
    }
    let properties = [
        Property::user("z", "\u{feff}1"),
        number(PropertyId::PayloadFormatIndicator, 1),
        Property::text(PropertyId::ResponseTopic, "re/ply"),
        Property::user("a", ""),
        Property { id: PropertyId::CorrelationData, value: Value::Binary(&[0, 255, 1]) },
        number(PropertyId::TopicAlias, 1),
        Property::text(PropertyId::ContentType, "c"),
        Property::user("z", "\u{feff}1"),
    ];
    bench.send(client, with(message("t", QOS0, 0, "x"), &properties));
    let expected: Vec<_> = properties.into_iter().filter(|property| property.id != PropertyId::TopicAlias).collect();
    assert_eq!(bench.hear(client, "x").properties, Properties::list(&expected));
    assert!(bench.hear(old, "x").properties.is_empty());
    bench.say(old, "t", "y", false);
    assert!(bench.hear(client, "y").properties.is_empty());
}

#[test]
fn topic_aliases() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "a");
    bench.subscribe(client, "#", QOS0);
    let alias = |number_: u32| [number(PropertyId::TopicAlias, number_)];
    for (name, number, topic) in
        [("a", 1, "a"), ("", 1, "a"), ("b", 16, "b"), ("", 1, "a"), ("c", 1, "c"), ("", 1, "c")]
    {
        bench.send(client, with(message(name, QOS0, 0, "x"), &alias(number)));
        assert!(bench.hear(client, "x").topic == topic);
    }
    // They end with the connection.
    bench.abort(client);
    let (client, _) = bench.resume(V5, "a");
    bench.send(client, with(message("", QOS0, 0, "x"), &alias(1)));
    bench.disconnected(client, 0x82);
    for wrong in [0, 17, 65_535] {
        let client = bench.client(V5, "b");
        bench.send(client, with(message("t", QOS0, 0, "x"), &alias(wrong)));
        bench.disconnected(client, 0x94);
    }
    let mut bench = Bench::with(Config { topic_alias_maximum: 0, ..Config::default() });
    let client = bench.client(V5, "b");
    bench.send(client, with(message("t", QOS0, 0, "x"), &alias(1)));
    bench.disconnected(client, 0x94);
}

#[test]
fn limits_of_what_is_kept() {
    for version in Version::ALL {
        let mut bench = Bench::with(Config {
            queue_maximum: 2,
            retained_maximum: 1,
            subscription_maximum: 1,
            session_maximum: 2,
            ..Config::default()
        });
        let client = bench.kept(version, "a");
        assert_eq!(bench.subscribe(client, "t", QOS1), [1]);
        assert_eq!(bench.subscribe(client, "t", QOS1), [1]);
        assert_eq!(bench.subscribe(client, "u", QOS1), [if version == V5 { 0x97 } else { 0x80 }]);
        bench.abort(client);
        let publisher = bench.client(version, "p");
        let code = if version == V5 { 0x97 } else { 3 };
        assert_eq!(bench.refused(version, &connect(version, "c")), Some(code));
        for payload in ["1", "2", "3"] {
            bench.tell(publisher, "t", QOS1, payload);
        }
        bench.say(publisher, "one", "x", true);
        bench.say(publisher, "two", "x", true);
        bench.say(publisher, "one", "y", true);
        bench.send(publisher, Packet::Publish(Publish { retain: true, ..message("two", QOS1, 1, "x") }));
        if version == V5 {
            assert!(matches!(bench.take(publisher), Packet::Puback(ack) if ack.reason.0 == 0x97));
        } else {
            bench.closed(publisher);
        }
        let (client, _) = bench.resume(version, "a");
        bench.hear(client, "1");
        bench.hear(client, "2");
        bench.quiet(client);
    }
}

/// U+FEFF is a character like any other, wherever it stands, and nothing is normalised.
#[test]
fn strings_are_taken_as_they_are() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let client = bench.client(version, "a");
        let topics = ["\u{feff}t", "t", "t\u{feff}", "\u{e9}", "e\u{301}", "T"];
        for topic in topics {
            bench.subscribe(client, topic, QOS0);
        }
        for topic in topics {
            bench.say(client, topic, "x", false);
            assert!(bench.hear(client, "x").topic == topic);
            bench.quiet(client);
        }
        let user = [Property::user("\u{feff}", "\u{feff}x")];
        if version == V5 {
            bench.send(client, with(message("t", QOS0, 0, "y"), &user));
            assert!(bench.hear(client, "y").properties.iter().eq(user));
        }
    }
}
