//! Enhanced authentication: challenges before CONNACK and later (5.0, 4.12).

mod support;

use mqttspec_broker::{ChallengeMethod, Config};
use mqttspec_codec::{Auth, Connect, Disconnect, Packet, Properties, Property, PropertyId, ReasonCode, Value};
use support::*;

const CONTINUE: ReasonCode = ReasonCode::CONTINUE_AUTHENTICATION;
const AGAIN: ReasonCode = ReasonCode::RE_AUTHENTICATE;

fn properties<'a>(method: &'a str, data: &'a str) -> Vec<Property<'a>> {
    let method = Property::text(PropertyId::AuthenticationMethod, method);
    let data = Property { id: PropertyId::AuthenticationData, value: Value::Binary(data.as_bytes()) };
    [Some(method), (data.value != Value::Binary(b"")).then_some(data)].into_iter().flatten().collect()
}

fn say(bench: &mut Bench, client: Client, reason: ReasonCode, method: &str, data: &str) {
    let properties = properties(method, data);
    bench.send(client, Packet::Auth(Auth { reason, properties: Properties::list(&properties) }));
}

#[track_caller]
fn hear(bench: &mut Bench, client: Client, reason: ReasonCode, data: &str) {
    let Packet::Auth(auth) = bench.take(client) else { panic!("no AUTH") };
    assert_eq!(auth.reason, reason);
    assert!(auth.properties.iter().eq(properties("CHALLENGE", data)));
}

/// A client that has sent CONNECT and is asked the first question.
fn begin(bench: &mut Bench, more: &[Property<'_>]) -> Client {
    let mut list = properties("CHALLENGE", "");
    list.extend(more);
    let client = bench.open(V5);
    bench.send(client, Packet::Connect(Connect { properties: Properties::list(&list), ..connect(V5, "a") }));
    hear(bench, client, CONTINUE, "challenge 1");
    client
}

/// A client that has authenticated.
fn authenticated(bench: &mut Bench) -> Client {
    let client = begin(bench, &[]);
    say(bench, client, CONTINUE, "CHALLENGE", "answer 1");
    hear(bench, client, CONTINUE, "challenge 2");
    say(bench, client, CONTINUE, "CHALLENGE", "answer 2");
    let Packet::Connack(connack) = bench.take(client) else { panic!("no CONNACK") };
    assert_eq!(connack.reason, OK);
    assert_eq!(connack.properties.text(PropertyId::AuthenticationMethod), Some("CHALLENGE".into()));
    client
}

#[test]
fn right_answers_are_accepted() {
    let mut bench = Bench::new();
    let older = bench.client(V5, "a");
    let client = begin(&mut bench, &[]);
    // Not a client yet: the one of its name goes on.
    bench.quiet(older);
    bench.abort(client);
    bench.quiet(older);
    let client = authenticated(&mut bench);
    bench.disconnected(older, 0x8e);
    bench.subscribe(client, "t", QOS0);
    bench.say(client, "t", "x", false);
    bench.hear(client, "x");
    // The Keep Alive of 0 is in force, no longer the time for CONNECT.
    bench.seconds(1000);
    bench.quiet(client);
}

#[test]
fn a_wrong_answer_is_refused() {
    for (right, data) in [(0, "answer 2"), (0, ""), (1, "answer 1")] {
        let mut bench = Bench::new();
        let client = begin(&mut bench, &[]);
        if right == 1 {
            say(&mut bench, client, CONTINUE, "CHALLENGE", "answer 1");
            hear(&mut bench, client, CONTINUE, "challenge 2");
        }
        say(&mut bench, client, CONTINUE, "CHALLENGE", data);
        assert_eq!(bench.refusal(client), Some(0x87));
    }
}

#[test]
fn only_auth_and_disconnect_come_before_connack() {
    let mut bench = Bench::new();
    for packet in [Packet::Pingreq, Packet::Connect(connect(V5, "b")), Packet::Publish(message("t", QOS0, 0, "x"))] {
        let client = begin(&mut bench, &[]);
        bench.send(client, packet);
        assert_eq!(bench.refusal(client), Some(0x82));
    }
    let client = begin(&mut bench, &[]);
    bench.raw(client, &[0xf1, 0]);
    assert_eq!(bench.refusal(client), Some(0x81));
    let client = begin(&mut bench, &[]);
    bench.send(client, Packet::Disconnect(Disconnect::default()));
    assert_eq!(bench.refusal(client), None);
    for (reason, method) in [(CONTINUE, "OTHER"), (AGAIN, "CHALLENGE")] {
        let client = begin(&mut bench, &[]);
        say(&mut bench, client, reason, method, "answer 1");
        assert_eq!(bench.refusal(client), Some(0x82));
    }
    // The time for CONNECT is the time for all of it.
    let client = begin(&mut bench, &[]);
    bench.seconds(29);
    bench.quiet(client);
    bench.seconds(1);
    assert_eq!(bench.refusal(client), None);
}

#[test]
fn the_rest_of_connect_is_checked_first() {
    let mut bench = Bench::with(Config { credentials: vec![("u".into(), b"p".to_vec())], ..Config::default() });
    let method = properties("CHALLENGE", "");
    let connect = Connect { properties: Properties::list(&method), ..connect(V5, "a") };
    assert_eq!(bench.refused(V5, &connect), Some(0x86));
}

#[test]
fn a_method_that_is_not_offered_is_refused() {
    for (config, method) in
        [(Config::default(), "OTHER"), (Config { challenge_method: None, ..Config::default() }, "CHALLENGE")]
    {
        let mut bench = Bench::with(config);
        let method = properties(method, "");
        let connect = Connect { properties: Properties::list(&method), ..connect(V5, "a") };
        assert_eq!(bench.refused(V5, &connect), Some(0x8c));
    }
    // Data without a method is a Protocol Error.
    let data = [Property { id: PropertyId::AuthenticationData, value: Value::Binary(b"x") }];
    let connect = Connect { properties: Properties::list(&data), ..connect(V5, "a") };
    assert_eq!(Bench::new().refused(V5, &connect), Some(0x82));
}

#[test]
fn a_challenge_that_is_too_large_is_not_sent() {
    let mut bench = Bench::new();
    let list = [properties("CHALLENGE", "")[0], number(PropertyId::MaximumPacketSize, 29)];
    let connect = Connect { properties: Properties::list(&list), ..connect(V5, "a") };
    assert_eq!(bench.refused(V5, &connect), None);
    // A refusal may do without its Reason String.
    let client = begin(&mut bench, &[number(PropertyId::MaximumPacketSize, 40)]);
    say(&mut bench, client, CONTINUE, "CHALLENGE", "wrong");
    assert_eq!(bench.refusal(client), Some(0x87));
}

#[test]
fn a_method_without_rounds_accepts_at_once() {
    let method = ChallengeMethod { name: "NONE".into(), rounds: Vec::new() };
    let mut bench = Bench::with(Config { challenge_method: Some(method), ..Config::default() });
    let list = properties("NONE", "");
    let (client, connack) = bench.connect(V5, &Connect { properties: Properties::list(&list), ..connect(V5, "a") });
    assert_eq!(connack.properties.text(PropertyId::AuthenticationMethod), Some("NONE".into()));
    say(&mut bench, client, AGAIN, "NONE", "");
    let Packet::Auth(auth) = bench.take(client) else { panic!("no AUTH") };
    assert_eq!(auth.reason, OK);
}

#[test]
fn a_client_may_authenticate_again() {
    let mut bench = Bench::new();
    let client = authenticated(&mut bench);
    for _ in 0..2 {
        say(&mut bench, client, AGAIN, "CHALLENGE", "");
        hear(&mut bench, client, CONTINUE, "challenge 1");
        // Other packets go on.
        bench.send(client, Packet::Pingreq);
        bench.expect(client, Packet::Pingresp);
        say(&mut bench, client, CONTINUE, "CHALLENGE", "answer 1");
        hear(&mut bench, client, CONTINUE, "challenge 2");
        say(&mut bench, client, CONTINUE, "CHALLENGE", "answer 2");
        hear(&mut bench, client, OK, "");
    }
    bench.quiet(client);
}

#[test]
fn a_failure_to_authenticate_again_costs_the_connection() {
    for (reason, method, data, code) in
        [(CONTINUE, "CHALLENGE", "wrong", 0x87), (CONTINUE, "OTHER", "answer 1", 0x82), (AGAIN, "CHALLENGE", "", 0x82)]
    {
        let mut bench = Bench::new();
        let client = authenticated(&mut bench);
        say(&mut bench, client, AGAIN, "CHALLENGE", "");
        hear(&mut bench, client, CONTINUE, "challenge 1");
        say(&mut bench, client, reason, method, data);
        bench.disconnected(client, code);
    }
    // An answer that nobody asked for; and AUTH without a method in CONNECT.
    let mut bench = Bench::new();
    let client = authenticated(&mut bench);
    say(&mut bench, client, CONTINUE, "CHALLENGE", "answer 1");
    bench.disconnected(client, 0x82);
    let (client, connack) = bench.connect(V5, &connect(V5, "a"));
    assert_eq!(connack.properties.find(PropertyId::AuthenticationMethod), None);
    say(&mut bench, client, AGAIN, "CHALLENGE", "");
    bench.disconnected(client, 0x82);
}
