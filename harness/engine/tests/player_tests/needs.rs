//! What a case needs of its target, be it less than everything; and what it takes from CONNACK.

use super::support::{Test, check};

const CASE: &str = "client c\n c alive rule=r";

#[test]
fn what_a_server_must_be_short_of_is_told_by_connack() {
    for (requires, property) in [
        ("max-qos=\"0..1\"", "maximum-qos=1"),
        ("retain=#false", "retain-available=0"),
        ("wildcard=#false", "wildcard-subscription-available=0"),
        ("shared=#false", "shared-subscription-available=0"),
        ("subscription-identifier=#false", "subscription-identifier-available=0"),
        ("receive-maximum=\"1..10\"", "receive-maximum=10"),
        ("maximum-packet-size=\"100|200\"", "maximum-packet-size=200"),
    ] {
        let body = format!("requires {requires}\n {CASE}");
        check("v5", &body, &format!("c CONNECT: CONNACK {property}"), "pass");
        check("v5", &body, "", "unsupported\n CONNACK says");
    }
    let body = format!("requires receive-maximum=\"1..10\"\n {CASE}");
    check("v5", &body, "c CONNECT: CONNACK receive-maximum=11", "unsupported\n Receive Maximum 11");
}

/// 3.1.1 has no CONNACK that says so: the profile does.
#[test]
fn what_a_server_must_be_short_of_is_declared_in_3_1_1() {
    let body = format!("requires max-qos=\"0..1\" retain=#false\n {CASE}");
    check("v3.1.1", &body, "", "unsupported\n the profile of the target declares");
    let test = Test::new("v3.1.1", &body, "").with(|settings| {
        settings.declared.max_qos = 1;
        settings.declared.retain = false;
    });
    test.expect("pass");
}

#[test]
fn what_only_a_profile_declares() {
    for key in ["credentials", "challenge"] {
        let body = format!("requires {key}=#true\n {CASE}");
        check("v3.1.1 v5", &body, "", "unsupported\n the profile of the target declares\n !-> CONNECT");
        let declared = Test::new("v3.1.1 v5", &body, "").with(|settings| {
            (settings.declared.credentials, settings.declared.challenge) = (true, true);
        });
        declared.expect("pass");
    }
}

/// What a scenario leaves open of User Name and Password is what the run was given.
#[test]
fn one_of_the_credentials_may_be_set() {
    let body = "client c password=wrong\n c alive rule=r";
    let test = Test::new("v3.1.1 v5", body, "")
        .with(|settings| settings.credentials = Some(("somebody".to_owned(), b"right".to_vec())));
    test.expect("pass\n somebody\n !right");
}

#[test]
fn a_fill_is_as_long_as_a_field_says() {
    let body = "client c\n client d\n d open\n d -> CONNECT clean-start=#true\n d <- CONNACK as=told\n \
                c -> PUBLISH topic=\"$t/a\" payload=(fill)\"$told.receive-maximum a\"\n c alive rule=r";
    check("v5", body, "d CONNECT: CONNACK receive-maximum=4", "pass\n \"axxx\"");
    // Without the field nothing can be sent.
    check("v5", body, "", "inconclusive\n cannot be played");
}

#[test]
fn a_close_without_a_packet() {
    let body = "client c\n c open\n fault { c raw (hex)\"10 00\"\n c closed without=CONNACK rule=closes; }\n \
                control { c -> CONNECT\n c <- CONNACK\n c alive; }";
    check("v3.1.1 v5", body, "c open: close", "pass");
    check("v3.1.1 v5", body, "c open: CONNACK ; close", "fail\n closes: broken");
}

#[test]
fn a_write_with_a_repeat() {
    let body = "client c\n together { repeat 3 { c -> PINGREQ; }; }\n repeat 3 { c <- PINGRESP rule=r; }";
    check("v3.1.1 v5", body, "", "pass\n c000c000c000");
}
