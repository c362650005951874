//! `quiet`: ordered and witnessed.

use super::support::{Test, check, told};
use std::time::Duration;

/// `pub` publishes twice the same; the fence stands behind it.
const FENCED: &str = r#"
    client sub
    client pub
    sub -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
    sub <- SUBACK id=1
    pub -> PUBLISH topic="$t/a" qos=1 id=1 payload=on
    pub <- PUBACK id=1
    fault { pub alive; }
    sub <- PUBLISH topic="$t/a" payload=on ack=auto
    sub quiet fence=pub rule=silent
    wait "1s"
"#;
const ON: &str = "PUBLISH topic=p/a payload=on qos=1 id=1";

fn fenced(first: &str, second: &str) -> String {
    format!("pub PUBLISH#1: answer; @sub {ON}; {first}\n pub PUBLISH#2: answer; {second}")
}

/// The fence as it is delivered at QoS 1, and what comes around it.
fn fence(version: &str) -> String {
    let payload: String = "mqttspec fence 60000".bytes().map(|byte| format!("{byte:02x}")).collect();
    let (len, properties) = if version == "v5" { (28, "00") } else { (27, "") };
    format!("@sub bytes 32{len:02x}0003702f61000a{properties}{payload}")
}

#[track_caller]
fn ordered(around: impl Fn(&str) -> (String, String), expected: &str) {
    for version in ["v3.1.1", "v5"] {
        let (first, second) = around(&fence(version));
        Test::new(version, FENCED, &fenced(&first, &second)).expect(expected);
    }
}

#[test]
fn a_fence_behind_nothing_proves_silence_at_once() {
    for version in ["v3.1.1", "v5"] {
        let played = Test::new(version, FENCED, &fenced("nothing", &fence(version)))
            .expect("pass\n rule silent: proved MQTT-3.3.2-3 Ordered");
        assert!(!told(&played[0]).contains("0.2"), "no tail: {}", told(&played[0]));
    }
}

#[test]
fn what_stands_before_the_fence_breaks_it() {
    let again = "@sub PUBLISH topic=p/a payload=on qos=1 id=2";
    ordered(|fence| (again.to_owned(), fence.to_owned()), "fail\n rule silent: broken\n got PUBLISH");
    ordered(|fence| ("nothing".to_owned(), format!("{again}; {fence}")), "fail\n rule silent: broken");
}

#[test]
fn what_comes_after_the_fence_still_breaks_it() {
    ordered(
        |fence| ("nothing".to_owned(), format!("{fence}; after 500ms; @sub PUBLISH topic=p/a payload=on qos=1 id=2")),
        "fail\n rule silent: broken",
    );
}

#[test]
fn the_fence_itself_breaks_nothing_when_it_comes_twice() {
    for version in ["v3.1.1", "v5"] {
        let twice = format!("{}; {}", fence(version), fence(version).replace("000a", "000b"));
        Test::new(version, FENCED, &fenced("nothing", &twice)).expect("pass");
    }
}

#[test]
fn without_its_fence_a_silence_says_nothing() {
    ordered(|_| ("nothing".to_owned(), "nothing".to_owned()), "inconclusive\n the marker of a silence did not come");
}

/// A subscription that the server made by itself is lawful.
#[test]
fn messages_from_outside_of_the_case_break_no_silence() {
    ordered(
        |fence| ("@sub PUBLISH topic=$SYS/welcome payload=hello".to_owned(), fence.to_owned()),
        "pass\n rule silent: proved",
    );
}

/// 3.1.1 allows to send again at any time, 5.0 only on a new connection.
#[test]
fn a_copy_with_dup_is_lawful_in_one_version() {
    let around = |version: &str, copy: &str| fenced(&format!("@sub {copy}"), &fence(version));
    let copy = "PUBLISH topic=p/a payload=on qos=1 id=1 dup";
    Test::new("v3.1.1", FENCED, &around("v3.1.1", copy)).expect("pass");
    Test::new("v5", FENCED, &around("v5", copy)).expect("fail\n rule silent: broken\n finding MQTT-4.4.0-1");
    let other = "PUBLISH topic=p/a payload=on qos=1 id=2 dup";
    Test::new("v3.1.1", FENCED, &around("v3.1.1", other)).expect("fail\n rule silent: broken");
}

/// Of two filters of the subscriber each may bring a copy in a lane of its own.
#[test]
fn with_overlapping_filters_a_fence_is_only_a_witness() {
    let body = FENCED.replace("filter \"$t/a\" qos=1;", "filter \"$t/a\" qos=1; filter \"$t/#\" qos=0;");
    let server = format!("sub SUBSCRIBE: SUBACK codes=1,0\n {}", fenced("nothing", &fence("v5")));
    Test::new("v5", &body, &server).expect("pass\n rule silent: proved MQTT-3.3.2-3 Witnessed");
}

#[test]
fn with_an_open_exchange_a_fence_is_only_a_witness() {
    let body = r#"
        client sub
        client pub
        sub -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        sub <- SUBACK id=1
        pub -> PUBLISH topic="$t/a" qos=2 id=1 payload=on
        pub <- PUBREC id=1
        fault { sub alive; }
        sub quiet PUBLISH payload=two fence=pub rule=silent
        pub -> PUBREL id=1
        pub <- PUBCOMP id=1
    "#;
    let server = format!("pub PUBLISH#2: answer\n pub PUBREL#1: answer; {}", fence("v5"));
    Test::new("v5", body, &server).expect("pass\n rule silent: proved MQTT-3.3.2-3 Witnessed");
}

const WITNESSED: &str = r#"
    client sub
    client pub
    sub -> SUBSCRIBE id=1 { filter "$t/a" qos=1; filter "$t/marker" qos=1; }
    sub <- SUBACK id=1
    fault { pub -> PUBLISH topic="$t/a" qos=0 payload=on; }
    sub quiet PUBLISH topic="$t/a" payload=on rule=silent {
        pub -> PUBLISH topic="$t/marker" qos=1 id=2 payload=marker
        pub <- PUBACK id=2
        sub <- PUBLISH topic="$t/marker" payload=marker ack=auto
    }
    wait "1s"
"#;

#[track_caller]
fn witnessed(marker: &str, expected: &str) -> Duration {
    let played = Test::new("v3.1.1 v5", WITNESSED, &format!("pub PUBLISH#2: answer; {marker}")).expect(expected);
    Duration::from_micros(played[0].result.duration_us)
}

const MARKER: &str = "@sub PUBLISH topic=p/marker payload=marker qos=1 id=9";
const STRAY: &str = "@sub PUBLISH topic=p/a payload=on";

#[test]
fn a_marker_and_a_tail_witness_a_silence() {
    let took = witnessed(MARKER, "pass\n rule silent: proved MQTT-3.3.2-3 Witnessed");
    assert_eq!(took, Duration::from_millis(1250));
}

#[test]
fn an_intruder_breaks_it_before_the_marker_in_the_tail_and_after() {
    witnessed(&format!("{STRAY}; {MARKER}"), "fail\n rule silent: broken");
    witnessed(&format!("{MARKER}; after 200ms; {STRAY}"), "fail\n rule silent: broken");
    witnessed(&format!("{MARKER}; after 1s; {STRAY}"), "fail\n rule silent: broken");
}

#[test]
fn a_missing_marker_says_nothing_although_its_answers_are_owed() {
    witnessed("nothing", "inconclusive\n marker of a silence");
    let server = format!("pub PUBLISH#2: {MARKER}");
    check("v5", WITNESSED, &server, "fail\n owed PUBACK: broken MQTT-4.3.2-4");
}

#[test]
fn the_tail_is_five_times_the_delay_that_was_seen() {
    let server = format!("pub PUBLISH#2: answer; {MARKER}");
    let tail = |server: &str, control: u64| {
        let test =
            Test::new("v5", WITNESSED, server).with(|settings| settings.control_delay = Duration::from_millis(control));
        test.expect("pass")[0].result.duration_us / 1000 - 1000
    };
    assert_eq!(tail(&server, 40), 250);
    assert_eq!(tail(&server, 100), 500);
    assert_eq!(tail(&format!("pub PUBLISH#2: answer; after 300ms; {MARKER}"), 0), 300 + 1500);
}

#[test]
fn a_close_breaks_no_silence() {
    witnessed(&format!("{MARKER}; after 100ms; @sub close"), "inconclusive\n !rule silent: broken");
    witnessed(&format!("{STRAY}; @sub close"), "inconclusive");
}

/// A driver that stood still may have what must not come in its hands, unread.
#[test]
fn a_stall_in_the_tail_makes_it_longer() {
    let stall = format!("{MARKER}; after 100ms; stall");
    let took = witnessed(&stall, "pass");
    assert_eq!(took, Duration::from_millis(1500));
    witnessed(&format!("{stall}; after 300ms; {STRAY}"), "fail\n rule silent: broken");
}

/// A silence is of its connection: what the next one brings is another matter.
#[test]
fn a_silence_ends_with_its_connection() {
    let body = r#"
        client sub session=kept
        client pub
        sub -> SUBSCRIBE id=1 { filter "$t/a" qos=1; filter "$t/marker" qos=1; }
        sub <- SUBACK id=1
        fault { pub alive; }
        sub quiet PUBLISH topic="$t/a" payload=on rule=silent {
            pub -> PUBLISH topic="$t/marker" qos=1 id=2 payload=marker
            pub <- PUBACK id=2
            sub <- PUBLISH topic="$t/marker" payload=marker ack=auto
        }
        sub abort
        sub resume
        pub -> PUBLISH topic="$t/a" qos=1 id=3 payload=on
        pub <- PUBACK id=3
        sub alive
    "#;
    let server = format!(
        "pub PUBLISH#1: answer; {MARKER}\n sub CONNECT#2: CONNACK present=1\n pub PUBLISH#2: answer; @sub PUBLISH topic=p/a payload=on qos=1 id=4"
    );
    check("v3.1.1 v5", body, &server, "pass\n rule silent: proved");
}

#[test]
fn packets_of_other_kinds_can_be_what_must_not_come() {
    let body = r#"
        client sub
        client pub
        sub -> SUBSCRIBE id=1 { filter "$t/a" qos=2; filter "$t/marker" qos=1; }
        sub <- SUBACK id=1
        sub <- PUBLISH topic="$t/a" as=first
        fault { sub -> PUBREC id=$first.id code=0x83; }
        control { sub -> PUBREC id=$first.id; sub <- PUBREL id=$first.id; sub -> PUBCOMP id=$first.id; }
        sub quiet PUBREL id=$first.id rule=silent {
            pub -> PUBLISH topic="$t/marker" qos=1 id=2 payload=marker
            pub <- PUBACK id=2
            sub <- PUBLISH topic="$t/marker" payload=marker ack=auto
        }
    "#;
    let server = |pubrec: &str| {
        format!(
            "sub SUBSCRIBE: answer; PUBLISH topic=p/a qos=2 id=5\n sub PUBREC: {pubrec}\n pub PUBLISH: answer; {MARKER}"
        )
    };
    check("v5", body, &server("nothing"), "pass");
    check("v5", body, &server("PUBREL id=5"), "fail\n rule silent: broken\n got PUBREL id=5");
    Test::new("v5", body, &server("PUBREL id=5")).control().expect("pass");
}
