//! A step takes the head of its lane, never of the socket.

use super::support::check;

const SUB: &str = r#"
    client sub
    sub -> SUBSCRIBE id=1 { filter "$t/a" qos=2; }
"#;

#[track_caller]
fn lanes(steps: &str, server: &str, expected: &str) {
    check("v3.1.1 v5", &format!("{SUB}{steps}"), server, expected);
}

#[test]
fn a_publish_may_come_before_the_suback() {
    lanes(
        r#"
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" payload=on rule=r
        "#,
        "sub SUBSCRIBE: PUBLISH topic=p/a payload=on; answer",
        "pass\n rule r: proved",
    );
}

/// What is left of it has the topic that the step asks for, and the rest is not known.
#[test]
fn a_packet_cut_short_is_not_taken() {
    let body = format!("{SUB} sub <- SUBACK id=1\n sub <- PUBLISH topic=\"$t/a\" rule=r");
    check("v5", &body, "sub SUBSCRIBE: answer; bytes 30080003702f6100 6f6e", "pass\n rule r: proved");
    for cut in ["30080003702f6105 6f6e", "30050003702f61", "30080003702f6102 7f01", "30090003702f6103 1f0002"] {
        let server = format!("sub SUBSCRIBE: answer; bytes {cut}");
        check("v5", &body, &server, "fail\n rule r: broken\n finding\n topic=\"p/a\"\n (not whole)");
    }
}

#[test]
fn within_a_lane_the_order_counts() {
    lanes(
        r#"
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" payload=one rule=r
        sub <- PUBLISH topic="$t/a" payload=two rule=r
        "#,
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=two; PUBLISH topic=p/a payload=one",
        "fail\n rule r: broken MQTT-4.5.0-1 -- expected sub <- PUBLISH topic=\"$t/a\" payload=one rule=r, got not this, but",
    );
}

/// A Server that sends one message at a time waits for the acknowledgement of a copy before it sends the next.
#[test]
fn a_copy_that_is_not_as_the_step_claims_is_acknowledged() {
    lanes(
        r#"
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" payload=on qos=2 ack=auto rule=q
        "#,
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=on qos=1 id=7
         sub PUBACK: PUBLISH topic=p/a payload=on qos=2 id=8",
        "pass\n rule q: proved",
    );
}

/// A subscription that the Server has made by itself, and messages that it holds back until this one is acknowledged.
#[test]
fn a_message_that_was_never_asked_for_is_acknowledged() {
    lanes(
        r#"
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" payload=on ack=auto rule=r
        "#,
        "sub SUBSCRIBE: answer; PUBLISH topic=news payload=welcome qos=1 id=7
         sub PUBACK: PUBLISH topic=p/a payload=on qos=1 id=8",
        "pass\n rule r: proved",
    );
}

#[test]
fn two_qos_are_two_lanes() {
    lanes(
        r#"
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" payload=one rule=r
        sub <- PUBLISH topic="$t/a" payload=two rule=r
        "#,
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=two qos=1; PUBLISH topic=p/a payload=one",
        "pass",
    );
}

#[test]
fn acknowledgements_are_told_apart_by_identifier() {
    check(
        "v3.1.1 v5",
        r#"
        client pub
        pub -> PUBLISH topic="$t/a" qos=1 id=1 payload=one
        pub -> PUBLISH topic="$t/a" qos=1 id=2 payload=two
        pub <- PUBACK id=1 rule=r
        pub <- PUBACK id=2 rule=r
        "#,
        "pub PUBLISH#1: nothing\n pub PUBLISH#2: PUBACK id=2; PUBACK id=1",
        "pass",
    );
}

#[test]
fn what_one_bind_holds_is_known_to_the_next_steps() {
    lanes(
        r#"
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" as=first
        sub -> PUBREC id=$first.id
        sub <- PUBREL id=$first.id rule=r
        sub -> PUBCOMP id=$first.id
        "#,
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=on qos=2 id=77",
        "pass\n PUBREC id=77\n PUBCOMP id=77",
    );
}

#[test]
fn auto_acknowledges_qos_1_and_completes_qos_2() {
    lanes(
        r#"
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" payload=one ack=auto rule=r
        sub <- PUBLISH topic="$t/a" payload=two ack=auto rule=r
        "#,
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=one qos=1 id=8; PUBLISH topic=p/a payload=two qos=2 id=9",
        "pass\n owed PUBREL: proved\n -> PUBACK id=8\n -> PUBREC id=9\n <- PUBREL id=9\n -> PUBCOMP id=9",
    );
}

#[test]
fn a_pubrel_after_an_automatic_pubrec_is_owed() {
    check(
        "v3.1.1",
        &format!("{SUB}sub <- SUBACK id=1\n sub <- PUBLISH topic=\"$t/a\" ack=auto rule=r"),
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=on qos=2 id=9\n sub PUBREC: nothing",
        "fail\n owed PUBREL: broken MQTT-4.3.3-1",
    );
}

/// A server may send with topic aliases where the Client takes them: what counts is the topic that they stand for.
#[test]
fn a_topic_alias_stands_for_its_topic() {
    check(
        "v5",
        r#"
        client sub topic-alias-maximum=2
        sub -> SUBSCRIBE id=1 { filter "$t/+" qos=0; }
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" payload=one rule=r
        sub <- PUBLISH topic="$t/a" payload=two rule=r
        sub <- PUBLISH topic="$t/b" payload=three rule=r
        "#,
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=one topic-alias=1; PUBLISH payload=two topic-alias=1; \
         PUBLISH topic=p/b payload=three topic-alias=1",
        "pass",
    );
}

/// In 3.1.1 a server may send again while the connection lives: the copy is not the next message.
#[test]
fn a_lawful_copy_stands_in_no_lane() {
    check(
        "v3.1.1",
        &format!(
            r#"{SUB}
            sub <- SUBACK id=1
            sub <- PUBLISH topic="$t/a" payload=one rule=r
            sub <- PUBLISH topic="$t/a" payload=two rule=r
            "#
        ),
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=one qos=1 id=7; PUBLISH topic=p/a payload=one qos=1 id=7 dup; \
         PUBLISH topic=p/a payload=two qos=1 id=8",
        "pass",
    );
}

/// The copy of what a step took is not what the next step asks for, though it looks the same.
#[test]
fn a_copy_does_not_stand_for_another_message() {
    check(
        "v3.1.1",
        &format!(
            r#"{SUB}
            sub <- SUBACK id=1
            sub <- PUBLISH topic="$t/a" payload=same rule=r
            sub <- PUBLISH topic="$t/a" payload=same rule=q
            "#
        ),
        "sub SUBSCRIBE: answer; PUBLISH topic=p/a payload=same qos=1 id=7; PUBLISH topic=p/a payload=same qos=1 id=7 dup",
        "fail\n rule q: broken MQTT-3.8.4-6",
    );
}
