//! Receive Maximum, Maximum Packet Size, Request Problem Information, and errors in packets.

mod support;

use mqttspec_broker::Config;
use mqttspec_codec::raw::Builder;
use mqttspec_codec::{Connect, Packet, Properties, Property, PropertyId, Publish, Version};
use support::*;

fn resume_with(bench: &mut Bench, id: PropertyId, value: u32) -> Client {
    bench.resume_with(V5, "s", &[number(id, value)]).0
}

#[test]
fn receive_maximum_of_the_client() {
    let mut bench = Bench::new();
    let client = resume_with(&mut bench, PropertyId::ReceiveMaximum, 2);
    bench.subscribe(client, "t", QOS2);
    let publisher = bench.client(V5, "p");
    for (qos, payload) in [(QOS2, "1"), (QOS1, "2"), (QOS1, "3"), (QOS2, "4"), (QOS1, "5")] {
        bench.tell(publisher, "t", qos, payload);
    }
    let id = |publish: Publish<'_>| publish.packet_identifier.unwrap();
    let (one, two) = (bench.publish(client), bench.publish(client));
    bench.quiet(client);
    // Everything else goes on, QoS 0 too.
    bench.send(client, Packet::Pingreq);
    bench.expect(client, Packet::Pingresp);
    bench.subscribe(client, "u", QOS0);
    bench.say(client, "u", "zero", false);
    bench.hear(client, "zero");
    // A QoS 2 slot is held up to the PUBCOMP.
    bench.send(client, Packet::Pubrec(ack(id(one))));
    bench.expect(client, Packet::Pubrel(ack(id(one))));
    bench.quiet(client);
    bench.send(client, Packet::Pubcomp(ack(id(one))));
    let three = bench.publish(client);
    bench.quiet(client);
    // An error frees the slot as well.
    bench.send(client, Packet::Puback(nack(id(two), 0x97)));
    let four = bench.publish(client);
    bench.send(client, Packet::Pubrec(nack(id(four), 0x80)));
    let five = bench.publish(client);
    assert_eq!(five.payload, b"5");
    bench.quiet(client);
    // With a smaller Receive Maximum what is sent again takes turns, too.
    bench.abort(client);
    let client = resume_with(&mut bench, PropertyId::ReceiveMaximum, 1);
    bench.expect(client, Packet::Publish(Publish { dup: true, ..three }));
    bench.quiet(client);
    bench.send(client, Packet::Puback(ack(id(three))));
    bench.expect(client, Packet::Publish(Publish { dup: true, ..five }));
}

#[test]
fn a_pubrel_sent_again_takes_no_quota() {
    let mut bench = Bench::new();
    let client = resume_with(&mut bench, PropertyId::ReceiveMaximum, 1);
    bench.subscribe(client, "t", QOS2);
    let publisher = bench.client(V5, "p");
    bench.tell(publisher, "t", QOS2, "1");
    bench.tell(publisher, "t", QOS2, "2");
    let one = bench.publish(client).packet_identifier.unwrap();
    bench.send(client, Packet::Pubrec(ack(one)));
    bench.expect(client, Packet::Pubrel(ack(one)));
    bench.abort(client);
    let client = resume_with(&mut bench, PropertyId::ReceiveMaximum, 1);
    bench.expect(client, Packet::Pubrel(ack(one)));
    bench.publish(client);
    // The PUBCOMP does not raise the quota above where it began.
    bench.tell(publisher, "t", QOS1, "3");
    bench.send(client, Packet::Pubcomp(ack(one)));
    bench.quiet(client);
}

#[test]
fn a_pubrec_that_comes_before_the_publish_is_sent_again() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "s");
    bench.subscribe(client, "t", QOS2);
    let publisher = bench.client(V5, "p");
    bench.tell(publisher, "t", QOS2, "1");
    bench.tell(publisher, "t", QOS2, "2");
    let (one, two) = (bench.publish(client), bench.publish(client).packet_identifier.unwrap());
    bench.abort(client);
    let client = resume_with(&mut bench, PropertyId::ReceiveMaximum, 1);
    bench.expect(client, Packet::Publish(Publish { dup: true, ..one }));
    // The client had got the second one before.
    bench.send(client, Packet::Pubrec(ack(two)));
    bench.expect(client, Packet::Pubrel(ack(two)));
    bench.send(client, Packet::Pubcomp(ack(two)));
    bench.send(client, Packet::Pubrec(ack(one.packet_identifier.unwrap())));
    bench.expect(client, Packet::Pubrel(ack(one.packet_identifier.unwrap())));
    bench.send(client, Packet::Pubcomp(ack(one.packet_identifier.unwrap())));
    bench.quiet(client);
}

#[test]
fn receive_maximum_of_the_server() {
    for (last, released) in [(QOS2, false), (QOS1, false), (QOS2, true)] {
        let mut bench = Bench::with(Config { receive_maximum: 2, ..Config::default() });
        let client = bench.client(V5, "a");
        for identifier in [1, 2] {
            bench.send(client, Packet::Publish(message("t", QOS2, identifier, "x")));
            bench.expect(client, Packet::Pubrec(nack(identifier, 0x10)));
        }
        // The same one again is no further message.
        bench.send(client, Packet::Publish(Publish { dup: true, ..message("t", QOS2, 2, "x") }));
        bench.expect(client, Packet::Pubrec(ack(2)));
        bench.say(client, "t", "QoS 0 does not count", false);
        if released {
            bench.send(client, Packet::Pubrel(ack(1)));
            bench.expect(client, Packet::Pubcomp(ack(1)));
        }
        bench.send(client, Packet::Publish(message("t", last, 3, "x")));
        if released {
            bench.take(client);
            bench.quiet(client);
        } else {
            bench.disconnected(client, 0x93);
        }
    }
    let mut bench = Bench::with(Config { receive_maximum: 2, ..Config::default() });
    let old = bench.client(V311, "a");
    for identifier in 1..100 {
        bench.send(old, Packet::Publish(message("t", QOS2, identifier, "x")));
        bench.expect(old, Packet::Pubrec(ack(identifier)));
    }
}

#[test]
fn a_message_that_is_not_accepted_frees_its_slot() {
    let mut bench = Bench::with(Config { receive_maximum: 1, ..Config::default() });
    let client = bench.client(V5, "a");
    let format = [number(PropertyId::PayloadFormatIndicator, 1)];
    for identifier in 1..4 {
        let wrong = message("t", QOS2, identifier, "");
        let properties = Properties::list(&format);
        bench.send(client, Packet::Publish(Publish { payload: &[0xff], properties, ..wrong }));
        assert!(matches!(bench.take(client), Packet::Pubrec(ack) if ack.reason.0 == 0x99));
    }
    bench.send(client, Packet::Publish(message("t", QOS2, 9, "x")));
    bench.expect(client, Packet::Pubrec(nack(9, 0x10)));
}

#[test]
fn maximum_packet_size_of_the_client() {
    let mut bench = Bench::new();
    let client = resume_with(&mut bench, PropertyId::MaximumPacketSize, 40);
    bench.subscribe(client, "t", QOS1);
    let publisher = bench.client(V5, "p");
    // 2 + 2 + 1 + 2 + 1 and the payload: 40 bytes, and one more.
    let (fits, large) = ("x".repeat(32), "y".repeat(33));
    for payload in [&fits, &large, &fits] {
        bench.tell(publisher, "t", QOS1, payload);
    }
    bench.hear(client, &fits);
    bench.hear(client, &fits);
    bench.say(publisher, "t", &"z".repeat(40), false);
    bench.quiet(client);
    // It is gone for good, and took no slot.
    bench.abort(client);
    let client = resume_with(&mut bench, PropertyId::ReceiveMaximum, 1);
    bench.quiet(client);
    bench.tell(publisher, "t", QOS1, &large);
    bench.publish(client);
    bench.abort(client);
    let client = resume_with(&mut bench, PropertyId::MaximumPacketSize, 40);
    bench.quiet(client);
    bench.tell(publisher, "t", QOS1, "last");
    bench.hear(client, "last");
}

#[test]
fn maximum_packet_size_of_the_server() {
    for version in Version::ALL {
        let mut bench = Bench::with(Config { maximum_packet_size: 100, ..Config::default() });
        let client = bench.client(version, "a");
        bench.say(client, "t", &"x".repeat(90), false);
        bench.quiet(client);
        // Said at once, not when all of it is there.
        bench.raw(client, &[0x30, 0xff, 0xff, 0xff, 0x7f]);
        bench.disconnected(client, 0x95);
    }
}

#[test]
fn problem_information() {
    let wrong = [number(PropertyId::PayloadFormatIndicator, 1)];
    let wrong = Publish { payload: &[0xff], properties: Properties::list(&wrong), ..message("t", QOS1, 1, "") };
    let said = |bench: &mut Bench, properties: &[Property<'_>]| {
        let connect = Connect { properties: Properties::list(properties), ..connect(V5, "a") };
        let (client, _) = bench.connect(V5, &connect);
        bench.send(client, Packet::Publish(wrong));
        let Packet::Puback(puback) = bench.take(client) else { panic!("no PUBACK") };
        assert_eq!(puback.reason.0, 0x99);
        puback.properties.find(PropertyId::ReasonString).is_some()
    };
    let mut bench = Bench::new();
    assert!(said(&mut bench, &[]));
    assert!(said(&mut bench, &[number(PropertyId::RequestProblemInformation, 1)]));
    assert!(!said(&mut bench, &[number(PropertyId::RequestProblemInformation, 0)]));
    assert!(!said(&mut bench, &[number(PropertyId::MaximumPacketSize, 20)]));
    let mut bench = Bench::with(Config { reason_strings: false, ..Config::default() });
    assert!(!said(&mut bench, &[]));
}

#[test]
fn a_disconnect_that_does_not_fit_is_left_out() {
    let mut bench = Bench::new();
    let small = [number(PropertyId::MaximumPacketSize, 16)];
    let connect = Connect { properties: Properties::list(&small), ..connect(V5, "a") };
    let (client, _) = bench.connect(V5, &connect);
    bench.raw(client, &[0x00, 0x00]);
    // Without the Reason String it does.
    bench.expect(
        client,
        Packet::Disconnect(mqttspec_codec::Disconnect {
            reason: mqttspec_codec::ReasonCode::MALFORMED_PACKET,
            properties: Properties::EMPTY,
        }),
    );
    bench.closed(client);
}

#[test]
fn malformed_packets_and_protocol_errors() {
    let publish = |first: u8, topic: &[u8], rest: &[u8]| Builder::new().string(topic).bytes(rest).packet(first);
    let cases: [(Vec<u8>, u8); 14] = [
        (publish(0x36, b"t", &[0, 1, 0]), 0x81),
        (publish(0x32, b"t", &[0, 0, 0]), 0x82),
        (publish(0x30, b"", &[0]), 0x82),
        (publish(0x30, b"a/+", &[0]), 0x82),
        (publish(0x30, b"\xff", &[0]), 0x81),
        (publish(0x30, b"a\0", &[0]), 0x81),
        (publish(0x30, b"t", &[2, 0x0b, 1]), 0x82),
        (publish(0x30, b"t", &[3, 0x11, 0, 0]), 0x81),
        (publish(0x30, b"t", &[4, 0x01, 0, 0x01, 0]), 0x82),
        (publish(0x30, b"t", &[0x80, 0]), 0x81),
        (vec![0xc0, 0x80, 0], 0x81),
        (vec![0x60, 2, 0, 1], 0x81),
        (vec![0x82, 3, 0, 1, 0], 0x82),
        (vec![0x90, 4, 0, 1, 0, 0], 0x82),
    ];
    for (bytes, code) in cases {
        let mut bench = Bench::new();
        let client = bench.client(V5, "a");
        bench.raw(client, &bytes);
        bench.disconnected(client, code);
    }
    let cases = [
        publish(0x36, b"t", &[0, 1]),
        publish(0x32, b"t", &[0, 0]),
        publish(0x30, b"", &[]),
        publish(0x30, b"#", &[]),
        publish(0x30, b"\xed\xa0\x80", &[]),
        publish(0x30, b"\0", &[]),
        vec![0xf0, 0],
        vec![0x60, 2, 0, 1],
        vec![0x82, 2, 0, 1],
        vec![0xa2, 2, 0, 1],
        vec![0xe1, 0],
        vec![0xd0, 0],
    ];
    for bytes in cases {
        let mut bench = Bench::new();
        let client = bench.client(V311, "a");
        bench.raw(client, &bytes);
        bench.closed(client);
    }
}

#[test]
fn connections() {
    for version in Version::ALL {
        let mut bench = Bench::with(Config { connection_maximum: 2, ..Config::default() });
        let code = if version == V5 { 0x97 } else { 3 };
        let (a, b) = (bench.kept(version, "a"), bench.client(version, "b"));
        assert_eq!(bench.refused(version, &connect(version, "c")), Some(code));
        // One who is there already may come again.
        let (again, present) = bench.resume(version, "a");
        assert!(present);
        bench.disconnected(a, 0x8e);
        assert_eq!(bench.refused(version, &connect(version, "c")), Some(code));
        bench.leave(b);
        let c = bench.client(version, "c");
        // As many may be undecided; one more is not let in.
        let (first, second, third) = (bench.open(version), bench.open(version), bench.open(version));
        bench.drain();
        bench.closed(third);
        bench.quiet(first);
        bench.abort(first);
        let fourth = bench.open(version);
        bench.drain();
        for client in [second, fourth, again, c] {
            bench.quiet(client);
        }
    }
}

/// What is held for those who are not let in yet has a bound for all together.
#[test]
fn bytes_before_connack() {
    let mut bench = Bench::with(Config { undecided_bytes_maximum: 100, ..Config::default() });
    let method = [Property::text(PropertyId::AuthenticationMethod, "CHALLENGE")];
    let candidate = Connect { properties: Properties::list(&method), ..connect(V5, "a") };
    let packet = |connect| Packet::Connect(connect).to_bytes(V5).unwrap();
    let large = "x".repeat(80);
    let part = packet(connect(V5, &large))[..70].to_vec();
    let (first, second, asked) = (bench.open(V5), bench.open(V5), bench.open(V5));
    bench.raw(first, &part);
    bench.raw(second, &part);
    bench.closed(second);
    // A CONNECT that waits for an answer counts as well.
    bench.send(asked, Packet::Connect(candidate));
    assert!(matches!(bench.take(asked), Packet::Auth(_)));
    let third = bench.open(V5);
    bench.raw(third, &part[..10]);
    bench.closed(third);
    // Not what is decided: neither the rest of a CONNECT nor packets of a client.
    bench.raw(first, &packet(connect(V5, &large))[70..]);
    assert!(matches!(bench.take(first), Packet::Connack(_)));
    bench.raw(first, &[&[0x30, 0xff, 0x01][..], &[b'x'; 150]].concat());
    bench.quiet(first);
    let fourth = bench.open(V5);
    bench.raw(fourth, &part[..10]);
    bench.quiet(fourth);
    bench.abort(fourth);
    bench.abort(asked);
    let fifth = bench.open(V5);
    bench.raw(fifth, &part);
    bench.quiet(fifth);
}

/// What has expired in a full queue makes room.
#[test]
fn expired_messages_give_way() {
    let mut bench = Bench::with(Config { queue_maximum: 2, ..Config::default() });
    let client = bench.kept(V5, "s");
    bench.subscribe(client, "t", QOS1);
    bench.abort(client);
    let publisher = bench.client(V5, "p");
    let expiry = [number(PropertyId::MessageExpiryInterval, 1)];
    let publish = Publish { properties: Properties::list(&expiry), ..message("t", QOS1, 1, "short") };
    bench.send(publisher, Packet::Publish(publish));
    bench.expect(publisher, Packet::Puback(ack(1)));
    bench.tell(publisher, "t", QOS1, "first");
    bench.tell(publisher, "t", QOS1, "too early");
    bench.seconds(2);
    bench.tell(publisher, "t", QOS1, "second");
    bench.tell(publisher, "t", QOS1, "too late");
    let (client, _) = bench.resume(V5, "s");
    bench.hear(client, "first");
    bench.hear(client, "second");
    bench.quiet(client);
}

/// A queue is bounded by its bytes: what waits, and what may have to be sent again.
#[test]
fn bytes_in_a_queue() {
    let mut bench = Bench::with(Config { queue_bytes_maximum: 20, ..Config::default() });
    let client = bench.kept(V5, "s");
    bench.subscribe(client, "t", QOS2);
    let publisher = bench.client(V5, "p");
    bench.tell(publisher, "t", QOS1, "12345678");
    bench.tell(publisher, "t", QOS2, "1234567890");
    bench.tell(publisher, "t", QOS1, "");
    let (one, two) = (bench.publish(client), bench.publish(client));
    bench.quiet(client);
    bench.send(client, Packet::Pubrec(ack(two.packet_identifier.unwrap())));
    bench.expect(client, Packet::Pubrel(ack(two.packet_identifier.unwrap())));
    bench.send(client, Packet::Pubcomp(ack(two.packet_identifier.unwrap())));
    bench.tell(publisher, "t", QOS1, "abcdefghij");
    bench.tell(publisher, "t", QOS1, "");
    let three = bench.publish(client);
    assert_eq!(three.payload, b"abcdefghij");
    bench.quiet(client);
    for publish in [one, three] {
        bench.send(client, Packet::Puback(ack(publish.packet_identifier.unwrap())));
    }
    for _ in 0..3 {
        bench.tell(publisher, "t", QOS1, "1234567890123456789");
        bench.hear(client, "1234567890123456789");
    }
    bench.abort(client);
    bench.tell(publisher, "t", QOS1, "1234567890123456789");
    bench.tell(publisher, "t", QOS1, "");
    let (client, _) = bench.resume(V5, "s");
    bench.hear(client, "1234567890123456789");
    bench.quiet(client);
}

/// Fewer than a client allows are under way to it, when the server says so: in 3.1.1 too, which cannot say.
#[test]
fn messages_under_way() {
    for version in Version::ALL {
        let mut bench = Bench::with(Config { in_flight_maximum: 2, queue_maximum: 2, ..Config::default() });
        let client = bench.kept(version, "s");
        bench.subscribe(client, "t", QOS2);
        let publisher = bench.client(version, "p");
        for payload in ["1", "2", "3", "4", "one too many"] {
            bench.tell(publisher, "t", QOS1, payload);
        }
        let (one, two) = (bench.publish(client), bench.publish(client));
        bench.quiet(client);
        bench.send(client, Packet::Puback(ack(one.packet_identifier.unwrap())));
        bench.send(client, Packet::Puback(ack(two.packet_identifier.unwrap())));
        bench.hear(client, "3");
        bench.hear(client, "4");
        bench.quiet(client);
    }
}
