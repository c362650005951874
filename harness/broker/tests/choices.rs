//! Every choice does what it says. That each is lawful is for the scenarios to tell.

mod support;

use mqttspec_broker::{Choice, Config};
use mqttspec_codec::{
    Connect, List, Packet, Properties, Property, PropertyId, Publish, RetainHandling, Subscribe, Subscription,
    SubscriptionOptions, Unsubscribe, Version, Will,
};
use std::collections::BTreeSet;
use std::time::Duration;
use support::*;

fn bench(choices: &[&str]) -> Bench {
    let mut config = Config::default();
    for name in choices {
        Choice::named(name).unwrap_or_else(|| panic!("no choice {name}")).apply(&mut config);
    }
    Bench::with(config)
}

fn reason(packet: &Packet<'_>) -> u8 {
    match packet {
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => ack.reason.0,
        other => panic!("no acknowledgement: {other:?}"),
    }
}

fn properties_of(packet: Packet<'static>) -> Properties<'static> {
    match packet {
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => ack.properties,
        Packet::Suback(suback) | Packet::Unsuback(suback) => suback.properties,
        Packet::Connack(connack) => connack.properties,
        Packet::Disconnect(disconnect) => disconnect.properties,
        other => panic!("no answer: {other:?}"),
    }
}

#[test]
fn names_are_unique_and_every_choice_changes_something() {
    let names: BTreeSet<&str> = Choice::ALL.iter().map(|choice| choice.name).collect();
    assert_eq!(names.len(), Choice::ALL.len());
    for choice in Choice::ALL {
        let mut config = Config::default();
        choice.apply(&mut config);
        assert_ne!(format!("{config:?}"), format!("{:?}", Config::default()), "{}", choice.name);
        assert!(!choice.does.is_empty() && !choice.left_by.is_empty());
    }
}

#[test]
fn copies_on_overlap() {
    for (choices, copies) in
        [(&[][..], vec![(QOS2, vec![1, 2])]), (&["copy-per-subscription"], vec![(QOS1, vec![1]), (QOS2, vec![2])])]
    {
        let mut bench = bench(choices);
        let client = bench.client(V5, "c");
        for (filter, qos, identifier) in [("#", QOS1, 1), ("a", QOS2, 2)] {
            let identifier =
                Property { id: PropertyId::SubscriptionIdentifier, value: mqttspec_codec::Value::VarInt(identifier) };
            bench.subscribe_all(client, &[(filter, SubscriptionOptions::new(qos))], &[identifier]);
        }
        let publisher = bench.client(V5, "p");
        bench.tell(publisher, "a", QOS2, "on");
        for (qos, identifiers) in copies {
            let publish = bench.publish(client);
            assert_eq!(publish.qos, qos);
            assert_eq!(publish.properties.subscription_identifiers().collect::<Vec<_>>(), identifiers);
        }
        bench.quiet(client);
    }
}

#[test]
fn qos_0_waits_for_a_client_that_is_away() {
    for version in [V311, V5] {
        let mut bench = bench(&["queue-qos-0"]);
        let client = bench.kept(version, "c");
        bench.subscribe(client, "a", QOS0);
        bench.abort(client);
        let publisher = bench.client(V5, "p");
        bench.say(publisher, "a", "one", false);
        bench.say(publisher, "a", "two", false);
        let (client, _) = bench.resume(version, "c");
        bench.hear(client, "one");
        bench.hear(client, "two");
    }
}

#[test]
fn qos_0_waits_for_the_send_quota() {
    let mut bench = bench(&["hold-back-qos-0"]);
    let client = bench.client(V5, "c");
    bench.subscribe(client, "#", QOS1);
    let publisher = bench.client(V5, "p");
    bench.tell(publisher, "a", QOS1, "one");
    bench.say(publisher, "b", "two", false);
    bench.tell(publisher, "a", QOS1, "three");
    let one = bench.publish(client);
    bench.quiet(client);
    bench.send(client, Packet::Puback(ack(one.packet_identifier.unwrap())));
    bench.hear(client, "two");
    bench.hear(client, "three");
}

#[test]
fn refusals_and_closes_without_a_word() {
    let password = [Property::text(PropertyId::AuthenticationMethod, "none such")];
    let unknown = Connect { properties: Properties::list(&password), ..connect(V5, "c") };
    assert_eq!(bench(&[]).refused(V5, &unknown), Some(0x8c));
    assert_eq!(bench(&["bare-refusal"]).refused(V5, &unknown), None);
    let mut bench = bench(&["bare-close"]);
    let client = bench.client(V5, "c");
    bench.send(client, Packet::Connect(connect(V5, "c")));
    bench.closed(client);
}

#[test]
fn codes_for_nobody_and_for_nothing() {
    for (choices, nobody, nothing) in
        [(&[][..], 0x10, 0x92), (&["silent-about-subscribers", "silent-about-identifiers"], 0, 0)]
    {
        let mut bench = bench(choices);
        let client = bench.client(V5, "c");
        bench.send(client, Packet::Publish(message("a", QOS1, 1, "on")));
        assert_eq!(reason(&bench.take(client)), nobody);
        bench.send(client, Packet::Pubrel(ack(9)));
        assert_eq!(reason(&bench.take(client)), nothing);
        bench.send(client, Packet::Pubrec(ack(9)));
        assert_eq!(reason(&bench.take(client)), nothing);
    }
}

#[test]
fn qos_2_goes_on_at_pubrel() {
    let mut bench = bench(&["deliver-at-pubrel"]);
    let client = bench.client(V5, "c");
    bench.subscribe(client, "a", QOS0);
    let publisher = bench.kept(V5, "p");
    bench.send(publisher, Packet::Publish(message("a", QOS2, 1, "on")));
    bench.expect(publisher, Packet::Pubrec(ack(1)));
    bench.quiet(client);
    bench.abort(publisher);
    let (publisher, _) = bench.resume(V5, "p");
    bench.send(publisher, Packet::Publish(Publish { dup: true, ..message("a", QOS2, 1, "on") }));
    bench.expect(publisher, Packet::Pubrec(ack(1)));
    bench.quiet(client);
    bench.send(publisher, Packet::Pubrel(ack(1)));
    bench.hear(client, "on");
    bench.expect(publisher, Packet::Pubcomp(ack(1)));
    bench.send(publisher, Packet::Pubrel(ack(1)));
    bench.quiet(client);
}

#[test]
fn what_comes_before_an_acknowledgement() {
    let own = |choices: &[&str]| {
        let mut bench = bench(choices);
        let client = bench.client(V5, "c");
        bench.subscribe(client, "a", QOS0);
        bench.send(client, Packet::Publish(message("a", QOS1, 1, "on")));
        bench.take(client).packet_type().name()
    };
    assert_eq!(own(&[]), "PUBLISH");
    assert_eq!(own(&["acknowledge-first"]), "PUBACK");

    let mut bench = bench(&["late-acknowledgements"]);
    let client = bench.client(V5, "c");
    let publisher = bench.client(V5, "p");
    let filter = [mqttspec_codec::Subscription { filter: "a".into(), options: SubscriptionOptions::new(QOS0) }];
    bench.send(
        client,
        Packet::Subscribe(mqttspec_codec::Subscribe {
            packet_identifier: 1,
            properties: Properties::EMPTY,
            subscriptions: mqttspec_codec::List::new(&filter),
        }),
    );
    bench.say(publisher, "a", "on", false);
    bench.hear(client, "on");
    bench.quiet(client);
    bench.wait(Duration::from_millis(20));
    assert_eq!(bench.take(client).packet_type().name(), "SUBACK");
    // What is still held back ends with the connection.
    bench.send(client, Packet::Publish(message("b", QOS1, 1, "on")));
    bench.abort(client);
    bench.seconds(1);
}

#[test]
fn retained_messages_before_the_suback_and_in_reverse() {
    let first = |choices: &[&str]| {
        let mut bench = bench(choices);
        let client = bench.client(V5, "c");
        bench.say(client, "a", "one", true);
        bench.say(client, "b", "two", true);
        let filter = [mqttspec_codec::Subscription { filter: "#".into(), options: SubscriptionOptions::new(QOS0) }];
        let subscriptions = mqttspec_codec::List::new(&filter);
        let properties = Properties::EMPTY;
        bench.send(
            client,
            Packet::Subscribe(mqttspec_codec::Subscribe { packet_identifier: 1, properties, subscriptions }),
        );
        let packets = [bench.take(client), bench.take(client), bench.take(client)];
        packets.map(|packet| match packet {
            Packet::Publish(publish) => String::from_utf8_lossy(publish.payload).into_owned(),
            other => other.packet_type().name().to_owned(),
        })
    };
    assert_eq!(first(&[]), ["SUBACK", "one", "two"]);
    assert_eq!(first(&["retained-before-suback"]), ["one", "two", "SUBACK"]);
    assert_eq!(first(&["retained-in-reverse"]), ["SUBACK", "two", "one"]);
}

#[test]
fn retained_qos_0_is_discarded_with_what_was_there() {
    let mut bench = bench(&["discard-retained-qos-0"]);
    let client = bench.client(V5, "c");
    bench.send(client, Packet::Publish(Publish { retain: true, ..message("a", QOS1, 1, "one") }));
    bench.take(client);
    bench.say(client, "a", "two", true);
    bench.subscribe(client, "a", SubscriptionOptions::new(QOS0).with_retain_handling(RetainHandling::Send));
    bench.quiet(client);
}

#[test]
fn the_last_publisher_and_topic_first() {
    let mut bench = bench(&["last-publisher-first"]);
    let client = bench.kept(V5, "c");
    bench.subscribe(client, "#", QOS1);
    bench.abort(client);
    let (one, two) = (bench.client(V5, "p"), bench.client(V5, "q"));
    for (publisher, topic, payload) in
        [(one, "a", "1"), (two, "a", "2"), (one, "a", "3"), (one, "b", "4"), (two, "a", "5")]
    {
        bench.tell(publisher, topic, QOS1, payload);
    }
    let (client, _) = bench.resume(V5, "c");
    for payload in ["4", "2", "5", "1", "3"] {
        bench.hear(client, payload);
    }
}

#[test]
fn publish_and_pubrel_again_in_one_order() {
    for (choices, publish_first) in [(&[][..], false), (&["resend-in-one-order"], true)] {
        let mut bench = bench(choices);
        let client = bench.kept(V5, "c");
        bench.subscribe(client, "a", QOS2);
        let publisher = bench.client(V5, "p");
        bench.tell(publisher, "a", QOS2, "one");
        bench.tell(publisher, "a", QOS1, "two");
        let one = bench.publish(client).packet_identifier.unwrap();
        bench.publish(client);
        bench.send(client, Packet::Pubrec(ack(one)));
        bench.take(client);
        bench.abort(client);
        let (client, _) = bench.resume(V5, "c");
        assert_eq!(matches!(bench.take(client), Packet::Publish(_)), publish_first);
    }
}

/// A PUBREL takes no quota, so it does not wait behind a PUBLISH that has to.
#[test]
fn a_pubrel_passes_a_publish_that_waits_for_the_quota() {
    let mut bench = bench(&["resend-in-one-order"]);
    let client = bench.kept(V5, "c");
    bench.subscribe(client, "a", QOS2);
    let publisher = bench.client(V5, "p");
    for (qos, payload) in [(QOS1, "one"), (QOS1, "two"), (QOS2, "three")] {
        bench.tell(publisher, "a", qos, payload);
    }
    let [_, _, three] = [bench.publish(client), bench.publish(client), bench.publish(client)];
    let three = three.packet_identifier.unwrap();
    bench.send(client, Packet::Pubrec(ack(three)));
    bench.take(client);
    bench.abort(client);
    let (client, _) = bench.resume_with(V5, "c", &[number(PropertyId::ReceiveMaximum, 1)]);
    assert_eq!(bench.publish(client).payload, b"one");
    bench.expect(client, Packet::Pubrel(ack(three)));
    bench.quiet(client);
}

#[test]
fn what_a_member_has_not_acknowledged_moves_on() {
    for (choices, moves) in [(&[][..], false), (&["move-shared-messages"], true)] {
        let mut bench = bench(choices);
        let (one, two) = (bench.kept(V5, "a"), bench.kept(V5, "b"));
        bench.abort(two);
        bench.subscribe(one, "$share/g/t", QOS2);
        bench.subscribe(one, "u", QOS1);
        let publisher = bench.client(V5, "p");
        bench.tell(publisher, "t", QOS1, "alone");
        bench.hear(one, "alone");
        let (two, _) = bench.resume(V5, "b");
        for (topic, qos, payload) in [("t", QOS1, "one"), ("t", QOS2, "two"), ("u", QOS1, "own")] {
            bench.tell(publisher, topic, qos, payload);
            bench.publish(one);
        }
        bench.subscribe(two, "$share/g/t", QOS2);
        bench.abort(one);
        if moves {
            assert!(!bench.hear(two, "one").dup);
        }
        bench.quiet(two);
        let (one, _) = bench.resume(V5, "a");
        if !moves {
            bench.hear(one, "one");
        }
        bench.hear(one, "two");
        bench.hear(one, "own");
        bench.quiet(one);
        // Where nobody else is there, it waits.
        bench.abort(two);
        bench.tell(publisher, "t", QOS1, "last");
        let last = bench.publish(one);
        bench.abort(one);
        let (one, _) = bench.resume(V5, "a");
        bench.expect(one, Packet::Publish(Publish { dup: true, ..last }));
    }
}

#[test]
fn what_waits_goes_with_its_subscription() {
    for version in [V311, V5] {
        for (choices, dropped) in [(&[][..], false), (&["drop-at-unsubscribe"], true)] {
            let mut config = Config { in_flight_maximum: 1, ..Config::default() };
            choices.iter().for_each(|name| Choice::named(name).unwrap().apply(&mut config));
            let mut bench = Bench::with(config);
            let client = bench.client(version, "c");
            for filter in ["a/#", "a/b", "c"] {
                bench.subscribe(client, filter, QOS1);
            }
            let publisher = bench.client(version, "p");
            for topic in ["a/sent", "a/waits", "a/b", "c"] {
                bench.tell(publisher, topic, QOS1, topic);
            }
            let sent = bench.publish(client);
            bench.unsubscribe(client, &["a/#", "none"]);
            bench.send(client, Packet::Puback(ack(sent.packet_identifier.unwrap())));
            if !dropped {
                bench.hear(client, "a/waits");
            }
            bench.hear(client, "a/b");
            bench.hear(client, "c");
            bench.quiet(client);
        }
    }
}

#[test]
fn a_wrong_protocol_name() {
    for (choices, level, code) in [
        (&[][..], 5, None),
        (&["tell-wrong-protocol-name"], 5, Some(0x84)),
        (&["tell-wrong-protocol-name"], 4, None),
        (&["tell-wrong-protocol-name", "bare-refusal"], 5, None),
    ] {
        let mut bench = bench(choices);
        let client = bench.open(V5);
        bench.raw(client, &[&b"\x10\x0e\0\x04mqtt"[..], &[level], b"\x02\0\x3c\0\0\x01a"].concat());
        assert_eq!(bench.refusal(client), code);
    }
}

#[test]
fn one_version_only() {
    for (choice, spoken, other, code) in [("only-v3.1.1", V311, V5, 0x84), ("only-v5", V5, V311, 1)] {
        let mut bench = bench(&[choice]);
        bench.client(spoken, "c");
        assert_eq!(bench.refused(other, &connect(other, "d")), Some(code));
    }
}

#[test]
fn again_on_a_live_connection_to_3_1_1_only() {
    let mut bench = bench(&["resend-on-live-connection"]);
    let (old, new) = (bench.client(V311, "o"), bench.client(V5, "n"));
    let publisher = bench.client(V5, "p");
    for client in [old, new] {
        bench.subscribe(client, "a", QOS1);
    }
    bench.tell(publisher, "a", QOS1, "on");
    let first = bench.publish(old);
    bench.publish(new);
    bench.wait(Duration::from_millis(500));
    bench.expect(old, Packet::Publish(Publish { dup: true, ..first }));
    bench.quiet(new);
    bench.send(old, Packet::Puback(ack(first.packet_identifier.unwrap())));
    bench.seconds(2);
    bench.quiet(old);
}

#[test]
fn client_identifiers() {
    let mut bench = bench(&["plain-client-identifiers"]);
    for (version, code) in [(V311, 2), (V5, 0x85)] {
        for id in ["", "a-b", "0123456789abcdefghijklmn"] {
            assert_eq!(bench.refused(version, &connect(version, id)), Some(code), "{id}");
        }
        bench.client(version, "0123456789abcdefghijklm");
    }
}

#[test]
fn a_lower_grant_and_wildcards_refused() {
    for (version, wildcard) in [(V311, 1), (V5, 0xa2)] {
        let mut bench = bench(&["grant-qos-1", "refuse-wildcards"]);
        let client = bench.client(version, "c");
        assert_eq!(bench.subscribe(client, "a", QOS2), [1]);
        assert_eq!(bench.subscribe(client, "a/#", QOS2), [wildcard]);
        bench.tell(client, "b", QOS2, "on");
    }
}

#[test]
fn topics_with_a_dollar() {
    let publish = |version: Version, choice: &str| {
        let mut bench = bench(&[choice]);
        let client = bench.client(version, "c");
        bench.send(client, Packet::Publish(message("$x/a", QOS1, 1, "on")));
        (bench, client)
    };
    let (mut bench_5, client) = publish(V5, "refuse-dollar-topics");
    assert_eq!(reason(&bench_5.take(client)), 0x90);
    assert_eq!(bench_5.subscribe(client, "$x/#", QOS0), [0x8f]);
    let (mut old, client) = publish(V311, "refuse-dollar-topics");
    old.closed(client);
    let (mut closing, client) = publish(V5, "close-on-dollar-topics");
    closing.disconnected(client, 0x90);
    let mut ignoring = bench(&["ignore-dollar-topics"]);
    let client = ignoring.client(V5, "c");
    ignoring.subscribe(client, "$x/a", QOS0);
    ignoring.send(client, Packet::Publish(message("$x/a", QOS1, 1, "on")));
    assert_eq!(reason(&ignoring.take(client)), 0);
    ignoring.quiet(client);
}

#[test]
fn names_that_are_not_valid_are_refused_by_a_code() {
    for (version, code) in [(V311, 0x80), (V5, 0x8f)] {
        let mut bench = bench(&["refuse-names-by-code"]);
        let client = bench.client(version, "c");
        let properties: &[u8] = if version == V5 { &[0] } else { &[] };
        let subscribe = [&[0x82, 8 + properties.len() as u8, 0, 1], properties, b"\0\x03a#b\0"].concat();
        bench.raw(client, &subscribe);
        assert!(matches!(bench.take(client), Packet::Suback(suback) if suback.reasons == [code]));
        bench.quiet(client);
        let publish = [&[0x32, 5 + properties.len() as u8, 0, 1, b'+', 0, 1][..], properties].concat();
        bench.raw(client, &publish);
        match version {
            V311 => bench.closed(client),
            V5 => assert_eq!(reason(&bench.take(client)), 0x90),
        }
    }
}

#[test]
fn disallowed_code_points() {
    for version in [V311, V5] {
        let mut bench = bench(&["no-disallowed-code-points"]);
        for text in ["\u{1}", "\u{7f}", "\u{ffff}", "\u{1fffe}", "\u{fdd0}"] {
            let client = bench.client(version, "c");
            bench.send(client, Packet::Publish(message(text, QOS0, 0, "on")));
            bench.disconnected(client, 0x81);
            assert_eq!(bench.refused(version, &connect(version, text)), (version == V5).then_some(0x81));
        }
        let client = bench.client(version, "c");
        bench.subscribe(client, "\u{feff}\u{e9} \u{fffd}", QOS0);
    }
}

#[test]
fn silence_is_noticed_early() {
    let mut bench = bench(&["short-patience"]);
    let (client, _) = bench.connect(V5, &Connect { keep_alive: 10, ..connect(V5, "c") });
    bench.wait(Duration::from_millis(10_999));
    bench.quiet(client);
    bench.wait(Duration::from_millis(1));
    bench.disconnected(client, 0x8d);
}

#[test]
fn a_will_that_is_held_back_goes_with_its_session() {
    for (choices, published) in [(&[][..], true), (&["drop-will-on-clean-start"], false)] {
        let mut bench = bench(choices);
        let watcher = bench.client(V5, "w");
        bench.subscribe(watcher, "w", QOS0);
        let delay = [number(PropertyId::WillDelayInterval, 5)];
        let kept = [number(PropertyId::SessionExpiryInterval, 60)];
        let properties = Properties::list(&kept);
        let will = Some(Will { properties: Properties::list(&delay), ..will("w", "gone") });
        let (client, _) = bench.connect(V5, &Connect { will, properties, ..connect(V5, "c") });
        bench.abort(client);
        bench.client(V5, "c");
        if published {
            bench.hear(watcher, "gone");
        }
        bench.seconds(10);
        bench.quiet(watcher);
    }
}

#[test]
fn a_message_for_every_client() {
    let mut bench = bench(&["assigned-subscription"]);
    let (client, _) = bench.connect(V311, &connect(V311, "c"));
    assert_eq!(bench.hear(client, "welcome").topic.as_str(), Some("news/welcome"));
}

#[test]
fn more_than_needs_to_be_said() {
    let mut bench = bench(&["talkative", "state-defaults"]);
    let (client, connack) = bench.connect(V5, &Connect { keep_alive: 7, ..connect(V5, "c") });
    for (id, value) in [
        (PropertyId::ServerKeepAlive, 7),
        (PropertyId::SessionExpiryInterval, 0),
        (PropertyId::RetainAvailable, 1),
        (PropertyId::WildcardSubscriptionAvailable, 1),
        (PropertyId::SubscriptionIdentifierAvailable, 1),
        (PropertyId::SharedSubscriptionAvailable, 1),
    ] {
        assert_eq!(connack.properties.number(id), Some(value), "{id:?}");
    }
    assert!(connack.properties.find(PropertyId::MaximumQoS).is_none(), "2 is not a value of Maximum QoS");
    bench.send(client, Packet::Publish(message("a", QOS1, 1, "on")));
    assert!(
        matches!(bench.take(client), Packet::Puback(ack) if ack.properties.find(PropertyId::UserProperty).is_some())
    );
    // [MQTT-3.1.2-29]
    let quiet = [number(PropertyId::RequestProblemInformation, 0)];
    let (client, _) = bench.connect(V5, &Connect { properties: Properties::list(&quiet), ..connect(V5, "d") });
    bench.send(client, Packet::Publish(message("a", QOS1, 1, "on")));
    assert!(
        matches!(bench.take(client), Packet::Puback(ack) if ack.properties.find(PropertyId::UserProperty).is_none())
    );
}

/// What makes a packet too large for its client is left out, and the packet is sent without.
#[test]
fn no_more_is_said_than_a_client_takes() {
    for (size, told) in [(30, false), (200, true)] {
        let mut bench = bench(&["talkative"]);
        let small = [number(PropertyId::MaximumPacketSize, size)];
        let properties = Properties::list(&small);
        let (client, connack) = bench.connect(V5, &Connect { properties, ..connect(V5, "c") });
        let mut said = vec![connack.properties];
        for (qos, identifier) in [(QOS1, 1), (QOS2, 2)] {
            bench.send(client, Packet::Publish(message("a", qos, identifier, "on")));
            said.push(properties_of(bench.take(client)));
        }
        for packet in [Packet::Pubrel(ack(2)), Packet::Pubrec(ack(9))] {
            bench.send(client, packet);
            said.push(properties_of(bench.take(client)));
        }
        let subscriptions = [Subscription { filter: "a".into(), options: SubscriptionOptions::new(QOS0) }];
        let subscriptions = List::new(&subscriptions);
        let properties = Properties::EMPTY;
        bench.send(client, Packet::Subscribe(Subscribe { packet_identifier: 1, properties, subscriptions }));
        said.push(properties_of(bench.take(client)));
        let filters = ["a".into()];
        let filters = List::new(&filters);
        bench.send(client, Packet::Unsubscribe(Unsubscribe { packet_identifier: 1, properties, filters }));
        said.push(properties_of(bench.take(client)));
        bench.send(client, Packet::Connect(connect(V5, "c")));
        said.push(properties_of(bench.take(client)));
        bench.closed(client);
        for properties in said {
            for id in [PropertyId::ReasonString, PropertyId::UserProperty] {
                assert_eq!(properties.find(id).is_some(), told, "{size}: {properties:?}");
            }
        }
    }
    // A refusal, too.
    let refused = |size| {
        let asked = [
            number(PropertyId::MaximumPacketSize, size),
            Property::text(PropertyId::AuthenticationMethod, "none such"),
        ];
        let mut bench = bench(&["talkative"]);
        let client = bench.open(V5);
        bench.send(client, Packet::Connect(Connect { properties: Properties::list(&asked), ..connect(V5, "c") }));
        let properties = properties_of(bench.take(client));
        bench.closed(client);
        properties.find(PropertyId::UserProperty).is_some()
    };
    assert!(!refused(30) && refused(200));
}

#[test]
fn the_first_member_of_a_shared_subscription() {
    let mut bench = bench(&["share-with-first"]);
    let members = [bench.client(V5, "a"), bench.client(V5, "b")];
    for member in members {
        bench.subscribe(member, "$share/g/t", QOS0);
    }
    let publisher = bench.client(V5, "p");
    for payload in ["one", "two"] {
        bench.say(publisher, "t", payload, false);
        bench.hear(members[0], payload);
    }
    bench.abort(members[0]);
    bench.say(publisher, "t", "three", false);
    bench.hear(members[1], "three");
}
