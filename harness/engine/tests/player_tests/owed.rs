//! Answers that are owed in every case.

use super::support::{Test, check};

/// Every kind of answer: the steps, what is left out, and the statement of each version.
const KINDS: [(&str, &str, &str, &str, &str); 6] = [
    ("SUBACK", "SUBSCRIBE", r#"c -> SUBSCRIBE id=3 { filter "$t/a"; }"#, "MQTT-3.8.4-1", "MQTT-3.8.4-1"),
    ("UNSUBACK", "UNSUBSCRIBE", r#"c -> UNSUBSCRIBE id=3 { filter "$t/a"; }"#, "MQTT-3.10.4-4", "MQTT-3.10.4-4"),
    ("PUBACK", "PUBLISH", r#"c -> PUBLISH topic="$t/a" qos=1 id=3"#, "MQTT-4.3.2-2/a", "MQTT-4.3.2-4"),
    ("PUBREC", "PUBLISH", r#"c -> PUBLISH topic="$t/a" qos=2 id=3"#, "MQTT-4.3.3-2/a", "MQTT-4.3.3-8"),
    (
        "PUBCOMP",
        "PUBREL",
        "c -> PUBLISH topic=\"$t/a\" qos=2 id=3\nc <- PUBREC id=3\nc -> PUBREL id=3",
        "MQTT-4.3.3-2/d",
        "MQTT-4.3.3-11",
    ),
    (
        "PUBREL",
        "PUBREC",
        "c -> SUBSCRIBE id=3 { filter \"$t/a\" qos=2; }\nc <- SUBACK id=3\nc <- PUBLISH topic=\"$t/a\"\nc -> PUBREC id=3",
        "MQTT-4.3.3-1/d",
        "MQTT-4.3.3-4",
    ),
];

/// Each kind with the server's reaction to the request, in a case that asks for the answer and in one that does not.
#[track_caller]
fn each_kind(reaction: &str, expected: impl Fn(&str, &str) -> String) {
    for (answer, request, steps, v311, v5) in KINDS {
        let delivery = "SUBACK codes=2; PUBLISH topic=p/a qos=2 id=3";
        let delivers = if answer == "PUBREL" { format!("c SUBSCRIBE: {delivery}\n") } else { String::new() };
        let server = format!("{delivers}c {request}: {reaction}");
        for (version, statement) in [("v3.1.1", v311), ("v5", v5)] {
            for asked in ["", "c <- ANSWER id=3"] {
                let asked = asked.replace("ANSWER", answer);
                let rule = "other alive rule=r";
                let body = format!("client c\nclient other\n{steps}\n{asked}\n{rule}");
                check(version, &body, &server, &expected(answer, statement));
            }
        }
    }
}

#[test]
fn missing_while_pingreq_is_answered_breaks_the_statement() {
    each_kind("nothing", |answer, statement| format!("fail\n owed {answer}: broken {statement}\n reason: {statement}"));
}

#[test]
fn missing_with_pingreq_unanswered_breaks_that_of_pingresp() {
    each_kind("nothing\n c PINGREQ: nothing", |_, _| {
        "fail\n owed PINGRESP: broken MQTT-3.12.4-1\n reason: MQTT-3.12.4-1".to_owned()
    });
}

#[test]
fn a_close_instead_breaks_the_statement() {
    each_kind("close", |answer, statement| format!("fail\n owed {answer}: broken {statement}\n reason: {statement}"));
}

/// A reset may destroy what was sent before it.
#[test]
fn a_reset_instead_says_nothing() {
    each_kind("reset", |answer, _| format!("inconclusive\n reset\n !owed {answer}: broken"));
}

#[test]
fn a_server_that_says_why_it_closes_is_not_accused() {
    for code in
        ["0x83", "0x87", "0x89", "0x8b", "0x8e", "0x8f", "0x90", "0x96", "0x97", "0x98", "0x9c", "0x9d", "0x9f", "0xa0"]
    {
        let body = r#"
            client c
            c -> SUBSCRIBE id=3 { filter "$t/a"; }
            c <- SUBACK id=3
            c alive rule=r
        "#;
        check("v5", body, &format!("c SUBSCRIBE: DISCONNECT code={code}; close"), "inconclusive\n !broken");
        check(
            "v5",
            body,
            &format!("c SUBSCRIBE: DISCONNECT code={code}\n c PINGREQ: nothing"),
            "inconclusive\n !broken",
        );
    }
}

#[test]
fn a_protocol_error_that_the_client_did_not_make_is_no_excuse() {
    let body = "client c\n c -> SUBSCRIBE id=3 { filter \"$t/a\"; }\n c alive rule=r";
    check("v5", body, "c SUBSCRIBE: DISCONNECT code=0x82; close", "fail\n owed SUBACK: broken MQTT-3.8.4-1");
}

#[test]
fn connect_left_unanswered_fails() {
    for (version, statement) in [("v3.1.1", "MQTT-3.1.4-4"), ("v5", "MQTT-3.1.4-5")] {
        let expected = format!("fail\n owed CONNACK: broken {statement}");
        check(version, "client c\n c alive rule=r", "c CONNECT: nothing", &expected);
    }
}

#[test]
fn a_connect_that_is_not_accepted_says_nothing() {
    for server in
        ["c CONNECT: close", "c CONNECT: reset", "c open: close", "c CONNECT: CONNACK code=3; close", "refuse 1"]
    {
        check("v3.1.1", "client c\n c alive rule=r", server, "inconclusive\n !broken");
    }
    check("v5", "client c\n c alive rule=r", "c CONNECT: CONNACK code=0x87; close", "inconclusive\n Not authorized");
}

#[test]
fn pingreq_of_a_step_is_owed_its_answer() {
    check("v3.1.1 v5", "client c\n c alive rule=r", "c PINGREQ: nothing", "fail\n owed PINGRESP: broken MQTT-3.12.4-1");
}

/// What the server refuses as it may is no failure of what was to come of it.
#[test]
fn a_refused_publish_says_nothing_about_delivery() {
    let steps = r#"
        client sub
        client pub
        sub -> SUBSCRIBE id=1 { filter "$t/a" qos=2; }
        sub <- SUBACK id=1
        pub -> PUBLISH topic="$t/a" qos=QOS id=1 payload=on
        STEP
        sub <- PUBLISH topic="$t/a" payload=on ack=auto rule=r
    "#;
    for (qos, answer) in [("1", "PUBACK"), ("2", "PUBREC")] {
        for step in ["".to_owned(), format!("pub <- {answer} id=1")] {
            let body = steps.replace("QOS", qos).replace("STEP", &step);
            check("v5", &body, &format!("pub PUBLISH: {answer} code=0x87"), "inconclusive\n refused\n !broken");
        }
    }
}

#[test]
fn a_refused_subscription_says_nothing_and_a_lower_grant_is_unsupported() {
    let body = r#"
        client sub
        sub -> SUBSCRIBE id=1 { filter "$t/a" qos=0; filter "$t/b" qos=2; }
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" rule=r
    "#;
    check("v3.1.1 v5", body, "sub SUBSCRIBE: SUBACK codes=0,0x80", "inconclusive\n refused the subscription");
    check("v3.1.1 v5", body, "sub SUBSCRIBE: SUBACK codes=0,1", "unsupported\n granted QoS 1 for QoS 2");
    // The Server itself says that it does not offer this.
    for code in ["0x9e", "0xa1", "0xa2"] {
        let server = format!("sub SUBSCRIBE: SUBACK codes=0,{code}");
        check("v5", body, &server, "unsupported\n refused the subscription");
    }
}

/// What a step says a Server need not do is no matter of answers that are owed: not when it refuses, not when it closes,
/// not when it says nothing.
#[test]
fn what_a_server_need_not_do_is_unsupported() {
    let subscribe = r#"
        client sub
        sub -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        sub <- SUBACK id=1 unless="it is not for Clients"
        sub alive rule=r
    "#;
    for server in ["SUBACK codes=0x80", "close", "nothing"] {
        let server = format!("sub SUBSCRIBE: {server}");
        check("v3.1.1 v5", subscribe, &server, "unsupported\n reason: it is not for Clients\n !broken");
    }
    check("v3.1.1 v5", subscribe, "sub SUBSCRIBE: SUBACK codes=1", "pass");
    let publish = r#"
        client pub
        pub -> PUBLISH topic="$t/a" qos=1 id=1 payload=on
        pub <- PUBACK id=1 unless="it is not for Clients"
        pub alive rule=r
    "#;
    check("v5", publish, "pub PUBLISH: PUBACK code=0x90", "unsupported\n reason: it is not for Clients\n !broken");
    // A Server that answers nothing at all is none that refuses.
    check("v5", publish, "pub PUBLISH: nothing\n pub PINGREQ: nothing", "fail\n owed PINGRESP: broken");
}

#[test]
fn a_refused_unsubscribe_says_nothing() {
    let body = "client c\n c -> UNSUBSCRIBE id=1 { filter \"$t/a\"; }\n c <- UNSUBACK id=1\n c alive rule=r";
    check("v5", body, "c UNSUBSCRIBE: UNSUBACK codes=0x87", "inconclusive");
    check("v5", body, "c UNSUBSCRIBE: UNSUBACK codes=0x11", "pass");
}

/// A second connection may close the first whatever is owed on it.
#[test]
fn a_takeover_ends_what_is_owed() {
    check(
        "v3.1.1 v5",
        r#"
        client first session=kept
        client second session=kept id-of=first
        first -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        second connect
        second alive rule=r
        "#,
        "first SUBSCRIBE: nothing\n second CONNECT: @first close; CONNACK present=1",
        "pass\n !owed SUBACK: broken",
    );
}

#[test]
fn nothing_is_owed_for_what_a_fault_sends() {
    check(
        "v3.1.1",
        r#"
        client c
        fault {
            c -> PUBLISH topic="$t/a" qos=1 id=1
            c closed rule=closes
        }
        "#,
        "c PUBLISH: close",
        "pass\n !owed PUBACK",
    );
}

/// After a fault the server may close when it likes: what was owed before may be lost with it.
#[test]
fn a_close_after_a_fault_breaks_nothing_that_is_owed() {
    let body = r#"
        client c
        client other
        c -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        fault { c raw (hex)"30 00"; }
        other alive rule=r
        STEP
    "#;
    let server = "c SUBSCRIBE: nothing\n c broken: close";
    check("v3.1.1", &body.replace("STEP", ""), server, "pass\n !broken");
    check("v3.1.1", &body.replace("STEP", "c <- SUBACK id=1"), server, "inconclusive\n !broken");
}

/// The statement that is told is the one that is broken, not one of the same name that was kept.
#[test]
fn the_statement_that_is_broken_is_told() {
    let body = "client c session=kept\n c connect\n c abort\n c resume\n c alive rule=r";
    check(
        "v5",
        body,
        "c CONNECT#2: CONNACK",
        "fail\n owed Session Present: broken MQTT-3.2.2-3\n reason: MQTT-3.2.2-3",
    );
}

#[test]
fn a_client_of_the_other_version_is_owed_by_its_own_statements() {
    let body = "client old version=v3.1.1\n old -> PUBLISH topic=\"$t/a\" qos=1 id=1\n client c\n c alive rule=r";
    let played = Test::new("v5", body, "old PUBLISH: nothing").expect("fail\n owed PUBACK: broken MQTT-4.3.2-2");
    assert!(played[0].result.reason.contains("3.1.1"), "the version is told: {}", played[0].result.reason);
}

/// After a fault a connection may be dead without being closed.
#[test]
fn silence_after_a_fault_accuses_nobody() {
    let body = r#"
        client c
        fault { c raw (hex)"30 00"; }
        c -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        c <- SUBACK id=1
        c alive rule=r
    "#;
    let server = "c SUBSCRIBE: nothing\n c PINGREQ: nothing";
    check("v3.1.1 v5", body, server, "inconclusive\n after a fault\n !broken");
    check("v3.1.1 v5", body, "c SUBSCRIBE: nothing", "fail\n owed SUBACK: broken MQTT-3.8.4-1");
}
