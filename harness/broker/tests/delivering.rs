//! The delivery protocols of QoS 0, 1 and 2, in both directions, and sending again.

mod support;

use mqttspec_codec::{Packet, Properties, PropertyId, Publish, Version};
use support::*;

/// A subscriber to `t` whose session is kept, and a publisher.
fn pair(bench: &mut Bench, version: Version) -> (Client, Client) {
    let subscriber = bench.kept(version, "s");
    bench.subscribe(subscriber, "t", QOS2);
    (subscriber, bench.client(version, "p"))
}

#[test]
fn qos_is_the_minimum_of_published_and_granted() {
    for version in Version::ALL {
        for published in [QOS0, QOS1, QOS2] {
            for granted in [QOS0, QOS1, QOS2] {
                let mut bench = Bench::new();
                let client = bench.client(version, "a");
                assert_eq!(bench.subscribe(client, "t", granted), [granted as u8]);
                let publisher = bench.client(version, "p");
                bench.tell(publisher, "t", published, "x");
                assert_eq!(bench.hear(client, "x").qos, published.min(granted));
                bench.quiet(client);
            }
        }
    }
}

#[test]
fn dup_of_the_publisher_is_not_passed_on() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (subscriber, publisher) = pair(&mut bench, version);
        for qos in [QOS1, QOS2] {
            bench.send(publisher, Packet::Publish(Publish { dup: true, ..message("t", qos, 5, "x") }));
            bench.take(publisher);
            assert!(!bench.hear(subscriber, "x").dup);
        }
    }
}

#[test]
fn qos_1_with_the_same_identifier_is_a_new_message() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (subscriber, publisher) = pair(&mut bench, version);
        for dup in [false, true] {
            bench.send(publisher, Packet::Publish(Publish { dup, ..message("t", QOS1, 5, "x") }));
            bench.expect(publisher, Packet::Puback(ack(5)));
            bench.hear(subscriber, "x");
        }
    }
}

#[test]
fn qos_2_before_pubrel_is_delivered_once() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let subscriber = bench.client(version, "s");
        bench.subscribe(subscriber, "t", QOS2);
        let publisher = bench.kept(version, "p");
        bench.send(publisher, Packet::Publish(message("t", QOS2, 5, "x")));
        bench.expect(publisher, Packet::Pubrec(ack(5)));
        bench.hear(subscriber, "x");
        let again = Packet::Publish(Publish { dup: true, ..message("t", QOS2, 5, "x") });
        bench.send(publisher, again);
        bench.expect(publisher, Packet::Pubrec(ack(5)));
        // The identifier outlives the Network Connection.
        bench.abort(publisher);
        let (publisher, present) = bench.resume(version, "p");
        assert!(present);
        bench.send(publisher, again);
        bench.expect(publisher, Packet::Pubrec(ack(5)));
        bench.send(publisher, Packet::Pubrel(ack(5)));
        bench.expect(publisher, Packet::Pubcomp(ack(5)));
        bench.quiet(subscriber);
        // A PUBREL that comes again is answered again.
        bench.send(publisher, Packet::Pubrel(ack(5)));
        let reason = if version == V5 { 0x92 } else { 0 };
        bench.expect(publisher, Packet::Pubcomp(nack(5, reason)));
        // And now the identifier stands for a new message.
        bench.send(publisher, again);
        bench.expect(publisher, Packet::Pubrec(ack(5)));
        bench.hear(subscriber, "x");
    }
}

#[test]
fn an_error_pubrec_frees_the_identifier_of_the_publisher() {
    let mut bench = Bench::new();
    let (subscriber, publisher) = pair(&mut bench, V5);
    let format = [number(PropertyId::PayloadFormatIndicator, 1)];
    let wrong = Publish { payload: &[0xc0], properties: Properties::list(&format), ..message("t", QOS2, 5, "") };
    bench.send(publisher, Packet::Publish(wrong));
    assert!(matches!(bench.take(publisher), Packet::Pubrec(ack) if ack.reason.0 == 0x99));
    bench.send(publisher, Packet::Publish(message("t", QOS2, 5, "new")));
    bench.expect(publisher, Packet::Pubrec(ack(5)));
    bench.hear(subscriber, "new");
    // QoS 1 says it with PUBACK, QoS 0 cannot.
    bench.send(publisher, Packet::Publish(Publish { qos: QOS1, ..wrong }));
    assert!(matches!(bench.take(publisher), Packet::Puback(ack) if ack.reason.0 == 0x99));
    bench.send(publisher, Packet::Publish(Publish { qos: QOS0, packet_identifier: None, ..wrong }));
    bench.disconnected(publisher, 0x99);
    bench.quiet(subscriber);
}

#[test]
fn nobody_listens() {
    let mut bench = Bench::new();
    let publisher = bench.client(V5, "p");
    bench.send(publisher, Packet::Publish(message("t", QOS1, 1, "x")));
    bench.expect(publisher, Packet::Puback(nack(1, 0x10)));
    bench.send(publisher, Packet::Publish(message("t", QOS2, 2, "x")));
    bench.expect(publisher, Packet::Pubrec(nack(2, 0x10)));
    bench.send(publisher, Packet::Pubrel(ack(2)));
    bench.expect(publisher, Packet::Pubcomp(ack(2)));
    let old = bench.client(V311, "o");
    bench.send(old, Packet::Publish(message("t", QOS1, 1, "x")));
    bench.expect(old, Packet::Puback(ack(1)));
}

#[test]
fn nothing_is_sent_again_on_a_live_connection() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (subscriber, publisher) = pair(&mut bench, version);
        bench.tell(publisher, "t", QOS1, "1");
        bench.tell(publisher, "t", QOS2, "2");
        bench.publish(subscriber);
        bench.publish(subscriber);
        bench.seconds(10_000);
        bench.quiet(subscriber);
    }
}

#[test]
fn a_resume_sends_again_in_order_with_dup_and_the_same_identifiers() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (subscriber, publisher) = pair(&mut bench, version);
        for (qos, payload) in [(QOS2, "a"), (QOS1, "b"), (QOS2, "c"), (QOS1, "d"), (QOS2, "e")] {
            bench.tell(publisher, "t", qos, payload);
        }
        let first: Vec<_> = (0..5).map(|_| bench.publish(subscriber)).collect();
        assert!(first.iter().all(|publish| !publish.dup));
        let id = |n: usize| first[n].packet_identifier.unwrap();
        // "b" is done with; of "e" and "a" the PUBRECs have come, in that order.
        bench.send(subscriber, Packet::Puback(ack(id(1))));
        bench.send(subscriber, Packet::Pubrec(ack(id(4))));
        bench.expect(subscriber, Packet::Pubrel(ack(id(4))));
        bench.send(subscriber, Packet::Pubrec(ack(id(0))));
        bench.expect(subscriber, Packet::Pubrel(ack(id(0))));
        bench.abort(subscriber);
        bench.tell(publisher, "t", QOS2, "f");
        let (subscriber, _) = bench.resume(version, "s");
        bench.expect(subscriber, Packet::Pubrel(ack(id(4))));
        bench.expect(subscriber, Packet::Pubrel(ack(id(0))));
        bench.expect(subscriber, Packet::Publish(Publish { dup: true, ..first[2] }));
        bench.expect(subscriber, Packet::Publish(Publish { dup: true, ..first[3] }));
        let new = bench.publish(subscriber);
        assert!(!new.dup && !first.iter().any(|publish| publish.packet_identifier == new.packet_identifier));
        bench.quiet(subscriber);
        // All exchanges end; nothing is left for another resume.
        for n in [4, 0] {
            bench.send(subscriber, Packet::Pubcomp(ack(id(n))));
        }
        bench.send(subscriber, Packet::Puback(ack(id(3))));
        for identifier in [id(2), new.packet_identifier.unwrap()] {
            bench.send(subscriber, Packet::Pubrec(ack(identifier)));
            bench.expect(subscriber, Packet::Pubrel(ack(identifier)));
            bench.send(subscriber, Packet::Pubcomp(ack(identifier)));
        }
        bench.abort(subscriber);
        let (subscriber, _) = bench.resume(version, "s");
        bench.quiet(subscriber);
    }
}

#[test]
fn errors_of_the_subscriber_end_the_exchange() {
    let mut bench = Bench::new();
    let (subscriber, publisher) = pair(&mut bench, V5);
    bench.tell(publisher, "t", QOS1, "1");
    let one = bench.publish(subscriber).packet_identifier.unwrap();
    bench.tell(publisher, "t", QOS2, "2");
    let two = bench.publish(subscriber).packet_identifier.unwrap();
    bench.send(subscriber, Packet::Puback(nack(one, 0x80)));
    bench.send(subscriber, Packet::Pubrec(nack(two, 0x87)));
    bench.quiet(subscriber);
    bench.abort(subscriber);
    let (subscriber, _) = bench.resume(V5, "s");
    bench.quiet(subscriber);
}

#[test]
fn acknowledgements_of_what_was_never_sent() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let client = bench.client(version, "a");
        bench.send(client, Packet::Puback(ack(7)));
        bench.send(client, Packet::Pubcomp(ack(7)));
        bench.quiet(client);
        bench.send(client, Packet::Pubrec(ack(7)));
        let reason = if version == V5 { 0x92 } else { 0 };
        bench.expect(client, Packet::Pubrel(nack(7, reason)));
        bench.quiet(client);
    }
}

#[test]
fn acknowledgements_of_the_wrong_kind() {
    for version in Version::ALL {
        type Answer = fn(mqttspec_codec::Acknowledgement<'static>) -> Packet<'static>;
        let wrong: [(_, Answer); 4] =
            [(QOS1, Packet::Pubrec), (QOS1, Packet::Pubcomp), (QOS2, Packet::Puback), (QOS2, Packet::Pubcomp)];
        for (qos, answer) in wrong {
            let mut bench = Bench::new();
            let (subscriber, publisher) = pair(&mut bench, version);
            bench.tell(publisher, "t", qos, "x");
            let identifier = bench.publish(subscriber).packet_identifier.unwrap();
            bench.send(subscriber, answer(ack(identifier)));
            bench.disconnected(subscriber, 0x82);
        }
    }
}

#[test]
fn order_is_kept_across_a_reconnect() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (subscriber, publisher) = pair(&mut bench, version);
        let numbers: Vec<_> = (0..20).map(|n| n.to_string()).collect();
        for (n, payload) in numbers.iter().enumerate() {
            if n == 7 {
                bench.abort(subscriber);
            }
            bench.tell(publisher, "t", QOS1, payload);
        }
        let (subscriber, _) = bench.resume(version, "s");
        for payload in &numbers {
            bench.hear(subscriber, payload);
        }
    }
}

#[test]
fn identifiers_go_round_without_collision() {
    let mut bench = Bench::new();
    let (subscriber, publisher) = pair(&mut bench, V5);
    bench.tell(publisher, "t", QOS2, "held");
    let held = bench.publish(subscriber).packet_identifier.unwrap();
    for _ in 0..70_000 {
        bench.tell(publisher, "t", QOS1, "x");
        let publish = bench.hear(subscriber, "x");
        assert!(publish.packet_identifier.is_some_and(|identifier| identifier != held && identifier != 0));
    }
}
