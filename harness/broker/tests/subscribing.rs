//! SUBSCRIBE and UNSUBSCRIBE, matching, overlaps and shared subscriptions.

mod support;

use mqttspec_codec::raw::Builder;
use mqttspec_codec::{Connect, Packet, PropertyId, Publish, SubscriptionOptions, Version};
use support::*;

fn options() -> SubscriptionOptions {
    SubscriptionOptions::new(QOS2)
}

#[test]
fn matching() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("#", &["a", "a/b", "/", "/a"], &["$SYS", "$SYS/a"]),
        ("a/#", &["a", "a/", "a/b", "a/b/c"], &["ab", "b", "A/b"]),
        ("+", &["a", "\u{feff}"], &["/a", "a/", "a/b", "$a"]),
        ("+/+", &["/x", "x/", "/", "a/b"], &["a", "a/b/c", "$a/b"]),
        ("/+", &["/x", "/"], &["x", "/x/y"]),
        ("/#", &["/x", "/", "//", "/x/y"], &["x"]),
        ("a/", &["a/"], &["a", "a//"]),
        ("a//+", &["a//", "a//b"], &["a/", "a/b"]),
        ("a/b/#", &["a/b", "a/b/", "a/b/c"], &["a", "a/bc", "a/"]),
        ("+/b/#", &["a/b", "/b/c"], &["a", "a/bc"]),
        ("a/+/c", &["a/b/c", "a//c"], &["a/c", "a/b/c/d"]),
        ("$a/#", &["$a", "$a/b"], &["a", "$b"]),
        ("$a/+", &["$a/b"], &["$a"]),
        ("a", &["a"], &["\u{feff}a", "a/", "b"]),
        ("e\u{301}", &["e\u{301}"], &["\u{e9}"]),
    ];
    for version in Version::ALL {
        for (filter, yes, no) in cases {
            let mut bench = Bench::new();
            let client = bench.client(version, "a");
            bench.subscribe(client, filter, QOS0);
            for topic in *yes {
                bench.say(client, topic, topic, false);
                let heard = bench.hear(client, topic);
                assert!(heard.topic == *topic);
            }
            for topic in *no {
                bench.say(client, topic, topic, false);
                bench.quiet(client);
            }
        }
    }
}

#[test]
fn codes_come_in_the_order_of_the_filters() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let client = bench.client(version, "a");
        let asked = |qos| SubscriptionOptions::new(qos);
        let filters = [("a", asked(QOS2)), ("b", asked(QOS0)), ("+/c", asked(QOS1)), ("a", asked(QOS1))];
        assert_eq!(bench.subscribe_all(client, &filters, &[]), [2, 0, 1, 1]);
        let codes = bench.unsubscribe(client, &["x", "a", "+/+", "+/c", "a"]);
        let expected: &[u8] = if version == V5 { &[0x11, 0, 0x11, 0, 0x11] } else { &[] };
        assert_eq!(codes, expected);
        bench.say(client, "a", "no", false);
        bench.quiet(client);
        bench.say(client, "b", "yes", false);
        bench.hear(client, "yes");
    }
}

#[test]
fn malformed_subscriptions() {
    let one = |version: Version, filter: &[u8], options: u8| {
        let start = Builder::new().u16(1);
        let start = if version == V5 { start.u8(0) } else { start };
        start.string(filter).u8(options).packet(0x82)
    };
    for version in Version::ALL {
        for filter in [&b"a#"[..], b"a/#/b", b"a+", b"+a/b", b"", b"a\0b", b"\xff"] {
            let mut bench = Bench::new();
            let client = bench.client(version, "a");
            bench.raw(client, &one(version, filter, 0));
            bench.disconnected(client, if filter.contains(&0) || filter.contains(&0xff) { 0x81 } else { 0x82 });
        }
        let codes = if version == V5 { [(0x03, 0x82), (0x30, 0x82), (0xc0, 0x81)] } else { [(3, 0), (4, 0), (8, 0)] };
        for (options, code) in codes {
            let mut bench = Bench::new();
            let client = bench.client(version, "a");
            bench.raw(client, &one(version, b"a", options));
            bench.disconnected(client, code);
        }
    }
    for filter in ["$share/g", "$share//x", "$share/g+/x", "$share/g/"] {
        let mut bench = Bench::new();
        let client = bench.client(V5, "a");
        bench.raw(client, &one(V5, filter.as_bytes(), 0));
        bench.disconnected(client, 0x82);
    }
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    bench.raw(client, &one(V5, b"$share/g/x", 0x04));
    bench.disconnected(client, 0x82);
}

#[test]
fn an_unsubscribe_leaves_what_is_under_way() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (client, publisher) = (bench.client(version, "a"), bench.client(version, "p"));
        bench.subscribe(client, "t", QOS2);
        bench.tell(publisher, "t", QOS2, "x");
        let identifier = bench.publish(client).packet_identifier.unwrap();
        bench.unsubscribe(client, &["t"]);
        bench.send(client, Packet::Pubrec(ack(identifier)));
        bench.expect(client, Packet::Pubrel(ack(identifier)));
        bench.send(client, Packet::Pubcomp(ack(identifier)));
        bench.tell(publisher, "t", QOS2, "y");
        bench.quiet(client);
    }
}

#[test]
fn overlapping_subscriptions_give_one_copy_of_the_highest_qos() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let client = bench.client(version, "a");
        bench.subscribe(client, "t/#", QOS1);
        bench.subscribe(client, "t/a", QOS0);
        bench.subscribe(client, "+/a", QOS2);
        let publisher = bench.client(version, "p");
        bench.tell(publisher, "t/a", QOS2, "x");
        assert_eq!(bench.hear(client, "x").qos, QOS2);
        bench.quiet(client);
    }
}

fn identifier(value: u32) -> [mqttspec_codec::Property<'static>; 1] {
    [number(PropertyId::SubscriptionIdentifier, value)]
}

fn identifiers(publish: Publish<'_>) -> Vec<u32> {
    let mut identifiers: Vec<_> = publish.properties.subscription_identifiers().collect();
    identifiers.sort_unstable();
    identifiers
}

#[test]
fn subscription_identifiers() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "a");
    let other = bench.client(V5, "b");
    bench.subscribe_all(client, &[("t", options())], &identifier(1));
    bench.subscribe_all(client, &[("#", options())], &identifier(268_435_455));
    bench.subscribe_all(client, &[("+", options())], &identifier(1));
    bench.subscribe(client, "t/#", QOS0);
    bench.subscribe(other, "t", QOS0);
    bench.say(other, "t", "x", true);
    assert_eq!(identifiers(bench.hear(client, "x")), [1, 1, 268_435_455]);
    assert_eq!(identifiers(bench.hear(other, "x")), [] as [u32; 0]);
    // A retained message carries it, too; replacing the subscription replaces or removes it.
    bench.subscribe_all(client, &[("t", options())], &identifier(5));
    assert_eq!(identifiers(bench.hear(client, "x")), [5]);
    bench.unsubscribe(client, &["#", "+", "t/#"]);
    // They are part of the session.
    bench.abort(client);
    let (client, _) = bench.resume(V5, "a");
    bench.say(other, "t", "y", false);
    assert_eq!(identifiers(bench.hear(client, "y")), [5]);
    bench.subscribe(client, "t", options().with_retain_handling(mqttspec_codec::RetainHandling::DoNotSend));
    bench.say(other, "t", "z", false);
    assert_eq!(identifiers(bench.hear(client, "z")), [] as [u32; 0]);
    bench.raw(client, &Builder::new().u16(1).u8(2).u8(0x0b).u8(0).string(b"a").u8(0).packet(0x82));
    bench.disconnected(client, 0x82);
}

#[test]
fn no_local() {
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    let other = bench.client(V5, "b");
    bench.subscribe(client, "t", options().with_no_local(true));
    bench.say(client, "t", "mine", true);
    bench.quiet(client);
    bench.say(other, "t", "theirs", false);
    bench.hear(client, "theirs");
    // What is retained is the client's own message still.
    bench.subscribe(client, "t", options().with_no_local(true));
    bench.quiet(client);
    // Another subscription that matches has not got the option.
    bench.subscribe(client, "#", options().with_retain_handling(mqttspec_codec::RetainHandling::DoNotSend));
    bench.say(client, "t", "both", false);
    bench.hear(client, "both");
    bench.quiet(client);
}

#[test]
fn retain_as_published() {
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    let old = bench.client(V311, "o");
    bench.subscribe(client, "as/#", options().with_retain_as_published(true));
    bench.subscribe(client, "not/#", options());
    bench.subscribe(old, "#", QOS0);
    for (topic, retain, seen) in [("as/t", true, true), ("as/t", false, false), ("not/t", true, false)] {
        bench.say(client, topic, "x", retain);
        assert_eq!(bench.hear(client, "x").retain, seen);
        assert!(!bench.hear(old, "x").retain);
    }
    // Two subscriptions that disagree get a copy each.
    bench.subscribe(client, "as/t", options().with_retain_handling(mqttspec_codec::RetainHandling::DoNotSend));
    bench.say(client, "as/t", "y", true);
    let (one, two) = (bench.hear(client, "y"), bench.hear(client, "y"));
    assert_ne!(one.retain, two.retain);
    bench.say(client, "as/t", "z", false);
    bench.hear(client, "z");
    bench.quiet(client);
}

#[test]
fn shared_subscriptions_take_turns() {
    let mut bench = Bench::new();
    let members: Vec<_> = ["a", "b", "c"].into_iter().map(|id| bench.kept(V5, id)).collect();
    for &member in &members {
        assert_eq!(bench.subscribe(member, "$share/g/t/+", QOS1), [1]);
    }
    let publisher = bench.client(V5, "p");
    for round in ["1", "2"] {
        for &member in &members {
            bench.tell(publisher, "t/x", QOS1, round);
            bench.hear(member, round);
            members.iter().for_each(|&other| bench.quiet(other));
        }
    }
    // Who is not there is left out while somebody is.
    bench.abort(members[1]);
    for member in [0, 2, 0] {
        bench.tell(publisher, "t/x", QOS1, "3");
        bench.hear(members[member], "3");
    }
    assert_eq!(bench.unsubscribe(members[0], &["t/+", "$share/h/t/+", "$share/g/t/+"]), [0x11, 0x11, 0]);
    bench.tell(publisher, "t/x", QOS2, "4");
    assert_eq!(bench.hear(members[2], "4").qos, QOS1);
    bench.quiet(members[0]);
}

#[test]
fn shared_and_own_subscriptions_are_independent() {
    let mut bench = Bench::new();
    let client = bench.client(V5, "a");
    bench.say(client, "t", "kept", true);
    // No retained messages to a shared subscription.
    bench.subscribe_all(client, &[("$share/g/t", options())], &identifier(1));
    bench.subscribe_all(client, &[("$share/h/#", options())], &identifier(2));
    bench.quiet(client);
    bench.subscribe_all(client, &[("t", options())], &identifier(3));
    assert_eq!(identifiers(bench.hear(client, "kept")), [3]);
    bench.say(client, "t", "x", false);
    let mut seen: Vec<_> = (0..3).flat_map(|_| identifiers(bench.hear(client, "x"))).collect();
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3]);
    bench.quiet(client);
    // In 3.1.1 it is a filter as any other.
    let old = bench.client(V311, "o");
    bench.subscribe(old, "$share/g/x", QOS0);
    bench.say(client, "x", "no", false);
    bench.quiet(old);
    bench.hear(client, "no");
    bench.say(client, "$share/g/x", "yes", false);
    bench.hear(old, "yes");
}

#[test]
fn qos_2_under_way_stays_with_its_member() {
    let mut bench = Bench::new();
    let a = bench.kept(V5, "a");
    let b = bench.kept(V5, "b");
    for member in [a, b] {
        bench.subscribe(member, "$share/g/t", QOS2);
    }
    let publisher = bench.client(V5, "p");
    bench.tell(publisher, "t", QOS2, "x");
    let sent = bench.publish(a);
    let identifier = sent.packet_identifier.unwrap();
    bench.abort(a);
    bench.quiet(b);
    let (a, _) = bench.resume(V5, "a");
    bench.expect(a, Packet::Publish(Publish { dup: true, ..sent }));
    bench.send(a, Packet::Pubrec(ack(identifier)));
    bench.expect(a, Packet::Pubrel(ack(identifier)));
    bench.tell(publisher, "t", QOS2, "y");
    bench.hear(b, "y");
    bench.tell(publisher, "t", QOS2, "z");
    bench.publish(a);
    // The session ends: what was sent at QoS 2 goes to nobody else.
    bench.abort(a);
    bench.connect(V5, &Connect { clean_start: true, ..connect(V5, "a") });
    bench.quiet(b);
}

#[test]
fn qos_1_of_a_session_that_ends_goes_to_another_member() {
    let mut bench = Bench::new();
    let a = bench.kept(V5, "a");
    let b = bench.kept(V5, "b");
    for member in [a, b] {
        bench.subscribe(member, "$share/g/t", QOS2);
    }
    let publisher = bench.client(V5, "p");
    bench.tell(publisher, "t", QOS1, "x");
    bench.publish(a);
    bench.abort(a);
    bench.quiet(b);
    bench.seconds(100);
    assert!(!bench.hear(b, "x").dup);
    // An error of the member ends it for all.
    bench.tell(publisher, "t", QOS1, "y");
    let identifier = bench.publish(b).packet_identifier.unwrap();
    bench.send(b, Packet::Puback(nack(identifier, 0x80)));
    let again = bench.kept(V5, "c");
    bench.subscribe(again, "$share/g/t", QOS2);
    bench.abort(b);
    bench.seconds(100);
    bench.quiet(again);
}
