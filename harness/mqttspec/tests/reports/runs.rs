//! Runs, made by hand.

use mqttspec_engine::event::{
    Breach, Bytes, CaseResult, Ending, Environment, Event, Finding, Moment, PlannedCase, RuleKind, RuleOutcome,
    RuleState, SCHEMA, Silence, Verdict,
};
use mqttspec_engine::statement::Level;

pub(crate) const CONTROL: &str = "qos/qos2-duplicate-publish.control@v5,sub-qos=2";
pub(crate) const CASE: &str = "qos/qos2-duplicate-publish@v5,sub-qos=2";
pub(crate) const OTHER: &str = "qos/qos2-duplicate-publish@v3.1.1,sub-qos=2";

/// The start of a run of these cases.
pub(crate) fn started(target: &str, cases: &[&str]) -> Event {
    let planned = |case: &&str| PlannedCase {
        case: (*case).to_owned(),
        title: "A PUBLISH sent again on resume, before PUBREL, reaches the subscriber once".to_owned(),
        version: if case.contains("@v5") { "5.0" } else { "3.1.1" }.to_owned(),
        place: "scenarios/qos/qos2-duplicate-publish.kdl:1:10".to_owned(),
        statements: vec!["MQTT-4.3.3-10".to_owned()],
        control: (*case == CASE).then(|| CONTROL.to_owned()),
    };
    let again = ["mqttspec", "run", "-h", "my broker", "-u", "me", "--password-env", "MQTT_PASSWORD"];
    Event::RunStarted {
        schema: SCHEMA,
        tool: "0.1.0".to_owned(),
        corpus: "0123456789abcdef".to_owned(),
        image: None,
        target: target.to_owned(),
        seed: 42,
        environment: Environment {
            started_unix: (target != "embedded").then_some(1_700_000_000),
            virtual_time: target == "embedded",
            again: again.map(str::to_owned).to_vec(),
            ..Environment::default()
        },
        planned: cases.iter().map(planned).collect(),
    }
}

pub(crate) fn ended(exit_code: u8) -> Event {
    let reason = match exit_code {
        0 => "the gate is met",
        1 => "the server breaks the standard",
        4 => "nothing ran",
        5 => "the target is not ready",
        6 => "some cases are inconclusive",
        130 => "interrupted",
        _ => "another reason",
    };
    Event::RunFinished { exit_code, reason: reason.to_owned(), duration_us: 1_234_567 }
}

/// A case that is over, with nothing to say about its rules.
pub(crate) fn over(case: &str, verdict: Verdict, reason: &str) -> CaseResult {
    CaseResult {
        case: case.to_owned(),
        verdict,
        reason: reason.to_owned(),
        rules: Vec::new(),
        tags: Vec::new(),
        left_behind: Vec::new(),
        duration_us: 40_000,
    }
}

pub(crate) fn finished(case: &str, verdict: Verdict, reason: &str) -> Event {
    Event::CaseFinished(over(case, verdict, reason))
}

pub(crate) fn proved(silence: Option<Silence>) -> RuleOutcome {
    RuleOutcome {
        name: "once".to_owned(),
        kind: RuleKind::Scenario,
        text: "the message is delivered exactly once".to_owned(),
        statement: "MQTT-4.3.3-10".to_owned(),
        level: Level::Must,
        state: RuleState::Proved,
        silence,
        breach: None,
    }
}

pub(crate) fn broken() -> RuleOutcome {
    let breach = Breach {
        expected: "no such packet".to_owned(),
        actual: r#"PUBLISH topic="t/a/state" qos=2 id=7 payload="on""#.to_owned(),
        hex: Some("340f0009742f612f737461746500076f6e".to_owned()),
        at_us: 38_123,
        place: "scenarios/qos/qos2-duplicate-publish.kdl:27:3".to_owned(),
        step: "sub quiet fence=pub                                           rule=once".to_owned(),
        late: false,
        closed: false,
    };
    RuleOutcome { state: RuleState::Broken, breach: Some(breach), ..proved(None) }
}

pub(crate) fn failed(case: &str, rules: Vec<RuleOutcome>) -> CaseResult {
    let verdict = if rules.iter().any(|rule| rule.level == Level::Must) { Verdict::Fail } else { Verdict::Nonstrict };
    CaseResult { rules, ..over(case, verdict, "MQTT-4.3.3-10: the message is delivered exactly once -- PUBLISH") }
}

fn moment(case: &str, client: &str, connection: u32, at_us: u64) -> Moment {
    Moment { case: case.to_owned(), client: client.to_owned(), connection, at_us }
}

pub(crate) fn bytes(moment: Moment, hex: &str, packet: &str) -> Bytes {
    Bytes { moment, hex: hex.to_owned(), len: hex.len() / 2, packet: packet.to_owned() }
}

/// What a case says and hears, from its start.
pub(crate) fn conversation(case: &str) -> Vec<Event> {
    let one = |at| moment(case, "sub", 0, at);
    let two = |at| moment(case, "pub", 1, at);
    vec![
        Event::CaseStarted { case: case.to_owned(), at_us: 1_000_000 },
        Event::Opened(one(0)),
        Event::Sent(bytes(
            one(10),
            "101500044d5154540502000000000873756263726962",
            "CONNECT version=5.0 client-id=\"s\"",
        )),
        Event::Received(bytes(one(312), "2003000000", "CONNACK session-present=false code=0x00 (Success)")),
        Event::Opened(two(400)),
        Event::Sent(bytes(two(500), "340f0009742f612f737461746500076f6e", "PUBLISH topic=\"t/a/state\" qos=2 id=7")),
        Event::Step { case: case.to_owned(), at_us: 500, place: "scenarios/qos/x.kdl:12:3".to_owned() },
        Event::Received(bytes(
            one(38_123),
            "340f0009742f612f737461746500076f6e",
            "PUBLISH topic=\"t/a/state\" qos=2 id=7",
        )),
        Event::Closed { moment: two(39_000), ending: Ending::ResetByServer },
    ]
}

pub(crate) fn finding(case: &str, statement: Option<&str>, level: Level, text: &str) -> Event {
    let finding = Finding {
        version: if case.contains("@v5") { "5.0" } else { "3.1.1" }.to_owned(),
        statement: statement.map(str::to_owned),
        level,
        text: text.to_owned(),
        hex: "340f0009742f612f737461746500076f6e".to_owned(),
        packet: r#"PUBLISH topic="t/a/state" qos=2 id=7 payload="on""#.to_owned(),
        client: "sub".to_owned(),
        at_us: 38_123,
    };
    Event::Finding { case: case.to_owned(), finding }
}
