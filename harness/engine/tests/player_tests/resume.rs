//! What is lawful on a connection that takes a session up again.

use super::support::check;

const HEAD: &str = r#"
    client sub session=kept
    client pub
    sub connect
    sub -> SUBSCRIBE id=1 { filter "$t/a" qos=2; filter "$t/marker" qos=1; }
    sub <- SUBACK id=1
"#;
const QUIET: &str = r#"
    sub quiet PUBLISH topic="$t/a" rule=silent {
        pub -> PUBLISH topic="$t/marker" qos=1 id=2 payload=marker
        pub <- PUBACK id=2
        sub <- PUBLISH topic="$t/marker" payload=marker ack=auto
    }
"#;
const MARKER: &str = "pub PUBLISH: answer; @sub PUBLISH topic=p/marker payload=marker qos=1 id=99";

/// One message, what the Client does with it, and what the server sends on the connection behind the resume.
#[track_caller]
fn resumed(version: &str, message: &str, then: &str, again: &str, expected: &str) {
    let body = format!("{HEAD}{then}\n fault {{ pub alive; }}\n sub abort\n sub resume\n{QUIET}");
    let server = format!("sub SUBSCRIBE: answer; {message}\n sub CONNECT#2: CONNACK present=1; {again}\n{MARKER}");
    check(version, &body, &server, expected);
}

const Q1: &str = "PUBLISH topic=p/a payload=on qos=1 id=7";
const Q2: &str = "PUBLISH topic=p/a payload=on qos=2 id=7";
const TAKE: &str = "sub <- PUBLISH topic=\"$t/a\" as=first";

#[test]
fn a_copy_of_what_was_not_acknowledged_is_lawful() {
    for (message, copy) in [(Q1, format!("{Q1} dup")), (Q2, format!("{Q2} dup"))] {
        resumed("v3.1.1 v5", message, TAKE, &copy, "pass\n rule silent: proved");
    }
}

/// A Message Expiry Interval runs on while the Client is away.
#[test]
fn a_copy_may_have_less_time_to_live() {
    let message = format!("{Q1} message-expiry-interval=60");
    resumed("v5", &message, TAKE, &format!("{Q1} message-expiry-interval=58 dup"), "pass");
}

#[test]
fn another_message_is_no_copy() {
    for other in ["PUBLISH topic=p/a payload=off qos=1 id=7 dup", "PUBLISH topic=p/a payload=on qos=1 id=8 dup"] {
        resumed("v3.1.1 v5", Q1, TAKE, other, "fail\n rule silent: broken");
    }
}

#[test]
fn after_pubrel_the_publish_is_not_sent_again() {
    let then = format!("{TAKE}\n sub -> PUBREC id=$first.id\n sub <- PUBREL id=$first.id");
    resumed("v3.1.1 v5", Q2, &then, "PUBREL id=7", "pass");
    resumed("v3.1.1 v5", Q2, &then, &format!("PUBREL id=7; {Q2} dup"), "fail\n rule silent: broken");
}

#[test]
fn an_error_code_ends_the_exchange() {
    for (message, code) in [(Q1, "PUBACK"), (Q2, "PUBREC")] {
        let then = format!("{TAKE}\n sub -> {code} id=$first.id code=0x83\n sub alive");
        resumed("v5", message, &then, &format!("{message} dup"), "fail\n rule silent: broken");
    }
}

/// What was handed to the transport just before the end may never have arrived.
#[test]
fn an_acknowledgement_at_the_last_moment_may_be_lost() {
    for then in ["sub -> PUBACK id=$first.id code=0x83", "sub -> PUBACK id=$first.id"] {
        resumed("v5", Q1, &format!("{TAKE}\n {then}"), &format!("{Q1} dup"), "pass");
    }
}

#[test]
fn an_acknowledgement_that_has_arrived_ends_the_exchange() {
    for then in ["sub -> PUBACK id=$first.id\n wait \"1s\"", "sub -> PUBACK id=$first.id\n sub alive"] {
        resumed("v3.1.1 v5", Q1, &format!("{TAKE}\n {then}"), &format!("{Q1} dup"), "fail\n rule silent: broken");
    }
}

/// Without the session there is nothing to send again.
#[test]
fn a_new_session_has_no_copies() {
    let body = format!("{HEAD}{TAKE}\n fault {{ pub alive; }}\n sub abort\n sub connect clean-start=#true\n{QUIET}");
    let server = format!("sub SUBSCRIBE: answer; {Q1}\n sub CONNECT#2: CONNACK; {Q1} dup\n{MARKER}");
    check("v3.1.1 v5", &body, &server, "fail\n rule silent: broken");
}

/// The session belongs to the Client Identifier, whoever uses it.
#[test]
fn a_takeover_brings_copies_too() {
    let body = format!(
        r#"
        client first session=kept
        {HEAD}
        {}
        client sub2 session=kept id-of=sub
        fault {{ pub alive; }}
        sub2 connect
        {}
        "#,
        TAKE,
        QUIET.replace("sub ", "sub2 ")
    );
    let server = format!(
        "sub SUBSCRIBE: answer; {Q1}\n sub2 CONNECT: @sub close; CONNACK present=1; {Q1} dup\n{}",
        MARKER.replace("@sub", "@sub2")
    );
    check("v3.1.1 v5", &body, &server, "pass\n rule silent: proved");
}

/// A real Client acknowledges a copy as well, and a server may wait for that before it goes on.
#[test]
fn a_copy_of_what_was_acknowledged_is_acknowledged_again() {
    for (message, answer) in [(Q1, "PUBACK id=7"), (Q2, "PUBREC id=7")] {
        let body = format!(
            "{HEAD}sub <- PUBLISH topic=\"$t/a\" ack=auto\n sub abort\n sub resume\n sub <- PUBLISH topic=\"$t/marker\" rule=r"
        );
        let name = answer.split(' ').next().expect("a name");
        let server = format!(
            "sub SUBSCRIBE: answer; {message}\n sub {name}#1: nothing\n sub CONNECT#2: CONNACK present=1; {message} dup\n \
             sub {name}#2: PUBREL id=7; PUBLISH topic=p/marker"
        );
        let server = if name == "PUBACK" { server.replace("PUBREL id=7; ", "") } else { server };
        check("v3.1.1 v5", &body, &server, "pass\n rule r: proved");
    }
}

/// PUBREL on resume belongs to an exchange of the connection before, and a server may wait for PUBCOMP.
#[test]
fn a_pubrel_of_the_connection_before_is_completed() {
    let body = format!(
        "{HEAD}sub <- PUBLISH topic=\"$t/a\" ack=auto\n sub alive\n sub abort\n sub resume\n sub <- PUBLISH topic=\"$t/marker\" rule=r"
    );
    let server = |pubrec: &str, again: &str, pubcomp: &str| {
        format!(
            "sub SUBSCRIBE: answer; {Q2}\n sub PUBREC: {pubrec}\n sub CONNECT#2: CONNACK present=1; {again}\n \
             sub PUBCOMP: nothing\n sub {pubcomp}: PUBLISH topic=p/marker"
        )
    };
    check("v3.1.1 v5", &body, &server("nothing", "PUBREL id=7", "PUBCOMP#1"), "pass\n rule r: proved");
    check("v3.1.1 v5", &body, &server("PUBREL id=7", "PUBREL id=7", "PUBCOMP#2"), "pass\n rule r: proved");
    check("v3.1.1", &body, &server("nothing", "PUBREL id=7; PUBREL id=7", "PUBCOMP#2"), "pass\n rule r: proved");
}

/// The player answers for what it acknowledged; a PUBREL that has no business to come is left for the rules to see.
#[test]
fn a_pubrel_that_is_not_lawful_is_not_completed() {
    let body = format!(
        r#"{HEAD}
        sub <- PUBLISH topic="$t/a" ack=auto
        fault {{ wait "1s"; }}
        sub quiet PUBREL id=7 rule=silent {{
            pub -> PUBLISH topic="$t/marker" qos=1 id=2 payload=marker
            pub <- PUBACK id=2
            sub <- PUBLISH topic="$t/marker" payload=marker ack=auto
        }}"#
    );
    let server = |again: &str| format!("sub SUBSCRIBE: answer; {Q2}\n sub PUBREC: PUBREL id=7; {again}\n{MARKER}");
    check("v3.1.1 v5", &body, &server("nothing"), "pass");
    check("v3.1.1", &body, &server("PUBREL id=7"), "pass");
    check("v5", &body, &server("after 500ms; PUBREL id=7"), "fail\n rule silent: broken");
}
