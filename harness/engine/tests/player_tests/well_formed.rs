//! A rule that asks for well-formed packets.

use super::support::Test;

const BODY: &str = r#"
    rule flags "the flags are right" v3.1.1=MQTT-2.2.2-1 v5=MQTT-2.1.3-1
    client c
    c -> PUBLISH topic="$t/a" qos=1 id=5
    c <- PUBACK id=5
    c well-formed rule=flags
"#;

#[test]
fn what_is_well_formed_passes() {
    Test::new("v3.1.1 v5", BODY, "").expect("pass\n flags: proved");
}

#[test]
fn a_breach_of_the_statement_breaks_the_rule() {
    let played = Test::new("v3.1.1 v5", BODY, "c PUBLISH: bytes 42020005").play();
    assert_eq!(played.len(), 2);
    for played in played {
        assert_eq!(played.result.verdict.word(), "fail", "{}", played.result.reason);
        let breach = played.result.rules.iter().find_map(|rule| rule.breach.clone()).expect("a breach");
        assert_eq!(breach.hex.as_deref(), Some("42020005"), "{breach:?}");
    }
}

/// The other breach is a finding, and no matter of this rule.
#[test]
fn a_breach_of_another_statement_does_not() {
    let played = Test::new("v3.1.1 v5", BODY, "c PUBLISH: bytes 300500022b6100; answer").play();
    assert_eq!(played[0].result.verdict.word(), "pass", "{}", played[0].result.reason);
    assert!(!played[0].findings.is_empty());
}
