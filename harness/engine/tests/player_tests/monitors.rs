//! What holds on every connection, told as findings; the verdict of the rules is not touched.

use super::support::{Test, check};

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
    monitored("v3.1.1", "bytes 36070003702f610007", &["MQTT-3.3.1-4"]);
    monitored("v5", "bytes 36080003702f61000700", &["MQTT-3.3.1-4"]);
}

#[test]
fn identifiers_in_use() {
    for (version, statement) in [("v3.1.1", "MQTT-2.3.1-4"), ("v5", "MQTT-2.2.1-4")] {
        monitored(version, "PUBLISH topic=p/a qos=1 id=7; PUBLISH topic=p/b qos=1 id=7", &[statement]);
    }
    monitored("v3.1.1", "PUBLISH topic=p/a qos=1 id=7; PUBLISH topic=p/a qos=1 id=7 dup", &[]);
    monitored("v5", "PUBLISH topic=p/a qos=1 id=7; PUBLISH topic=p/a qos=1 id=7 dup", &["MQTT-4.4.0-1"]);
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
    for (version, statement) in [("v3.1.1", "MQTT-3.8.4-5"), ("v5", "MQTT-3.8.4-6")] {
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
    monitored("v5", "bytes f000", &["MQTT-4.12.0-6"]);
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
    check("v5", body, &server("PUBLISH topic=p/b payload=on qos=1 id=7"), "pass\n finding MQTT-2.2.1-4 Must");
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
