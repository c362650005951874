//! Deadlines, waits, a driver that stands still, and a user who has enough.

use super::support::{Test, check};
use std::time::Duration;

const BODY: &str = "client c\n c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }\n c <- SUBACK id=1\n c alive rule=r";

#[test]
fn an_answer_may_take_until_the_deadline() {
    check("v3.1.1 v5", BODY, "c SUBSCRIBE: after 4900ms; answer", "pass");
    check("v3.1.1 v5", BODY, "c SUBSCRIBE: after 5s; answer", "pass");
    check("v3.1.1 v5", BODY, "c SUBSCRIBE: after 5100ms; answer\n c PINGREQ: after 200ms; answer", "pass");
    check("v3.1.1 v5", BODY, "c SUBSCRIBE: after 6s; answer\n c PINGREQ: @c PINGRESP", "pass");
}

#[test]
fn the_deadline_is_a_setting() {
    let played = Test::new("v5", BODY, "c SUBSCRIBE: nothing")
        .with(|settings| settings.timeout = Duration::from_secs(1))
        .expect("fail\n owed SUBACK: broken");
    assert_eq!(played[0].result.duration_us, 1_000_000);
}

#[test]
fn a_wait_lets_time_pass_and_does_not_move_the_point_of_reference() {
    let body = r#"
        client c
        c -> SUBSCRIBE id=1 { filter "$t/a" qos=0; }
        wait "2s"
        c <- PUBLISH topic="$t/a" within="1s" rule=r
    "#;
    check("v3.1.1 v5", body, "c SUBSCRIBE: answer; after 1s; PUBLISH topic=p/a", "pass");
    check("v3.1.1 v5", body, "c SUBSCRIBE: answer; after 1500ms; PUBLISH topic=p/a", "nonstrict");
}

/// Every stall before a deadline puts it off, three times; then nothing can be said.
#[test]
fn a_stall_puts_a_deadline_off() {
    let stalls = |times: &[u32]| {
        let mut deeds: Vec<String> = Vec::new();
        let mut now = 0;
        for &at in times {
            deeds.push(format!("after {}s; stall", at - now));
            now = at;
        }
        deeds.join("; ")
    };
    let server = |times: &[u32], then: &str| format!("c SUBSCRIBE: {}; {then}", stalls(times));
    check("v3.1.1 v5", BODY, &server(&[4], "after 5s; answer"), "pass");
    check("v3.1.1 v5", BODY, &server(&[4], "nothing"), "fail\n owed SUBACK: broken");
    check("v3.1.1 v5", BODY, &server(&[4, 9, 14], "after 5s; answer"), "pass");
    check("v3.1.1 v5", BODY, &server(&[4, 9, 14, 19], "nothing"), "inconclusive\n stood still");
}

#[test]
fn what_seems_late_after_a_stall_says_nothing() {
    let body =
        "client c\n c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }\n c <- PUBLISH topic=\"$t/a\" within=\"1s\" rule=r";
    check("v5", body, "c SUBSCRIBE: answer; after 2s; stall; PUBLISH topic=p/a", "inconclusive\n stood still");
    check("v5", body, "c SUBSCRIBE: answer; after 1s; stall; PUBLISH topic=p/a", "pass");
}

/// Answers that no step asks for are waited for at the end, and a stall before that counts as well.
#[test]
fn a_stall_counts_for_what_is_owed_at_the_end() {
    let body =
        "client c\n client other\n c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }\n wait \"6s\"\n other alive rule=r";
    check("v5", body, "c SUBSCRIBE: nothing", "fail\n owed SUBACK: broken");
    check("v5", body, "c SUBSCRIBE: after 6s; stall; after 2s; answer", "pass");
}

#[test]
fn a_user_may_interrupt() {
    let played = Test::new("v5", BODY, "c SUBSCRIBE: after 1s; interrupt").expect("inconclusive\n reason: the user");
    assert_eq!(played[0].result.duration_us, 1_000_000);
}

#[test]
fn the_delay_of_a_delivery_is_told() {
    let body = "client c\n c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }\n c <- PUBLISH topic=\"$t/a\" rule=r";
    let played = Test::new("v5", body, "c SUBSCRIBE: answer; after 80ms; PUBLISH topic=p/a").expect("pass");
    assert_eq!(played[0].delay, Duration::from_millis(80));
}

#[test]
fn the_same_is_played_the_same_way_every_time() {
    let server = "c SUBSCRIBE: after 1s; answer; PUBLISH topic=p/a; bytes 30";
    let test = Test::new("v3.1.1 v5", BODY, server);
    assert_eq!(test.play(), test.play());
}

/// What comes while a write is still under way is not late.
#[test]
fn not_after_counts_from_the_end_of_a_write() {
    let body =
        "client c\n c -> SUBSCRIBE id=1 { filter \"$t/a\" qos=0; }\n c <- PUBLISH topic=\"$t/a\" within=\"1s\" rule=r";
    for (after, verdict) in [("2s", "pass"), ("3900ms", "pass"), ("4500ms", "nonstrict"), ("7s", "fail")] {
        let server = format!("writes take 3s\n c SUBSCRIBE: answer; after {after}; PUBLISH topic=p/a");
        check("v3.1.1 v5", body, &server, verdict);
    }
}
