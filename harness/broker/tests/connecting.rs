//! CONNECT, CONNACK, takeover and the checks before them.

mod support;

use mqttspec_broker::Config;
use mqttspec_codec::raw::Builder;
use mqttspec_codec::{Connect, Packet, Properties, Property, PropertyId, QoS, Version};
use support::*;

fn raw_connect(name: &[u8], level: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    Builder::new().string(name).u8(level).u8(flags).u16(0).bytes(rest).packet(0x10)
}

#[test]
fn v311_malformed_connect_gets_no_connack() {
    let reserved_flag = raw_connect(b"MQTT", 4, 0x03, b"\0\x01a");
    let will_qos_3 = raw_connect(b"MQTT", 4, 0x1e, b"\0\x01a\0\x01w\0\0");
    let trailing = raw_connect(b"MQTT", 4, 0x02, b"\0\x01a!");
    let short = raw_connect(b"MQTT", 4, 0x02, b"\0\x05a");
    for bytes in [reserved_flag, will_qos_3, trailing, short] {
        let mut bench = Bench::new();
        let client = bench.open(V311);
        bench.raw(client, &bytes);
        assert_eq!(bench.refusal(client), None);
    }
}

#[test]
fn v5_malformed_connect_gets_a_code() {
    let reserved_flag = (raw_connect(b"MQTT", 5, 0x03, b"\0\0\x01a"), 0x81);
    let receive_maximum_0 = (raw_connect(b"MQTT", 5, 0x02, b"\x03\x21\0\0\0\x01a"), 0x82);
    let twice = (raw_connect(b"MQTT", 5, 0x02, b"\x0a\x11\0\0\0\x01\x11\0\0\0\x01\0\x01a"), 0x82);
    let data_without_method = (raw_connect(b"MQTT", 5, 0x02, b"\x04\x16\0\x01x\0\x01a"), 0x82);
    for (bytes, code) in [reserved_flag, receive_maximum_0, twice, data_without_method] {
        let mut bench = Bench::new();
        let client = bench.open(V5);
        bench.raw(client, &bytes);
        assert_eq!(bench.refusal(client), Some(code), "{bytes:02x?}");
    }
}

/// The Client Identifier runs past the end; the Maximum Packet Size before it holds.
#[test]
fn v5_refusal_of_a_connect_that_overruns_keeps_to_its_size() {
    for (size, fits) in [(5, false), (200, true)] {
        let mut bench = Bench::new();
        let client = bench.open(V5);
        bench.raw(client, &raw_connect(b"MQTT", 5, 0x02, &[5, 0x27, 0, 0, 0, size, 0, 9, b'a']));
        let Packet::Connack(connack) = bench.take(client) else { panic!("no CONNACK") };
        assert_eq!((connack.reason.0, connack.properties.text(PropertyId::ReasonString).is_some()), (0x81, fits));
        bench.closed(client);
    }
}

#[test]
fn unknown_level_is_answered_in_the_form_of_the_connect() {
    for level in [0, 1, 3, 6, 0x7f] {
        let mut bench = Bench::new();
        let client = bench.open(V311);
        bench.raw(client, &raw_connect(b"MQTT", level, 0x02, b"\0\x03abc"));
        assert_eq!(bench.refusal(client), Some(1));
        let client = bench.open(V5);
        bench.raw(client, &raw_connect(b"MQTT", level, 0x02, b"\0\0\x03abc"));
        assert_eq!(bench.refusal(client), Some(0x84));
    }
}

#[test]
fn a_version_that_is_not_served_is_refused() {
    let mut bench = Bench::with(Config { accept_v311: false, ..Config::default() });
    assert_eq!(bench.refused(V311, &connect(V311, "a")), Some(1));
    bench.client(V5, "a");
    let mut bench = Bench::with(Config { accept_v5: false, ..Config::default() });
    assert_eq!(bench.refused(V5, &connect(V5, "a")), Some(0x84));
}

#[test]
fn wrong_protocol_name_is_closed() {
    for name in [&b"MQIsdp"[..], b"mqtt", b"", b"MQTX"] {
        let mut bench = Bench::new();
        let client = bench.open(V311);
        bench.raw(client, &raw_connect(name, 4, 0x02, b"\0\x01a"));
        assert_eq!(bench.refusal(client), None);
    }
}

#[test]
fn the_first_packet_is_connect() {
    for version in Version::ALL {
        for bytes in [&[0xc0, 0][..], &[0x30], &[0x00], &[0xf0], &[0x20, 2, 0, 0], &[0xe0, 0]] {
            let mut bench = Bench::new();
            let client = bench.open(version);
            bench.raw(client, bytes);
            bench.closed(client);
        }
    }
}

#[test]
fn a_giant_length_before_connect_is_closed_at_once() {
    let mut bench = Bench::new();
    let client = bench.open(V5);
    bench.raw(client, &[0x10, 0xff, 0xff, 0xff]);
    bench.quiet(client);
    bench.raw(client, &[0x7f]);
    bench.closed(client);
    let client = bench.open(V5);
    bench.raw(client, &[0x10, 0xff, 0xff, 0xff, 0xff]);
    bench.closed(client);
}

#[test]
fn bytes_may_come_one_by_one_or_all_at_once() {
    for version in Version::ALL {
        let mut bytes = Packet::Connect(connect(version, "a")).to_bytes(version).unwrap();
        Packet::Pingreq.encode(version, &mut bytes).unwrap();
        Packet::Pingreq.encode(version, &mut bytes).unwrap();
        let mut bench = Bench::new();
        let (one, all) = (bench.open(version), bench.open(version));
        for byte in &bytes {
            bench.raw(one, core::slice::from_ref(byte));
        }
        for client in [one, all] {
            if client == all {
                let other = Packet::Connect(connect(version, "b")).to_bytes(version).unwrap();
                bench.raw(all, &[&other[..], &[0xc0, 0, 0xc0, 0]].concat());
            }
            assert!(matches!(bench.take(client), Packet::Connack(_)));
            bench.expect(client, Packet::Pingresp);
            bench.expect(client, Packet::Pingresp);
            bench.quiet(client);
        }
    }
}

#[test]
fn nothing_behind_a_refused_connect_is_processed() {
    for version in Version::ALL {
        let mut bench = Bench::with(Config { client_identifier_maximum: 23, ..Config::default() });
        let watcher = bench.client(version, "watcher");
        bench.subscribe(watcher, "#", QOS0);
        let long = "x".repeat(24);
        let refused = Connect { will: Some(will("w", "will")), ..connect(version, &long) };
        let mut bytes = Packet::Connect(refused).to_bytes(version).unwrap();
        Packet::Publish(message("a", QOS0, 0, "no")).encode(version, &mut bytes).unwrap();
        let client = bench.open(version);
        bench.raw(client, &bytes);
        assert_eq!(bench.refusal(client), Some(if version == V311 { 2 } else { 0x85 }));
        bench.abort(client);
        bench.quiet(watcher);
    }
}

#[test]
fn empty_client_identifiers() {
    let mut bench = Bench::new();
    let nameless = Connect { clean_start: false, ..connect(V311, "") };
    assert_eq!(bench.refused(V311, &nameless), Some(2));
    bench.client(V311, "");
    let (_, first) = bench.connect(V5, &connect(V5, ""));
    let (_, second) = bench.connect(V5, &Connect { clean_start: false, ..connect(V5, "") });
    let assigned = |connack: mqttspec_codec::Connack<'static>| {
        connack.properties.text(PropertyId::AssignedClientIdentifier).unwrap()
    };
    assert_ne!(assigned(first), assigned(second));
    assert!(assigned(first).as_bytes().iter().all(u8::is_ascii_alphanumeric));
    let (_, named) = bench.connect(V5, &connect(V5, "a"));
    assert_eq!(named.properties.find(PropertyId::AssignedClientIdentifier), None);
}

#[test]
fn what_the_server_lacks_is_told_and_a_will_that_needs_it_refused() {
    let mut bench = Bench::with(Config {
        maximum_qos: QoS::AtLeastOnce,
        retain_available: false,
        wildcard_subscription_available: false,
        subscription_identifiers_available: false,
        shared_subscription_available: false,
        server_keep_alive: Some(7),
        session_expiry_interval_maximum: Some(50),
        receive_maximum: 3,
        topic_alias_maximum: 0,
        ..Config::default()
    });
    let long = [number(PropertyId::SessionExpiryInterval, 100)];
    let (client, connack) = bench.connect(V5, &Connect { properties: Properties::list(&long), ..connect(V5, "a") });
    let told = |id| connack.properties.number(id);
    assert_eq!(told(PropertyId::MaximumQoS), Some(1));
    assert_eq!(told(PropertyId::RetainAvailable), Some(0));
    assert_eq!(told(PropertyId::WildcardSubscriptionAvailable), Some(0));
    assert_eq!(told(PropertyId::SubscriptionIdentifierAvailable), Some(0));
    assert_eq!(told(PropertyId::SharedSubscriptionAvailable), Some(0));
    assert_eq!(told(PropertyId::ServerKeepAlive), Some(7));
    assert_eq!(told(PropertyId::SessionExpiryInterval), Some(50));
    assert_eq!(told(PropertyId::ReceiveMaximum), Some(3));
    assert_eq!(told(PropertyId::TopicAliasMaximum), None);
    // Granted as far as it goes, whatever is asked for.
    assert_eq!(bench.subscribe(client, "a", QOS2), [1]);
    bench.seconds(10);
    bench.quiet(client);
    bench.seconds(1);
    bench.disconnected(client, 0x8d);

    let qos_2 =
        |version| Connect { will: Some(mqttspec_codec::Will { qos: QOS2, ..will("w", "") }), ..connect(version, "a") };
    assert_eq!(bench.refused(V5, &qos_2(V5)), Some(0x9b));
    assert_eq!(bench.refused(V311, &qos_2(V311)), None);
    let retained = |version| Connect {
        will: Some(mqttspec_codec::Will { retain: true, ..will("w", "") }),
        ..connect(version, "a")
    };
    assert_eq!(bench.refused(V5, &retained(V5)), Some(0x9a));
    assert_eq!(bench.refused(V311, &retained(V311)), None);
}

#[test]
fn enforcement_of_what_connack_said() {
    let config = || Config {
        maximum_qos: QoS::AtMostOnce,
        retain_available: false,
        wildcard_subscription_available: false,
        subscription_identifiers_available: false,
        shared_subscription_available: false,
        ..Config::default()
    };
    let subscribe = |filter: &str| Builder::new().u16(1).u8(0).string(filter.as_bytes()).u8(0).packet(0x82);
    let identified = Builder::new().u16(1).u8(2).u8(0x0b).u8(1).string(b"a").u8(0).packet(0x82);
    for (bytes, code) in [
        (Packet::Publish(message("a", QOS1, 1, "")).to_bytes(V5).unwrap(), 0x9b),
        (vec![0x31, 4, 0, 1, b'a', 0], 0x9a),
        (subscribe("a/+"), 0xa2),
        (subscribe("$share/g/a"), 0x9e),
        (identified, 0xa1),
    ] {
        let mut bench = Bench::with(config());
        let client = bench.client(V5, "a");
        bench.raw(client, &bytes);
        bench.disconnected(client, code);
    }
    let mut bench = Bench::with(config());
    let client = bench.client(V311, "a");
    assert_eq!(bench.subscribe(client, "a/+", QOS1), [0x80]);
    assert_eq!(bench.subscribe(client, "a", QOS1), [0]);
}

#[test]
fn second_connect_is_an_error() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let client = bench.client(version, "a");
        bench.send(client, Packet::Connect(connect(version, "b")));
        bench.disconnected(client, 0x82);
        let client = bench.client(version, "a");
        bench.raw(client, &raw_connect(b"MQTX", 9, 0, b""));
        bench.disconnected(client, 0x82);
    }
}

#[test]
fn takeover_ends_the_older_connection() {
    for (old, new) in [(V311, V311), (V5, V5), (V311, V5), (V5, V311)] {
        let mut bench = Bench::new();
        let first = bench.kept(old, "a");
        bench.subscribe(first, "t", QOS1);
        let (second, present) = bench.resume(new, "a");
        bench.disconnected(first, 0x8e);
        assert!(present);
        let publisher = bench.client(V5, "p");
        bench.tell(publisher, "t", QOS1, "x");
        bench.hear(second, "x");
        // The end of the old connection comes late and touches nothing.
        bench.abort(first);
        bench.tell(publisher, "t", QOS1, "y");
        bench.hear(second, "y");
    }
}

#[test]
fn a_connack_that_is_too_large_is_not_sent() {
    let mut bench = Bench::new();
    let older = bench.client(V5, "a");
    let tiny = [number(PropertyId::MaximumPacketSize, 4)];
    assert_eq!(bench.refused(V5, &Connect { properties: Properties::list(&tiny), ..connect(V5, "a") }), None);
    bench.quiet(older);
    // The refusal fits without its Reason String, or not at all.
    for (size, code) in [(6, Some(0x8c)), (4, None)] {
        let method = Property::text(PropertyId::AuthenticationMethod, "x");
        let small = [number(PropertyId::MaximumPacketSize, size), method];
        let client = bench.open(V5);
        bench.send(client, Packet::Connect(Connect { properties: Properties::list(&small), ..connect(V5, "a") }));
        if let Some(code) = code {
            bench.expect(
                client,
                Packet::Connack(mqttspec_codec::Connack {
                    session_present: false,
                    reason: mqttspec_codec::ReasonCode(code),
                    properties: Properties::EMPTY,
                }),
            );
        }
        bench.closed(client);
    }
}

#[test]
fn keep_alive_is_one_and_a_half_times() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let (client, _) = bench.connect(version, &Connect { keep_alive: 10, ..connect(version, "a") });
        bench.seconds(14);
        bench.send(client, Packet::Pingreq);
        bench.expect(client, Packet::Pingresp);
        bench.seconds(14);
        // Half a packet is no Control Packet.
        bench.raw(client, &[0xc0]);
        bench.quiet(client);
        bench.seconds(1);
        bench.disconnected(client, 0x8d);
        let forever = bench.client(version, "b");
        bench.seconds(1_000_000);
        bench.quiet(forever);
    }
}

#[test]
fn a_connection_without_connect_is_closed() {
    let mut bench = Bench::new();
    let client = bench.open(V5);
    bench.seconds(30);
    bench.closed(client);
}

#[test]
fn response_information_only_when_asked_for() {
    let mut bench = Bench::with(Config { response_information: Some("r/".into()), ..Config::default() });
    let (_, connack) = bench.connect(V5, &connect(V5, "a"));
    assert_eq!(connack.properties.find(PropertyId::ResponseInformation), None);
    let ask = [number(PropertyId::RequestResponseInformation, 1)];
    let (_, connack) = bench.connect(V5, &Connect { properties: Properties::list(&ask), ..connect(V5, "a") });
    assert!(connack.properties.text(PropertyId::ResponseInformation).is_some_and(|text| text == "r/"));
}
