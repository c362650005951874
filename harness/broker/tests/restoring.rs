//! A broker that goes on with the state of another, and one that does not.

mod support;

use mqttspec_broker::{Broker, Config, MessageState, State};
use mqttspec_codec::{Connect, Packet, Properties, Property, PropertyId, Publish, Will};
use support::*;

#[test]
fn sessions_and_their_messages_go_on() {
    for version in mqttspec_codec::Version::ALL {
        let mut bench = Bench::new();
        let client = bench.kept(version, "s");
        bench.subscribe(client, "t/+", QOS2);
        let publisher = bench.client(version, "p");
        for (qos, payload) in [(QOS1, "1"), (QOS2, "2"), (QOS2, "3")] {
            bench.tell(publisher, "t/a", qos, payload);
        }
        let (one, two, three) = (bench.publish(client), bench.publish(client), bench.publish(client));
        bench.send(client, Packet::Pubrec(ack(three.packet_identifier.unwrap())));
        bench.expect(client, Packet::Pubrel(ack(three.packet_identifier.unwrap())));
        bench.send(client, Packet::Publish(message("up", QOS2, 7, "x")));
        bench.take(client);
        bench.abort(client);
        bench.tell(publisher, "t/b", QOS1, "4");

        bench.restart(5);
        let (client, present) = bench.resume(version, "s");
        assert!(present);
        // The PUBREL, what was sent, what waited; and an inbound message that is not released is still known.
        bench.expect(client, Packet::Pubrel(ack(three.packet_identifier.unwrap())));
        bench.expect(client, Packet::Publish(Publish { dup: true, ..one }));
        bench.expect(client, Packet::Publish(Publish { dup: true, ..two }));
        let four = bench.publish(client);
        assert_eq!((four.payload, four.dup), (&b"4"[..], false));
        let used = [one, two, three].map(|publish| publish.packet_identifier);
        assert!(!used.contains(&four.packet_identifier));
        let up = bench.client(version, "up");
        bench.subscribe(up, "up", QOS0);
        bench.send(client, Packet::Publish(Publish { dup: true, ..message("up", QOS2, 7, "x") }));
        bench.expect(client, Packet::Pubrec(ack(7)));
        bench.quiet(up);
        bench.say(up, "t/c", "5", false);
        bench.hear(client, "5");
    }
}

#[test]
fn without_the_state_nothing_is_left() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "s");
    bench.subscribe(client, "t", QOS1);
    bench.say(client, "t", "x", true);
    bench.broker = Broker::new(Config::default());
    let (client, present) = bench.resume(V5, "s");
    assert!(!present);
    bench.subscribe(client, "t", QOS1);
    bench.quiet(client);
}

#[test]
fn retained_messages_keep_their_properties_and_their_time() {
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    let properties = [
        Property::user("b", "1"),
        number(PropertyId::MessageExpiryInterval, 10),
        Property::user("a", "2"),
        Property::text(PropertyId::ContentType, "c"),
    ];
    let retained = Publish { retain: true, properties: Properties::list(&properties), ..message("t", QOS1, 1, "x") };
    bench.send(client, Packet::Publish(retained));
    bench.take(client);
    bench.say(client, "u", "for ever", true);
    bench.seconds(2);
    bench.restart(3);
    let client = bench.client(V5, "b");
    bench.subscribe(client, "#", QOS2);
    let publish = bench.publish(client);
    let left = number(PropertyId::MessageExpiryInterval, 5);
    let expected = [properties[0], left, properties[2], properties[3]];
    assert!(publish.properties.iter().eq(expected));
    assert_eq!((publish.qos, publish.retain), (QOS1, true));
    bench.hear(client, "for ever");
    bench.seconds(5);
    bench.restart(0);
    let client = bench.client(V5, "c");
    bench.subscribe(client, "#", QOS2);
    bench.hear(client, "for ever");
    bench.quiet(client);
}

#[test]
fn connections_have_broken_and_time_has_gone_on() {
    let will = Will { qos: QOS1, ..will("w", "gone") };
    let delay = [number(PropertyId::WillDelayInterval, 20)];
    let expiry = [number(PropertyId::SessionExpiryInterval, 100)];
    let mut bench = Bench::new();
    let watcher = bench.kept(V311, "watcher");
    bench.subscribe(watcher, "w", QOS1);
    bench.subscribe(watcher, "v", QOS1);
    // One session that ends with its connection, one whose Will waits.
    let now = Connect { will: Some(will), ..connect(V5, "now") };
    bench.connect(V5, &now);
    let later = Connect {
        will: Some(Will { topic: "v".into(), properties: Properties::list(&delay), ..will }),
        properties: Properties::list(&expiry),
        clean_start: false,
        ..connect(V5, "later")
    };
    bench.connect(V5, &later);
    bench.restart(15);
    let (watcher, present) = bench.resume(V311, "watcher");
    assert!(present);
    assert_eq!(bench.hear(watcher, "gone").topic, "w");
    bench.seconds(4);
    // What runs already goes on across another restart.
    bench.restart(0);
    let watcher = bench.resume(V311, "watcher").0;
    bench.quiet(watcher);
    bench.seconds(1);
    assert_eq!(bench.hear(watcher, "gone").topic, "v");
    bench.restart(79);
    let (client, present) = bench.resume(V5, "later");
    assert!(present);
    bench.abort(client);
    bench.restart(100);
    assert!(!bench.resume(V5, "later").1);
    assert!(!bench.resume(V5, "now").1);
}

#[test]
fn subscriptions_keep_their_options_and_names() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "s");
    let options = mqttspec_codec::SubscriptionOptions::new(QOS1).with_no_local(true).with_retain_as_published(true);
    bench.subscribe_all(client, &[("t", options)], &[number(PropertyId::SubscriptionIdentifier, 9)]);
    bench.subscribe(client, "$share/g/u", QOS1);
    // In 3.1.1 this is a filter like any other.
    let old = bench.kept(V311, "old");
    bench.subscribe(old, "$share/g/u", QOS1);
    bench.restart(0);
    let (client, _) = bench.resume(V5, "s");
    let (old, _) = bench.resume(V311, "old");
    bench.say(client, "t", "own", true);
    bench.say(old, "t", "other", true);
    let publish = bench.hear(client, "other");
    assert!(publish.retain);
    assert!(publish.properties.subscription_identifiers().eq([9]));
    bench.say(client, "u", "shared", false);
    bench.hear(client, "shared");
    bench.say(client, "$share/g/u", "plain", false);
    bench.hear(old, "plain");
    bench.quiet(old);
    assert_eq!(bench.unsubscribe(client, &["$share/g/u", "t", "u"]), [0, 0, 0x11]);
}

#[test]
fn assigned_identifiers_stay_unique() {
    let mut bench = Bench::new();
    let name = |bench: &mut Bench| {
        let (_, connack) = bench.connect(V5, &connect(V5, ""));
        connack.properties.text(PropertyId::AssignedClientIdentifier).expect("an identifier")
    };
    let first = name(&mut bench);
    bench.restart(0);
    assert_ne!(name(&mut bench), first);
}

#[test]
fn what_no_broker_has_written_is_an_error() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "s");
    bench.subscribe(client, "t", QOS1);
    let publisher = bench.client(V5, "p");
    bench.tell(publisher, "t", QOS1, "x");
    let state = bench.broker.state(bench.now);
    assert!(Broker::restore(Config::default(), &state).is_ok());
    assert_eq!(state.sessions[1].client_id, "s");
    let wrong = |change: fn(&mut State)| {
        let mut state = state.clone();
        change(&mut state);
        Broker::restore(Config::default(), &state).err().map(|error| error.to_string())
    };
    let changes: [fn(&mut State); 9] = [
        |state| state.messages.clear(),
        |state| state.retained.push(9),
        |state| state.messages[0].publish.truncate(3),
        |state| state.messages[0].publish.push(0),
        |state| state.messages.push(MessageState { publish: vec![0xc0, 0], ..state.messages[0].clone() }),
        |state| state.sessions[1].in_flight[0].packet_identifier = 0,
        |state| state.sessions[1].in_flight[0].delivery.as_mut().unwrap().qos = 3,
        |state| state.sessions[1].subscriptions[0].name.filter = "#/a".into(),
        |state| state.sessions.extend(state.sessions.clone()),
    ];
    for change in changes {
        let error = wrong(change).expect("an error");
        assert!(error.starts_with("not the state of a broker"), "{error}");
    }
}
