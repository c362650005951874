//! What a case takes away again, on every way out.

use super::support::{Test, check};
use mqttspec_codec::{Context, Decoded, Packet, Sender, Version, decode};

/// What the clean-up sends, each packet in words.
fn cleaned(version: &str, body: &str, server: &str) -> Vec<String> {
    let played = Test::new(version, body, server).play().remove(0);
    let version = if version == "v5" { Version::V5 } else { Version::V311 };
    let of_cleanup = played.writes.iter().filter(|(client, _)| client == "cleanup");
    let words = of_cleanup.map(|(_, bytes)| match decode(bytes, &Context::new(version, Sender::Client)) {
        Ok(Decoded::Packet { packet: Packet::Connect(connect), .. }) => {
            let id = connect.client_id.as_str().unwrap_or_default();
            format!("CONNECT {id} clean={} expiry={:?}", connect.clean_start, connect.properties.size())
        }
        Ok(Decoded::Packet { packet: Packet::Publish(publish), .. }) => {
            format!(
                "PUBLISH {} retain={} {} bytes",
                publish.topic.as_str().unwrap_or_default(),
                publish.retain,
                publish.payload.len()
            )
        }
        Ok(Decoded::Packet { packet, .. }) => packet.packet_type().name().to_owned(),
        other => panic!("{other:?}"),
    });
    words.collect()
}

const SESSION: &str = "client c session=kept\n c alive rule=r";
const RETAINED: &str = "client c\n c -> PUBLISH topic=\"$t/a\" retain=#true payload=on\n c alive rule=r";

#[test]
fn sessions_are_ended_with_clean_start() {
    for version in ["v3.1.1", "v5"] {
        assert_eq!(cleaned(version, SESSION, ""), ["CONNECT c0 clean=true expiry=0", "PINGREQ", "DISCONNECT"]);
    }
}

#[test]
fn retained_messages_are_cleared() {
    let will = "client c { will topic=\"$t/a\" retain=#true payload=on; }\n c alive rule=r";
    for body in [RETAINED, will] {
        assert_eq!(
            cleaned("v5", body, ""),
            ["CONNECT czz clean=true expiry=0", "PUBLISH p/a retain=true 0 bytes", "PINGREQ", "DISCONNECT"]
        );
    }
}

#[test]
fn on_every_way_out() {
    for server in [
        "c PINGREQ#1: close",
        "c PINGREQ#1: nothing",
        "c PINGREQ#1: interrupt",
        "c PINGREQ#1: bytes ffffffffffff",
        "c CONNECT: DISCONNECT code=0x8b; close",
    ] {
        assert_eq!(cleaned("v5", SESSION, server)[0], "CONNECT c0 clean=true expiry=0", "{server}");
    }
}

#[test]
fn nothing_is_cleaned_that_was_not_left() {
    assert!(cleaned("v5", "client c\n c alive rule=r", "").is_empty());
    let emptied = "client c\n c -> PUBLISH topic=\"$t/a\" retain=#true\n c alive rule=r";
    assert!(cleaned("v5", emptied, "").is_empty());
}

#[test]
fn what_cannot_be_taken_away_is_told() {
    for (server, why) in [
        ("cleanup CONNECT: CONNACK code=0x87", "refused the connection"),
        ("cleanup CONNECT: close", "closed the connection"),
        ("cleanup CONNECT: reset", "closed the connection"),
        ("cleanup CONNECT: nothing", "no answer before the deadline"),
        ("cleanup PINGREQ: nothing", "no answer before the deadline"),
        ("refuse 2", "refused"),
    ] {
        check("v5", SESSION, server, &format!("pass\n left behind the session of c0: \n {why}"));
    }
    check("v5", RETAINED, "cleanup PINGREQ: close", "pass\n left behind retained messages on p/a: ");
}

/// It keeps none, and would close the connection of a Client that asks it to.
#[test]
fn a_server_without_retained_messages_is_not_asked_to_clear_any() {
    let body = "requires retain=#false\n client c\n \
                fault { c -> PUBLISH topic=\"$t/a\" retain=#true payload=on; c closed rule=closes; }";
    assert!(cleaned("v5", body, "c CONNECT: CONNACK retain-available=0\n c PUBLISH: close").is_empty());
}

/// A PUBLISH with a topic alias alone names no topic to be cleared, and a server closes for an empty one.
#[test]
fn retained_messages_under_an_alias_are_cleared_by_their_topic() {
    let body = r#"
        requires topic-alias=1
        client c
        c -> PUBLISH topic="$t/a" topic-alias=1 payload=on
        c -> PUBLISH topic="" topic-alias=1 retain=#true payload=on
        c alive rule=r
    "#;
    let sent = cleaned("v5", body, "c CONNECT: CONNACK topic-alias-maximum=1");
    assert_eq!(sent[1], "PUBLISH p/a retain=true 0 bytes");
}

/// A wildcard in a topic name is a fault of the scenario, not of its clean-up.
#[test]
fn topics_that_no_client_may_publish_to_are_left_alone() {
    let body = "client c\n fault { c -> PUBLISH topic=\"$t/#\" retain=#true payload=on; c closed rule=closes; }";
    assert!(cleaned("v3.1.1", body, "c broken: close").is_empty());
}

#[test]
fn an_assigned_client_identifier_is_cleaned_up() {
    let body = "client c client-id=\"\" session-expiry-interval=100\n c alive rule=r";
    let sent = cleaned("v5", body, "c CONNECT: CONNACK assigned-client-identifier=given");
    assert_eq!(sent[0], "CONNECT given clean=true expiry=0");
}

/// Connections of the case are closed with a DISCONNECT, so that no Will is left to come.
#[test]
fn connections_end_with_a_disconnect() {
    let played = Test::new("v3.1.1 v5", "client c\n c alive rule=r", "").expect("pass\n c: ByClient");
    assert_eq!(played[0].writes.last().map(|(_, bytes)| bytes.as_slice()), Some([0xe0, 0].as_slice()));
}

#[test]
fn a_flood_does_not_keep_the_clean_up() {
    let flood = "d000".repeat(100_100);
    check("v5", SESSION, &format!("cleanup CONNECT: bytes {flood}"), "pass\n left behind the session of c0");
}
