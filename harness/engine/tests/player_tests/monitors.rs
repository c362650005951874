//! What holds on every connection, told as findings; of the rules only those of the same statement are touched.

use super::support::{Test, check};
use mqttspec_engine::statement::Level;

const BODY: &str = r#"
    client c receive-maximum=2 topic-alias-maximum=2 maximum-packet-size=100
    c -> SUBSCRIBE id=1 { filter "$t/#" qos=2; }
    c <- SUBACK id=1
    c alive rule=r
"#;
const OLD: &str = "client c\n c -> SUBSCRIBE id=1 { filter \"$t/#\" qos=2; }\n c <- SUBACK id=1\n c alive rule=r";

/// What the server sends behind its SUBACK, and the findings (the verdict is pass all the same).
#[track_caller]
fn monitored(version: &str, sends: &str, findings: &[&str]) {
    let body = if version == "v5" { BODY } else { OLD };
    let played = Test::new(version, body, &format!("c SUBSCRIBE: answer; {sends}")).play();
    for played in played {
        let told: Vec<String> = played
            .findings
            .iter()
            .map(|finding| format!("{} {}", finding.statement.as_deref().unwrap_or("none"), finding.text))
            .collect();
        assert_eq!(told.len(), findings.len(), "{sends}: {told:#?}");
        for (told, finding) in told.iter().zip(findings) {
            assert!(told.starts_with(finding), "{sends}: `{finding}` is not `{told}`");
        }
        assert_eq!(played.result.verdict.word(), "pass", "{sends}: {}", played.result.reason);
        assert!(played.findings.iter().all(|finding| !finding.hex.is_empty()), "{:#?}", played.findings);
    }
}

#[test]
fn what_is_lawful_is_no_finding() {
    for version in ["v3.1.1", "v5"] {
        for sends in [
            "PUBLISH topic=p/a qos=1 id=1; PUBLISH topic=p/a qos=2 id=2",
            "PUBLISH topic=p/a payload=on qos=0",
            "PUBLISH topic=elsewhere payload=on retain",
        ] {
            monitored(version, sends, &[]);
        }
    }
}

#[test]
fn packets_are_decoded_strictly() {
    let played = Test::new("v3.1.1", OLD, "c SUBSCRIBE: answer; bytes 3600 03702f610007").play();
    assert!(!played[0].findings.is_empty() || played[0].result.verdict.word() != "pass");
    // QoS 3.
    monitored("v3.1.1", "bytes 36070003702f610007", &["MQTT-3.3.1-4/a"]);
    monitored("v5", "bytes 36080003702f61000700", &["MQTT-3.3.1-4"]);
}

#[test]
fn identifiers_in_use() {
    for (version, statement) in [("v3.1.1", "MQTT-2.3.1-4"), ("v5", "MQTT-2.2.1-4/b")] {
        monitored(version, "PUBLISH topic=p/a qos=1 id=7; PUBLISH topic=p/b qos=1 id=7", &[statement]);
    }
    monitored("v3.1.1", "PUBLISH topic=p/a qos=1 id=7; PUBLISH topic=p/a qos=1 id=7 dup", &[]);
    monitored("v5", "PUBLISH topic=p/a qos=1 id=7; PUBLISH topic=p/a qos=1 id=7 dup", &["MQTT-4.4.0-1/c"]);
}

#[test]
fn limits_of_the_client() {
    let three = "PUBLISH topic=p/a qos=1 id=1; PUBLISH topic=p/a qos=1 id=2; PUBLISH topic=p/a qos=2 id=3";
    monitored("v5", three, &["MQTT-3.3.4-9"]);
    monitored("v3.1.1", three, &[]);
    monitored("v5", "PUBLISH topic=p/a topic-alias=3", &["MQTT-3.1.2-26"]);
    monitored("v5", "PUBLISH topic-alias=2", &["none topic alias 2 "]);
    let large = "x".repeat(100);
    monitored("v5", &format!("PUBLISH topic=p/a payload={large}"), &["MQTT-3.1.2-24"]);
    let no_aliases = BODY.replace(" topic-alias-maximum=2", "");
    let server = "c SUBSCRIBE: answer; PUBLISH topic=p/a topic-alias=1";
    check("v5", &no_aliases, server, "pass\n finding MQTT-3.1.2-27 Must");
}

#[test]
fn a_slot_is_free_once_the_client_has_acknowledged() {
    let body = r#"
        client c receive-maximum=1
        c -> SUBSCRIBE id=1 { filter "$t/#" qos=2; }
        c <- SUBACK id=1
        c <- PUBLISH topic="$t/a" ack=auto rule=r
        c <- PUBLISH topic="$t/b" as=second
        c -> PUBREC id=$second.id code=0x83
        c <- PUBLISH topic="$t/c" ack=auto rule=r
    "#;
    let server = "c SUBSCRIBE: answer; PUBLISH topic=p/a qos=2 id=1\n c PUBCOMP#1: PUBLISH topic=p/b qos=2 id=1\n \
                  c PUBREC#2: PUBLISH topic=p/c qos=1 id=1";
    check("v5", body, server, "pass");
}

#[test]
fn answers_to_what_was_never_sent() {
    for (version, publish, subscribe) in
        [("v3.1.1", "MQTT-2.3.1-6", "MQTT-2.3.1-7"), ("v5", "MQTT-2.2.1-5", "MQTT-2.2.1-6")]
    {
        for answer in ["PUBACK", "PUBREC", "PUBCOMP", "PUBREL"] {
            monitored(version, &format!("{answer} id=9"), &[publish]);
        }
        for answer in ["SUBACK", "UNSUBACK"] {
            monitored(version, &format!("{answer} id=9"), &[subscribe]);
        }
    }
}

#[test]
fn a_code_for_each_filter() {
    for (version, statement) in [("v3.1.1", "MQTT-3.8.4-5/a"), ("v5", "MQTT-3.8.4-6")] {
        let body = if version == "v5" { BODY } else { OLD };
        check(version, body, "c SUBSCRIBE: SUBACK codes=2,2", &format!("pass\n finding {statement} Must"));
    }
}

#[test]
fn connack_comes_first_and_once() {
    for (version, body) in [("v3.1.1", OLD), ("v5", BODY)] {
        check(version, body, "c CONNECT: PUBLISH topic=p/a; CONNACK", "pass\n finding MQTT-3.2.0-1 Must");
    }
    check("v5", BODY, "c CONNECT: CONNACK; CONNACK", "pass\n finding MQTT-3.2.0-2 Must");
    check(
        "v5",
        "client c\n c alive rule=r",
        "c CONNECT: DISCONNECT code=0x8b; close",
        "inconclusive\n finding MQTT-3.14.0-1",
    );
}

/// After its DISCONNECT a server sends nothing more.
#[test]
fn nothing_follows_a_disconnect() {
    let body = "client c\n c alive rule=r\n c open\n c -> CONNECT clean-start=#true\n c <- CONNACK\n c alive rule=q";
    let server = "c PINGREQ#1: answer; DISCONNECT code=0x98; PUBLISH topic=p/a; close";
    check("v5", body, server, "pass\n finding MQTT-3.14.4-1");
}

#[test]
fn an_auth_that_nobody_asked_for() {
    monitored("v5", "bytes f000", &["MQTT-4.12.0-6/a"]);
}

/// A server that was told another version may answer in that one.
#[test]
fn a_refusal_of_a_broken_connect_may_have_the_form_of_the_other_version() {
    let body = r#"
        client c
        c open
        fault {
            c raw first=0x10 { string "MQTT"; u8 6; u8 2; u16 0; u8 0; string "c"; }
            c closed rule=closes
        }
    "#;
    check("v5", body, "c broken: bytes 20020001; close", "pass");
    check(
        "v3.1.1",
        &body.replace("u8 6; u8 2; u16 0; u8 0", "u8 6; u8 2; u16 0"),
        "c broken: bytes 2003008400; close",
        "pass",
    );
}

/// A server may use an identifier again once the Client has ended the exchange with an error code.
#[test]
fn an_identifier_is_free_after_an_error_code() {
    let body = r#"
        client c
        c -> SUBSCRIBE id=1 { filter "$t/#" qos=2; }
        c <- SUBACK id=1
        c <- PUBLISH topic="$t/a" as=first
        c -> PUBREC id=$first.id code=0x83
        c <- PUBLISH topic="$t/b" ack=auto rule=r
    "#;
    let server = "c SUBSCRIBE: answer; PUBLISH topic=p/a qos=2 id=7\n c PUBREC#1: PUBLISH topic=p/b qos=2 id=7";
    check("v5", body, server, "pass\n rule r: proved");
}

/// After a resume an identifier of an exchange that is still open belongs to it.
#[test]
fn identifiers_stay_in_use_over_a_resume() {
    let body = r#"
        client c session=kept
        c connect
        c -> SUBSCRIBE id=1 { filter "$t/#" qos=2; }
        c <- SUBACK id=1
        c <- PUBLISH topic="$t/a"
        c abort
        c resume
        c alive rule=r
    "#;
    let server = |again: &str| {
        format!(
            "c SUBSCRIBE: answer; PUBLISH topic=p/a payload=on qos=1 id=7\n c CONNECT#2: CONNACK present=1; {again}"
        )
    };
    check("v3.1.1 v5", body, &server("PUBLISH topic=p/a payload=on qos=1 id=7 dup"), "pass");
    check("v3.1.1 v5", body, &server("PUBLISH topic=p/a payload=on qos=1 id=8"), "pass");
    check("v3.1.1 v5", body, &server("PUBLISH topic=p/a payload=on qos=1 id=7"), "pass\n finding MQTT-3.3.1-1 Must");
    check("v3.1.1", body, &server("PUBLISH topic=p/b payload=on qos=1 id=7"), "pass\n finding MQTT-2.3.1-4 Must");
    check("v5", body, &server("PUBLISH topic=p/b payload=on qos=1 id=7"), "pass\n finding MQTT-2.2.1-4/b Must");
}

/// What comes again on the next connection and is acknowledged there is over.
#[test]
fn an_identifier_is_free_after_an_acknowledgement_on_a_later_connection() {
    let body = r#"
        client c session=kept
        c connect
        c -> SUBSCRIBE id=1 { filter "$t/#" qos=2; }
        c <- SUBACK id=1
        c <- PUBLISH topic="$t/a" as=first
        c abort
        c resume
        c <- PUBLISH topic="$t/a" id=$first.id
        c -> PUBACK id=$first.id
        c <- PUBLISH topic="$t/b" ack=auto
        c alive rule=r
    "#;
    let again = "PUBLISH topic=p/a payload=on qos=1 id=7 dup";
    let server = format!(
        "c SUBSCRIBE: answer; PUBLISH topic=p/a payload=on qos=1 id=7\n c CONNECT#2: CONNACK present=1; {again}\n \
         c PUBACK: PUBLISH topic=p/b payload=on qos=1 id=7"
    );
    for played in Test::new("v3.1.1 v5", body, &server).play() {
        assert_eq!((played.result.verdict.word(), played.findings.as_slice()), ("pass", &[][..]));
    }
}

#[test]
fn an_empty_topic_has_no_alias_in_3_1_1() {
    monitored("v3.1.1", "bytes 300400006f6e", &["MQTT-4.7.3-1"]);
    monitored("v5", "bytes 30050000006f6e", &["MQTT-4.7.3-1", "none topic alias 0"]);
}

/// PUBREL on resume for an exchange of the connection before is no answer to what was never sent.
#[test]
fn a_pubrel_on_resume_was_asked_for() {
    let body = r#"
        client c session=kept
        c connect
        c -> SUBSCRIBE id=1 { filter "$t/#" qos=2; }
        c <- SUBACK id=1
        c <- PUBLISH topic="$t/a" as=first
        c -> PUBREC id=$first.id
        c abort
        c resume
        c <- PUBREL id=$first.id rule=r
    "#;
    let server = "c SUBSCRIBE: answer; PUBLISH topic=p/a qos=2 id=7\n c PUBREC: nothing\n c CONNECT#2: CONNACK present=1; PUBREL id=7";
    check("v3.1.1 v5", body, server, "pass");
}

#[test]
fn lost_framing_ends_judgement_of_the_connection() {
    let body =
        "client c\n client other\n c -> PUBLISH topic=\"$t/a\" qos=1 id=1\n c <- PUBACK id=1\n other alive rule=r";
    check(
        "v3.1.1 v5",
        body,
        "c PUBLISH: bytes 30ffffffff7f",
        "inconclusive\n the framing of what c receives is lost\n finding",
    );
    check("v3.1.1", body, "c CONNECT: bytes 30ffffffffff", "inconclusive\n finding MQTT-3.2.0-1 Must");
    check("v3.1.1", body, "c CONNECT: bytes 485454502f312e31", "fail\n owed CONNACK: broken\n no whole packet");
}

#[test]
fn a_flood_ends_the_case() {
    let flood = "d000".repeat(100_100);
    let body = "client c\n c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }\n c <- SUBACK id=1\n c alive rule=r";
    check("v3.1.1", body, &format!("c SUBSCRIBE: bytes {flood}"), "inconclusive\n did not stop");
}

/// Its connection is over, and so is what the case is about.
#[test]
fn a_web_socket_frame_that_holds_text() {
    for (version, body) in [("v3.1.1", OLD), ("v5", BODY)] {
        let played = Test::new(version, body, "c SUBSCRIBE: text-frame").play();
        for played in played {
            let told: Vec<_> = played.findings.iter().map(|finding| (&finding.statement, finding.level)).collect();
            assert_eq!(told, [(&Some("MQTT-6.0.0-1/a".to_owned()), Level::Must)]);
            assert_ne!(played.result.verdict.word(), "pass");
        }
    }
}

/// The step finds what it asks for, and the packet breaks the statement all the same.
#[test]
fn a_finding_breaks_the_rules_of_its_statement_and_no_other() {
    let body = |id: &str| {
        format!(
            "rule f \"the flags are right\" v5={id}\n client c\n c open\n c -> CONNECT\n c <- CONNACK rule=f\n c alive"
        )
    };
    let server = "c CONNECT: bytes 2003020000";
    let broken = "fail\n rule f: broken MQTT-3.2.2-1\n 2003020000\n finding MQTT-3.2.2-1 Must";
    check("v5", &body("MQTT-3.2.2-1"), server, broken);
    check("v5", &body("MQTT-3.1.4-5"), server, "pass\n rule f: proved\n finding MQTT-3.2.2-1 Must");
}

/// What makes a packet too large is told where it can be.
#[test]
fn additions_that_do_not_fit() {
    let large = "x".repeat(100);
    let suback = |properties: &str| format!("c SUBSCRIBE: SUBACK id=1 codes=0 {properties}");
    let body = "client c maximum-packet-size=100\n c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }\n c <- SUBACK id=1\n c alive rule=r";
    let reason = suback(&format!("reason-string={large}"));
    check("v5", body, &reason, "pass\n finding MQTT-3.9.2-1 Must");
    // Larger than allowed even without it.
    let publish = format!("c SUBSCRIBE: answer; PUBLISH topic=p/a payload={large}");
    check("v5", body, &publish, "pass\n finding MQTT-3.1.2-24 Must");
    // A User Property `a` of 100 bytes.
    let user = format!("c SUBSCRIBE: bytes 906e00016a260001610064{}00", "78".repeat(100));
    check("v5", body, &user, "pass\n finding MQTT-3.9.2-2 Must");
}

#[test]
fn problem_information_that_nobody_wants() {
    let body = |asked: &str| {
        format!(
            "client c request-problem-information={asked}\n c -> PUBLISH topic=\"$t/a\" qos=1 id=1\n c <- PUBACK id=1\n c alive rule=r"
        )
    };
    let server = "c PUBLISH: PUBACK id=1 reason-string=why";
    check("v5", &body("0"), server, "pass\n finding MQTT-3.1.2-29 Must");
    check("v5", &body("1"), server, "pass");
}

/// A PUBLISH before CONNACK is one fault, and the CONNACK behind it is not the second.
#[test]
fn a_connack_that_comes_late_is_the_first() {
    let server = "c CONNECT: PUBLISH topic=p/a payload=x; CONNACK";
    check("v5", "client c\n c alive rule=r", server, "pass\n finding MQTT-3.2.0-1 Must\n !MQTT-3.2.0-2");
}

/// The Client that sent it broke the statement; a server that takes it has to pass it on as it is.
#[test]
fn a_response_topic_that_is_passed_on() {
    let body = |sent: &str| {
        format!(
            "client c\n c -> SUBSCRIBE id=1 {{ filter \"$t/a\" qos=0; }}\n c <- SUBACK id=1\n {sent}\n c -> PINGREQ\n c <- PUBLISH topic=\"$t/a\"\n c <- PINGRESP\n c alive rule=r"
        )
    };
    // `response-topic="b/#"` in front of an empty payload.
    let server = "c PINGREQ#1: answer; bytes 300c0003702f6106080003622f23";
    let wild = "c raw (hex)\"30 0c 00 03 70 2f 61 06 08 00 03 62 2f 23\"";
    check("v5", &body(wild), server, "pass\n !MQTT-3.3.2-14");
    let plain = "c -> PUBLISH topic=\"$t/a\" response-topic=\"b/c\"";
    check("v5", &body(plain), server, "pass\n finding MQTT-3.3.2-14 Must");
}
