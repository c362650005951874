//! What CI services read.

use crate::runs::{CASE, CONTROL, OTHER, broken, conversation, ended, failed, finding, finished, over, started};
use insta::assert_snapshot;
use mqttspec::report::{Run, annotations, badge, json, junit, markdown};
use mqttspec_engine::event::{CaseResult, Event, Verdict};
use mqttspec_engine::statement::Level;
use serde_json::Value;
use std::io;

fn written(events: &[Event], write: impl Fn(&Run, &mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&Run::of(events), &mut out).expect("a buffer has room");
    String::from_utf8(out).expect("text")
}

/// A bit of everything.
fn mixed() -> Vec<Event> {
    let cases = [CONTROL, CASE, OTHER, "qos/a@v5", "will/b@v5", "will/c@v5", "will/d@v3.1.1", "will/e@v3.1.1"];
    let mut events = vec![started("mosquitto", &cases), finished(CONTROL, Verdict::Pass, "")];
    events.extend(conversation(CASE));
    events.push(finding(CASE, Some("MQTT-3.3.1-3"), Level::Must, "DUP 1 in a first PUBLISH"));
    events.push(finding(CASE, None, Level::Should, "a property in 3.1.1"));
    events.push(Event::CaseFinished(failed(CASE, vec![broken()])));
    // It failed among others, and passes alone.
    events.push(Event::CaseFinished(failed(OTHER, vec![broken()])));
    events.push(finished(OTHER, Verdict::Pass, ""));
    events.push(finished("qos/a@v5", Verdict::Unsupported, "the Server said in CONNACK: Maximum QoS 1"));
    events.push(finished("will/b@v5", Verdict::Inconclusive, "the case cannot go on"));
    events.push(finished("will/c@v5", Verdict::Nonstrict, "it came 6 s after"));
    events.push(finished("will/d@v3.1.1", Verdict::Skipped, "it needs the server for itself"));
    events.push(Event::TargetDied { reason: "was ended by signal 11".to_owned(), running: vec![CASE.to_owned()] });
    events.push(ended(1));
    events
}

/// A run of which every text could be anything.
fn evil(text: &str) -> Vec<Event> {
    let case = format!("qos/{text}");
    let mut rule = broken();
    (rule.text, rule.statement) = (text.to_owned(), text.to_owned());
    if let Some(breach) = &mut rule.breach {
        (breach.expected, breach.actual, breach.step) = (text.to_owned(), text.to_owned(), text.to_owned());
        breach.place = text.to_owned();
        breach.hex = Some(text.to_owned());
    }
    let result = CaseResult { tags: vec![text.to_owned()], reason: text.to_owned(), ..failed(&case, vec![rule]) };
    let mut events = vec![started(text, &[&case, "qos/b@v5"])];
    events.extend(conversation(&case));
    events.push(finding(&case, Some(text), Level::Must, text));
    events.push(Event::CaseFinished(result));
    events.push(finished("qos/b@v5", Verdict::Inconclusive, text));
    events.push(Event::TargetDied { reason: text.to_owned(), running: vec![case] });
    events.push(ended(1));
    events
}

const EVIL: &str =
    "<script>alert(1)</script> ]]> &amp; | `x` \u{1b}[2J\u{0}\n::error::x\n# **b** @everyone [a](b) %0A\u{202e}";

#[test]
fn junit_of_everything() {
    assert_snapshot!(written(&mixed(), |run, out| junit::write(run, out)));
}

/// With --strict what is not strict gates, so it is a failure here, too.
#[test]
fn junit_is_strict_when_the_run_was() {
    let mut events = mixed();
    if let Event::RunStarted { environment, .. } = &mut events[0] {
        environment.options.insert("strict".to_owned(), "yes".to_owned());
    }
    let text = written(&events, |run, out| junit::write(run, out));
    assert!(
        text.contains(r#"failures="2" errors="2""#) || text.contains(r#"<failure message="it came 6 s after""#),
        "{text}"
    );
    let text = written(&mixed(), |run, out| junit::write(run, out));
    assert!(!text.contains(r#"<failure message="it came 6 s after""#), "{text}");
}

#[test]
fn junit_is_xml_whatever_a_server_says() {
    let text = written(&evil(EVIL), |run, out| junit::write(run, out));
    let report = quick_junit::Report::deserialize_from_str(&text).expect("JUnit");
    assert_eq!((report.tests, report.failures, report.errors), (4, 3, 1));
    assert!(!text.contains("<script") && !text.contains('\u{1b}') && !text.contains('\u{0}'), "{text}");
}

#[test]
fn markdown_of_everything() {
    assert_snapshot!(written(&mixed(), |run, out| markdown::write(run, out)));
}

#[test]
fn markdown_is_short_and_nothing_but_text() {
    let names: Vec<String> = (0..900).map(|number| format!("qos/{number}@v5")).collect();
    let mut events = vec![started("mosquitto", &names.iter().map(String::as_str).collect::<Vec<_>>())];
    for (number, name) in names.iter().enumerate() {
        events.push(finding(name, Some(&format!("MQTT-1.1.1-{number}")), Level::Must, EVIL));
        events.push(match number % 3 {
            0 => Event::CaseFinished(failed(name, vec![broken()])),
            1 => finished(name, Verdict::Inconclusive, EVIL),
            _ => finished(name, Verdict::Nonstrict, EVIL),
        });
    }
    events.push(ended(1));
    let text = written(&events, |run, out| markdown::write(run, out));
    assert!(text.lines().count() <= markdown::LINES, "{} lines", text.lines().count());
    let text = written(&evil(EVIL), |run, out| markdown::write(run, out));
    // GitHub looks for names everywhere but in code.
    let prose: String = text.split("<code>").map(|part| part.rsplit("</code>").next().unwrap_or_default()).collect();
    assert!(!prose.contains("@everyone") && prose.contains("@\u{200b}everyone"), "{prose}");
    assert!(!text.contains("<script") && !text.contains("**b**"), "{text}");
    assert!(!text.contains("](b)") && !text.lines().any(|line| line.starts_with("::")), "{text}");
}

#[test]
fn annotations_of_everything() {
    assert_snapshot!(written(&mixed(), |run, out| annotations::write(run, out)));
    // A server cannot give commands of its own.
    let text = written(&evil(EVIL), |run, out| annotations::write(run, out));
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn annotations_are_few() {
    let names: Vec<String> = (0..30).map(|number| format!("qos/{number}@v5")).collect();
    let mut events = vec![started("mosquitto", &names.iter().map(String::as_str).collect::<Vec<_>>())];
    events.extend(names.iter().map(|name| Event::CaseFinished(failed(name, vec![broken()]))));
    let text = written(&events, |run, out| annotations::write(run, out));
    assert_eq!(text.lines().count(), 10);
    assert_eq!(text.lines().last(), Some("::error title=mqttspec::21 more cases: fail"));
}

#[test]
fn badges() {
    for (exit_code, message) in [(0, "2 of 6 pass"), (1, "1 of 6 fail"), (6, "1 inconclusive"), (130, "run not over")] {
        let mut events = mixed();
        events.pop();
        events.push(ended(exit_code));
        let badge: Value = serde_json::from_str(&written(&events, |run, out| badge::write(run, out))).expect("JSON");
        assert_eq!((&badge["schemaVersion"], &badge["message"]), (&1.into(), &message.into()));
        assert_eq!(badge["label"], "MQTT 3.1.1 + 5.0");
    }
}

/// What is published is what is written: the schema allows nothing that it does not name.
#[test]
fn json_has_the_published_form() {
    let schema = include_str!("../../../../docs/run.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let fails = |document: &Value| {
        validator.iter_errors(document).next().map(|error| format!("{error} at {}", error.instance_path()))
    };
    let silent = Event::CaseFinished(CaseResult {
        left_behind: vec!["a session".to_owned()],
        tags: vec!["crash".to_owned()],
        ..over("will/e@v3.1.1", Verdict::Info, "")
    });
    for mut events in [mixed(), evil(EVIL), vec![started("embedded", &[CASE])], vec![]] {
        events.push(silent.clone());
        let document: Value = serde_json::from_str(&written(&events, |run, out| json::write(run, out))).expect("JSON");
        assert_eq!(fails(&document), None);
    }
    let mut document: Value = serde_json::from_str(&written(&mixed(), |run, out| json::write(run, out))).expect("JSON");
    document["cases"][1]["rules"][0]["state"] = "unknown".into();
    assert!(fails(&document).is_some());
}
