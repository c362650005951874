//! Rules, their levels, and what they come to.

use super::support::{Test, check};

const HEAD: &str = r#"
    client sub
    sub -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
    sub <- SUBACK id=1
"#;

#[track_caller]
fn rule(step: &str, delivery: &str, expected: &str) {
    check("v3.1.1 v5", &format!("{HEAD}{step}"), &format!("sub SUBSCRIBE: answer; {delivery}"), expected);
}

#[test]
fn a_claim_is_kept_or_broken() {
    let step = r#"sub <- PUBLISH topic="$t/a" payload=on qos=1 rule=q"#;
    rule(step, "PUBLISH topic=p/a payload=on qos=1 id=5", "pass\n rule q: proved");
    rule(
        step,
        "PUBLISH topic=p/a payload=on qos=0",
        "fail\n rule q: broken\n got qos=0 in PUBLISH\n hex=30\n late=false",
    );
}

/// What no field says: how long the packet is, how many User Properties it has.
#[test]
fn a_packet_is_measured() {
    let puback = |claim: &str, answer: &str, expected: &str| {
        let body = format!("client c\n c -> PUBLISH topic=\"$t/a\" qos=1 id=1\n c <- PUBACK id=1 {claim} rule=r");
        check("v5", &body, &format!("c PUBLISH: PUBACK id=1 {answer}"), expected);
    };
    // Fixed header 2, identifier 2, code 1, Property Length 1; the property: identifier 1, length 2, text 1.
    puback("packet-size=4", "", "pass\n rule r: proved");
    puback("packet-size=\"4..10\"", "reason-string=x", "pass");
    puback("packet-size=\"4..9\"", "reason-string=x", "fail\n rule r: broken\n got packet-size=10");
    puback("user-properties=0", "", "pass");
    puback("user-properties=\"1..2\"", "", "fail\n rule r: broken\n got user-properties=0");
}

/// The length of a payload may follow from what CONNACK says.
#[test]
fn a_fill_is_as_long_as_connack_lets_it_be() {
    let body = r#"
        requires maximum-packet-size="1..100"
        client c
        c open
        c -> CONNECT
        c <- CONNACK as=hello
        c -> PUBLISH topic="t" qos=1 id=1 payload=(fill)"minus($hello.maximum-packet-size,20) begin"
        c <- PUBACK id=1 rule=r
    "#;
    let server = "c CONNECT: CONNACK maximum-packet-size=30";
    check("v5", body, server, "pass\n -> PUBLISH topic=\"t\" qos=1 id=1 payload=\"beginxxxxx\"");
    let server = "c CONNECT: CONNACK maximum-packet-size=10";
    check("v5", body, server, "inconclusive\n `minus(10,20)` is no number");
}

#[test]
fn the_level_of_the_rule_is_the_worst_that_it_can_come_to() {
    for (level, verdict) in [("r", "fail"), ("should", "nonstrict"), ("info", "info")] {
        let step = format!("sub <- PUBLISH topic=\"$t/a\" rule={level}");
        rule(&step, "nothing", &format!("{verdict}\n rule {level}: broken MQTT-4.5.0-1"));
    }
}

/// A SHOULD that is missed must not hide that a MUST behind it was never looked at.
#[test]
fn a_lesser_breach_does_not_stand_for_what_was_not_reached() {
    for level in ["should", "info"] {
        let steps = format!("sub <- PUBLISH topic=\"$t/a\" payload=one rule={level}\n sub alive rule=q");
        rule(&steps, "nothing", &format!("inconclusive\n rule {level}: broken\n rule q: not reached"));
    }
}

/// Claims of a lesser rule are no reason to end the case: the packet is there.
#[test]
fn after_a_lesser_breach_of_a_claim_the_case_goes_on() {
    for (level, verdict) in [("should", "nonstrict"), ("info", "info")] {
        let steps = format!("sub <- PUBLISH topic=\"$t/a\" payload=one qos=1 rule={level}\n sub alive rule=q");
        rule(&steps, "PUBLISH topic=p/a payload=one", &format!("{verdict}\n rule {level}: broken\n rule q: proved"));
    }
}

#[test]
fn late_is_nonstrict_within_three_times_the_limit() {
    let step = r#"sub <- PUBLISH topic="$t/a" within="2s" rule=r"#;
    for (after, verdict) in [
        ("2s", "pass"),
        ("2200ms", "pass"),
        ("2300ms", "nonstrict\n rule r: broken\n late=true"),
        ("6s", "nonstrict"),
        ("6100ms", "fail\n rule r: broken\n late=false"),
        ("12s", "fail"),
    ] {
        rule(step, &format!("after {after}; PUBLISH topic=p/a"), verdict);
    }
}

#[test]
fn what_comes_late_does_not_end_the_case() {
    let steps = "sub <- PUBLISH topic=\"$t/a\" within=\"1s\" rule=r\n sub alive rule=q";
    rule(steps, "after 2s; PUBLISH topic=p/a", "nonstrict\n rule q: proved");
}

#[test]
fn early_is_never_lawful() {
    let step = r#"sub <- PUBLISH topic="$t/a" after="2s" rule=r"#;
    rule(
        step,
        "after 1900ms; PUBLISH topic=p/a",
        "fail\n rule r: broken\n late=false\n not before 2.000 s have passed",
    );
    rule(step, "after 2s; PUBLISH topic=p/a", "pass");
    rule(step, "after 6900ms; PUBLISH topic=p/a", "pass");
}

#[test]
fn without_a_rule_a_missing_packet_says_nothing() {
    rule("sub <- PUBLISH topic=\"$t/a\"\n sub alive rule=r", "nothing", "inconclusive\n rule r: not reached");
}

/// A rule of two steps is proved only when both went as they must.
#[test]
fn a_rule_is_not_proved_by_half_of_its_steps() {
    let steps = r#"
        sub <- PUBLISH topic="$t/a" payload=one rule=r
        sub <- PUBLISH topic="$t/a" payload=two rule=r
    "#;
    let server = "PUBLISH topic=p/a payload=one; DISCONNECT code=0x8b; close";
    check(
        "v5",
        &format!("{HEAD}{steps}"),
        &format!("sub SUBSCRIBE: answer; {server}"),
        "inconclusive\n rule r: not reached",
    );
}

/// The branch that was taken asks for nothing: whatever else was answered, nothing is proved.
#[test]
fn a_case_that_proved_no_rule_does_not_pass() {
    let steps = r#"
        client pub
        pub -> PUBLISH topic="$t/a" qos=1 id=1
        any-of {
            branch { pub <- PUBACK id=1; sub <- PUBLISH topic="$t/a" rule=r; }
            branch { pub closed; }
        }
    "#;
    check("v3.1.1 v5", &format!("{HEAD}{steps}"), "pub PUBLISH: close", "inconclusive\n !rule r: proved");
}

#[test]
fn a_control_may_have_no_rule_of_its_own() {
    let body = r#"
        client c
        fault { c raw (hex)"30 00"; c closed rule=closes; }
        control { c alive; }
    "#;
    Test::new("v3.1.1", body, "").control().expect("pass\n owed PINGRESP: proved\n !rule closes");
    Test::new("v3.1.1", body, "c broken: close").expect("pass\n rule closes: proved");
}

#[test]
fn user_properties_are_the_whole_list_in_order() {
    let step = r#"sub <- PUBLISH topic="$t/a" rule=r { user-property "a" "1"; user-property "b" "2"; }"#;
    let server = |properties: &str| format!("sub SUBSCRIBE: answer; PUBLISH topic=p/a {properties}");
    let body = format!("{HEAD}{step}");
    check("v5", &body, &server(""), "fail\n got user properties: none");
}

#[test]
fn properties_are_compared_and_may_have_to_be_absent() {
    let body = |claim: &str| format!("{HEAD}sub <- PUBLISH topic=\"$t/a\" {claim} rule=r");
    let server = |property: &str| format!("sub SUBSCRIBE: answer; PUBLISH topic=p/a {property}");
    for (claim, property, verdict) in [
        ("message-expiry-interval=\"7..8\"", "message-expiry-interval=7", "pass"),
        ("message-expiry-interval=\"7..8\"", "message-expiry-interval=9", "fail\n got message-expiry-interval=9"),
        ("message-expiry-interval=\"7..8\"", "", "fail\n got message-expiry-interval=absent"),
        ("content-type=text", "content-type=text", "pass"),
        ("content-type=text", "content-type=other", "fail"),
        ("content-type=\"*\"", "content-type=other", "pass"),
        ("content-type=#null", "", "pass"),
        ("content-type=#null", "content-type=text", "fail"),
    ] {
        check("v5", &body(claim), &server(property), verdict);
    }
}

/// A PINGREQ that a rule asks to be answered is no sign of life after a fault.
#[test]
fn an_alive_with_a_rule_is_judged_in_a_fault_too() {
    let body = "client c\n fault { c alive rule=r; }\n control { c alive; }";
    check("v3.1.1 v5", body, "c PINGREQ: nothing", "fail\n rule r: broken");
    check("v3.1.1 v5", body, "", "pass");
}
