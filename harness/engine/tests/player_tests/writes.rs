//! What goes out: writes, bytes, closes.

use super::support::{Test, check};

fn writes(body: &str, server: &str) -> Vec<String> {
    let played = Test::new("v3.1.1", body, server).play().remove(0);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    played.writes.iter().map(|(_, bytes)| hex(bytes)).collect()
}

#[test]
fn together_is_one_write() {
    let body = r#"
        client c
        together {
            c -> PUBLISH topic="a" payload=x
            c -> PINGREQ
        }
        c alive rule=r
    "#;
    assert_eq!(writes(body, "")[1..], ["300400016178c000", "c000", "e000"]);
}

#[test]
fn split_is_several_writes() {
    let body = |cut: &str| format!("client c\n split {cut} {{ c -> PUBLISH topic=\"a\" payload=x; }}\n c alive rule=r");
    assert_eq!(writes(&body("every=2"), "")[1..], ["3004", "0001", "6178", "c000", "e000"]);
    assert_eq!(writes(&body("at=\"1 3\""), "")[1..], ["30", "0400", "016178", "c000", "e000"]);
    check("v3.1.1 v5", &body("every=1"), "", "pass");
}

#[test]
fn what_is_owed_for_split_and_together_is_owed() {
    let body =
        |block: &str| format!("client c\n {block} {{ c -> PUBLISH topic=\"$t/a\" qos=1 id=5; }}\n c alive rule=r");
    for block in ["together", "split every=3"] {
        check("v3.1.1", &body(block), "c PUBLISH: nothing", "fail\n owed PUBACK: broken");
    }
}

#[test]
fn raw_bytes_go_out_as_they_are() {
    let body = r#"
        client c
        fault {
            c raw (hex)"c0 00"
            c raw first=0x80 length=(hex)"85 00" { u16 1; u8 2; hex "ff"; bytes "x"; }
            c closed rule=closes
        }
    "#;
    assert_eq!(writes(body, "c broken: close")[1..], ["c000", "808500000102ff78"]);
}

/// Of raw bytes the player knows nothing: what the server makes of them is no finding.
#[test]
fn raw_bytes_taint_the_connection() {
    let body = |fault: &str| {
        format!("client c\n client other\n fault {{ {fault}; c alive rule=r; }}\n control {{ c alive rule=r; }}")
    };
    check("v3.1.1", &body("c raw (hex)\"82 00\""), "c broken: SUBACK id=7", "pass\n !finding");
}

#[test]
fn abort_closes_or_resets() {
    for (by, told) in [("", "ByClient"), ("by=fin", "ByClient"), ("by=rst", "ResetByClient")] {
        let body = format!("client c\n client d\n c abort {by}\n d alive rule=r");
        let seen = if told == "ByClient" { "close" } else { "reset" };
        check("v3.1.1", &body, &format!("c {seen}: nothing"), &format!("pass\n c: {told}"));
    }
}

/// Whatever the server still sends, or however it ends the connection, is not heard; the reset comes with the clean-up.
#[test]
fn a_cut_off_client_hears_nothing() {
    let body = r#"
        client c
        client d
        c -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        c <- SUBACK id=1
        c -> PUBLISH topic="$t/a" qos=1 id=2
        c cut
        d alive rule=r
    "#;
    // What d waits for comes when the server has seen that, and nothing else.
    let cut = "c cut: after 1s; PUBLISH topic=p/a qos=1 id=2; close; after 1s; @d PINGRESP";
    let server = &format!("c PUBLISH: nothing\n {cut}\n d PINGREQ: nothing");
    let played = Test::new("v3.1.1 v5", body, server).expect("pass\n c: CutOff\n !c <- PUBLISH\n !ByServer");
    assert!(played.iter().all(|played| played.left_open == 0), "the clean-up resets it");
    check("v3.1.1 v5", &body.replace("d alive", "c connect\n d alive"), server, "pass\n c: CutOff");
}

#[test]
fn a_half_closed_connection_still_receives() {
    let body = r#"
        client c
        c -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        c <- SUBACK id=1
        c half-close
        c <- PUBLISH topic="$t/a" ack=auto rule=r
        c closed
    "#;
    let server = "c half-close: PUBLISH topic=p/a qos=1 id=2; close";
    check("v3.1.1 v5", body, server, "pass\n c: HalfByClient\n !PUBACK");
    check(
        "v3.1.1 v5",
        &body.replace("c <- PUBLISH", "c alive\n c <- PUBLISH"),
        server,
        "inconclusive\n cannot be played",
    );
}

const CLOSED: &str = r#"
    client c
    c alive
    fault { c raw (hex)"30 00"; c closed rule=closes; }
    control { c alive; }
"#;

#[test]
fn the_server_must_close() {
    check("v3.1.1 v5", CLOSED, "c broken: close", "pass\n rule closes: proved");
    check("v3.1.1 v5", CLOSED, "c broken: reset", "pass\n rule closes: proved");
    check("v5", CLOSED, "c broken: DISCONNECT code=0x81; close", "pass");
    check("v3.1.1 v5", CLOSED, "c broken: after 4s; close", "pass");
    check(
        "v3.1.1 v5",
        CLOSED,
        "c broken: after 5s; nothing",
        "fail\n got the connection is open, and PINGREQ is answered",
    );
    check("v3.1.1 v5", CLOSED, "c broken: nothing\n c PINGREQ#2: nothing", "fail\n got the connection is open");
}

#[test]
fn a_close_before_the_fault_says_nothing() {
    let waits = CLOSED.replace("fault {", "wait \"1s\"\n fault {");
    check("v3.1.1 v5", &waits, "c PINGREQ: answer; close", "inconclusive");
    let body = r#"
        client c
        client d
        fault { wait "1s"; d raw (hex)"30 00"; c closed rule=closes; }
    "#;
    check("v3.1.1 v5", body, "c CONNECT: answer; after 500ms; close", "inconclusive\n before the step");
}

#[test]
fn a_close_has_its_time() {
    let body = |timing: &str| format!("client c\n fault {{ c raw (hex)\"30 00\"; c closed {timing} rule=closes; }}");
    let server = |after: &str| format!("c broken: after {after}; close");
    check("v3.1.1", &body("within=\"2s\""), &server("2s"), "pass");
    check("v3.1.1", &body("within=\"2s\""), &server("5s"), "nonstrict");
    check("v3.1.1", &body("within=\"2s\""), &server("7s"), "fail");
    check("v3.1.1", &body("after=\"2s\""), &server("1s"), "fail");
    check("v3.1.1", &body("after=\"2s\""), &server("3s"), "pass");
}

#[test]
fn disconnect_says_goodbye_and_closes() {
    let body = "client c\n client d\n c disconnect code=4\n d alive rule=r";
    check("v5", body, "", "pass\n c -> DISCONNECT\n c: ByClient");
}

/// Steps of others between the fault and the close do not make the close one that came before.
#[test]
fn a_close_that_came_at_the_fault_is_one_of_the_fault() {
    let body = r#"
        client c
        client other
        fault { c raw (hex)"30 00"; wait "1s"; }
        other alive
        fault { c closed rule=closes; }
    "#;
    check("v3.1.1 v5", body, "c broken: close", "pass\n rule closes: proved");
    check("v3.1.1 v5", body, "c CONNECT: answer; close", "inconclusive");
}
