//! What the loader finds out although nobody says it.

use crate::support::loaded;
use mqttspec_engine::scenario::{Action, Scenario, Step, Verb};

/// A scenario with these Clients and steps around what is looked at.
fn scenario(clients: &str, steps: &str) -> Scenario {
    let text = format!(
        "scenario test {{\n title \"T\"\n rule r \"R\" v5=\"MQTT-4.3.3-10/b\"\n matrix version=v5 axis=\"0 1\"\n {clients}\n {steps}\n}}"
    );
    loaded(&text).remove(0)
}

const CLIENTS: &str = "client sub; client pub";
const PROOF: &str = "sub <- PUBLISH topic=\"$t/a\" qos=0 rule=r";

#[track_caller]
fn connects(steps: &str, expected: bool) {
    let scenario = scenario(CLIENTS, &format!("{steps}; {PROOF}"));
    assert_eq!(scenario.clients[1].connects, expected, "{steps}");
}

#[test]
fn a_client_connects_unless_it_opens_by_itself() {
    connects("sub alive", true);
    connects("pub alive; pub abort; pub connect", true);
    connects("pub connect", false);
    connects("pub open", false);
    connects("sub alive; repeat 2 { when axis=1 { pub connect; }; }", false);
    connects("pub -> PINGREQ; pub abort; pub open", true);
}

#[track_caller]
fn exclusive(clients: &str, steps: &str, expected: bool) {
    let scenario = scenario(clients, &format!("{steps}; {PROOF}"));
    assert_eq!(scenario.exclusive, expected, "{clients} / {steps}");
}

#[test]
fn what_reaches_beyond_the_prefix_runs_alone() {
    let subscribe = |filter: &str| format!("sub -> SUBSCRIBE id=1 {{ filter \"{filter}\"; }}");
    for filter in ["$t", "$t/", "$t/#", "${t}/a", "$share/group/$t/a", "${t}x", "", "$share/${sub.client-id}/"] {
        exclusive(CLIENTS, &subscribe(filter), false);
    }
    for filter in ["#", "+/a", "/$t/a", "a/$t", "$SYS/#", "$share/group/#", "$share/$t/a", "$axis/a", "$share/group/"] {
        exclusive(CLIENTS, &subscribe(filter), true);
    }
    exclusive(CLIENTS, "sub -> UNSUBSCRIBE id=1 { filter \"a\"; }", true);
    exclusive(CLIENTS, "pub -> PUBLISH topic=\"a\"", true);
    exclusive(CLIENTS, "pub -> PUBLISH topic=\"$t/a\"", false);
    exclusive(CLIENTS, "pub -> PUBLISH topic=\"\" topic-alias=1", false);
    exclusive(CLIENTS, "pub -> PUBLISH topic=(fill)\"300 $t/\"", false);
    exclusive(CLIENTS, "pub raw first=0x30 { string \"a\"; }", false);
    exclusive("client sub { will topic=\"$t/w\"; }; client pub", "pub alive", false);
    exclusive("client sub { will topic=\"w\"; }; client pub", "pub alive", true);
    exclusive("client sub; client pub client-id=\"\"", "pub alive", true);
    exclusive(CLIENTS, "pub connect client-id=\"\"", true);
    exclusive("exclusive; client sub; client pub", "pub alive", true);
}

fn silence(steps: &[Step]) -> Option<bool> {
    steps.iter().find_map(|step| match &step.action {
        Action::Client { verb: Verb::Quiet { ordered, .. }, .. } => Some(*ordered),
        action => action.blocks().find_map(silence),
    })
}

#[track_caller]
fn ordered(clients: &str, before: &str, quiet: &str, expected: bool) {
    let scenario = scenario(clients, &format!("{before}; fault {{ sub alive; }}; {quiet}"));
    assert_eq!(silence(&scenario.steps), Some(expected), "{before} / {quiet}");
}

#[test]
fn a_silence_is_ordered_only_when_the_standard_says_so() {
    const QUIET: &str = "sub quiet fence=pub rule=r";
    let one = "pub -> PUBLISH topic=\"$t/a\" qos=1 id=1";
    ordered(CLIENTS, one, QUIET, true);
    ordered(CLIENTS, one, "sub quiet PUBLISH topic=\"$t/a\" fence=pub rule=r", true);
    ordered(CLIENTS, one, "sub quiet PUBLISH topic=\"$t/b\" fence=pub rule=r", false);
    ordered(CLIENTS, one, "sub quiet PUBREL fence=pub rule=r", false);
    let marker = "sub quiet rule=r { pub -> PUBLISH topic=\"$t/b\"; sub <- PUBLISH topic=\"$t/b\"; }";
    ordered(CLIENTS, one, marker, false);
    ordered(CLIENTS, &format!("{one}; {one} dup=#true payload=x"), QUIET, true);
    ordered(CLIENTS, "pub -> PUBLISH topic=\"$t/a\"; pub -> PUBLISH topic=\"$t/a\" qos=0", QUIET, true);
    ordered(CLIENTS, &format!("{one}; pub -> PUBLISH topic=\"$t/b\" qos=1 id=1"), QUIET, false);
    ordered(CLIENTS, &format!("{one}; pub -> PUBLISH topic=\"$t/a\""), QUIET, false);
    ordered(CLIENTS, &format!("sub -> PUBLISH topic=\"$t/a\" qos=1 id=1; {one}"), QUIET, false);
    ordered(CLIENTS, &format!("{one} retain=#true"), QUIET, false);
    ordered(CLIENTS, &format!("{one} retain=#false"), QUIET, true);
    ordered(CLIENTS, &format!("{one}; pub raw (hex)\"30 03 00 01 61\""), QUIET, false);
    ordered(CLIENTS, &format!("{one}; sub -> SUBSCRIBE id=1 {{ filter \"$share/g/$t/a\"; }}"), QUIET, false);
    ordered("client sub; client pub { will topic=\"$t/a\"; }", one, QUIET, false);
    ordered(CLIENTS, &format!("{one}; sub abort; sub connect {{ will topic=\"$t/a\"; }}"), QUIET, false);
    // The second round has the last PUBLISH of the first before it.
    let rounds = format!("repeat 2 {{ {QUIET}; pub -> PUBLISH topic=\"$t/b\"; }}");
    ordered(CLIENTS, one, &rounds, false);
}
