//! Connecting: what CONNACK says, what a target offers.

use super::support::{Test, check};

#[test]
fn session_present_is_judged_on_every_connection() {
    for (version, statement) in [("v3.1.1", "MQTT-3.2.2-1"), ("v5", "MQTT-3.2.2-2")] {
        let expected = format!("fail\n owed Session Present: broken {statement}");
        check(version, "client c\n c alive rule=r", "c CONNECT: CONNACK present=1", &expected);
    }
    for (version, id) in [("v3.1.1", "MQTT-3.2.2-3"), ("v5", "MQTT-3.2.2-3/b")] {
        let expected = format!("fail\n owed Session Present: broken {id}");
        check(version, "client c session=kept\n c alive rule=r", "c CONNECT: CONNACK present=1", &expected);
    }
}

#[test]
fn a_resume_is_owed_the_session() {
    let body = "client c session=kept\n c connect\n c abort\n c resume\n c alive rule=r";
    check("v3.1.1 v5", body, "c CONNECT#2: CONNACK present=1", "pass");
    for (version, id) in [("v3.1.1", "MQTT-3.2.2-2"), ("v5", "MQTT-3.2.2-3/a")] {
        check(version, body, "c CONNECT: CONNACK", &format!("fail\n owed Session Present: broken {id}"));
    }
}

/// Which session a Client Identifier set by hand finds is not known.
#[test]
fn a_client_identifier_set_by_hand_may_have_a_session() {
    let body = "client c session=kept client-id=x\n c connect\n c abort\n c connect\n c alive rule=r";
    check("v3.1.1 v5", body, "c CONNECT#2: CONNACK present=1", "pass");
}

/// The server keeps no session for longer than it says.
#[test]
fn another_session_expiry_interval_is_unsupported() {
    let body = "client c session=kept\n c alive rule=r";
    check("v5", body, "c CONNECT: CONNACK session-expiry-interval=2", "unsupported\n Session Expiry Interval to 2 s");
    check("v5", body, "c CONNECT: CONNACK session-expiry-interval=300", "pass");
    check("v5", "client c keep-alive=9\n c alive rule=r", "c CONNECT: CONNACK server-keep-alive=3", "unsupported");
}

#[test]
fn a_keep_alive_that_the_server_sets_is_obeyed() {
    let body = "client c\n wait \"20s\"\n c alive rule=r";
    let played = Test::new("v5", body, "c CONNECT: CONNACK server-keep-alive=4").expect("pass");
    let pings = played[0].writes.iter().filter(|(_, bytes)| bytes == &[0xc0, 0]).count();
    assert!(pings >= 10, "{pings}");
}

#[test]
fn a_connack_that_a_step_takes_must_accept_unless_it_says_otherwise() {
    let body = "client c\n c open\n c -> CONNECT clean-start=#true\n c <- CONNACK\n c alive rule=r";
    check("v3.1.1", body, "c CONNECT: CONNACK code=5", "inconclusive\n refused the connection");
    check("v5", body, "c CONNECT: CONNACK code=0x87", "inconclusive\n refused the connection");
}

/// A refusal that blames the CONNECT is evidence where a rule asks for another answer, whatever follows; one that may
/// have a cause of the Server's own is none.
#[test]
fn a_refusal_that_blames_the_connect_breaks_a_rule_that_asks_for_acceptance() {
    let body = "client c\n c open\n c -> CONNECT clean-start=#true\n c <- CONNACK code=0 rule=r";
    for code in ["1", "2"] {
        check("v3.1.1", body, &format!("c CONNECT: CONNACK code={code} ; close"), "fail\n r: broken");
    }
    check("v5", body, "c CONNECT: CONNACK code=0x85 ; close", "fail\n r: broken");
    check("v3.1.1", body, "c CONNECT: CONNACK code=5 ; close", "inconclusive\n before CONNACK");
    check("v5", body, "c CONNECT: CONNACK code=0x89 ; close", "inconclusive\n before CONNACK");
}

/// Nobody but a Client that was given the same identifier can take over a Client whose identifier the Server chose.
#[test]
fn a_takeover_of_an_assigned_client_identifier_is_no_cause_of_the_servers_own() {
    let body = |id: &str| {
        format!(
            "client c\n c open\n c -> CONNECT client-id=\"{id}\" clean-start=#true\n c <- CONNACK\n \
             c -> SUBSCRIBE id=1 {{ filter \"$t/a\" qos=0; }}\n c <- SUBACK id=1\n \
             c <- PUBLISH topic=\"$t/a\" payload=x rule=r"
        )
    };
    let accepts = |properties: &str| {
        format!("c CONNECT: CONNACK {properties}\n c SUBSCRIBE: SUBACK ; DISCONNECT code=0x8e ; close")
    };
    check("v5", &body(""), &accepts("assigned-client-identifier=given"), "fail\n r: broken");
    check("v5", &body("own"), &accepts(""), "inconclusive\n Session taken over");
}

#[test]
fn what_the_profile_lacks_is_unsupported() {
    let subscribe =
        |filter: &str| format!("client c\n c -> SUBSCRIBE id=1 {{ {filter} }}\n c <- SUBACK id=1\n c alive rule=r");
    let cases = [
        "requires max-qos=2\n client c\n c alive rule=r".to_owned(),
        "requires retain=#true\n client c\n c alive rule=r".to_owned(),
        "requires wildcard=#true\n client c\n c alive rule=r".to_owned(),
        "client c\n c -> PUBLISH topic=\"$t/a\" qos=2 id=1\n c alive rule=r".to_owned(),
        "client c\n c -> PUBLISH topic=\"$t/a\" retain=#true\n c alive rule=r".to_owned(),
        "client c { will topic=\"$t/a\" qos=2; }\n c alive rule=r".to_owned(),
        subscribe("filter \"$t/#\" qos=0;"),
    ];
    for body in cases {
        let test = Test::new("v3.1.1 v5", &body, "").with(|settings| {
            settings.declared.max_qos = 1;
            settings.declared.retain = false;
            settings.declared.wildcard = false;
        });
        test.expect("unsupported\n !rule r: proved");
    }
}

#[test]
fn what_connack_takes_back_is_unsupported() {
    let publish = "client c\n c -> PUBLISH topic=\"$t/a\" qos=2 id=1 retain=#true\n c <- PUBREC id=1\n c alive rule=r";
    for property in ["maximum-qos=1", "retain-available=0", "maximum-packet-size=9"] {
        check("v5", publish, &format!("c CONNECT: CONNACK {property}"), "unsupported\n !-> PUBLISH");
    }
    check("v5", "requires topic-alias=1\n client c\n c alive rule=r", "", "unsupported\n CONNACK says");
    check(
        "v5",
        "requires receive-maximum=2\n client c\n c alive rule=r",
        "c CONNECT: CONNACK receive-maximum=1",
        "unsupported",
    );
    let subscribe =
        "client c\n c -> SUBSCRIBE id=1 subscription-identifier=3 { filter \"$share/g/$t/+\" qos=0; }\n c alive rule=r";
    for property in
        ["wildcard-subscription-available=0", "shared-subscription-available=0", "subscription-identifier-available=0"]
    {
        check("v5", subscribe, &format!("c CONNECT: CONNACK {property}"), "unsupported");
    }
}

/// A range or `#false` asks for what CONNACK limits or denies: nothing before it can tell.
#[test]
fn what_the_server_must_not_offer_is_told_by_connack_alone() {
    for (requires, property, meets) in [
        ("retain=#false", "retain-available=0", true),
        ("retain=#false", "", false),
        ("max-qos=\"0..1\"", "maximum-qos=1", true),
        ("max-qos=\"0..1\"", "", false),
        ("receive-maximum=\"2..10\"", "receive-maximum=10", true),
        ("receive-maximum=\"2..10\"", "receive-maximum=1", false),
        ("receive-maximum=\"2..10\"", "receive-maximum=11", false),
        ("receive-maximum=\"max(2,1)\"", "receive-maximum=2", true),
        ("receive-maximum=\"max(2,3)\"", "receive-maximum=2", false),
        ("topic-alias=\"0..0\"", "", true),
        ("topic-alias=\"0..0\"", "topic-alias-maximum=1", false),
        ("maximum-packet-size=\"100..200\"", "maximum-packet-size=200", true),
        ("maximum-packet-size=\"100..200\"", "maximum-packet-size=201", false),
        ("maximum-packet-size=\"100..200\"", "", false),
    ] {
        let body = format!("requires {requires}\n client c\n c alive rule=r");
        let expected = if meets { "pass" } else { "unsupported\n CONNACK says" };
        check("v5", &body, &format!("c CONNECT: CONNACK {property}"), expected);
    }
    // 3.1.1 has no CONNACK that could tell: what is declared holds.
    let test = Test::new("v3.1.1", "requires max-qos=\"2..2\"\n client c\n c alive rule=r", "");
    test.with(|settings| settings.declared.max_qos = 1).expect("unsupported\n the profile");
}

/// More exchanges at once than the server takes would be an error of the Client.
#[test]
fn the_servers_receive_maximum_is_kept() {
    let publish = |ids: [u8; 2]| {
        let [one, two] = ids.map(|id| format!("c -> PUBLISH topic=\"$t/a\" qos=1 id={id}\n"));
        format!("client c\n{one}{two} c alive rule=r")
    };
    let server = "c CONNECT: CONNACK receive-maximum=1\n c PUBLISH: after 1s; answer";
    check("v5", &publish([1, 2]), server, "unsupported\n Receive Maximum");
    let waits = publish([1, 2]).replace("id=1\n", "id=1\nc <- PUBACK id=1\n");
    check("v5", &waits, server, "pass");
    let together = "client c\n together {\n c -> PUBLISH topic=\"$t/a\" qos=1 id=1\n c -> PUBLISH topic=\"$t/a\" qos=2 id=2\n }\n c alive rule=r";
    check("v5", together, server, "unsupported\n Receive Maximum");
}

#[test]
fn a_fault_may_go_beyond_what_the_server_offers() {
    let body = "client c\n fault { c -> PUBLISH topic=\"$t/a\" qos=2 id=1; c closed rule=closes; }";
    check("v5", body, "c CONNECT: CONNACK maximum-qos=1\n c PUBLISH: close", "pass");
}

#[test]
fn credentials_go_into_every_connect_that_has_none() {
    let played = Test::new("v3.1.1 v5", "client c\n c alive rule=r", "")
        .with(|settings| settings.credentials = Some(("user".to_owned(), b"secret".to_vec())))
        .expect("pass");
    assert!(played[0].writes[0].1.ends_with(b"\x00\x04user\x00\x06secret"));
}
