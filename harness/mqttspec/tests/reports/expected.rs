//! What was expected, in every report.

use crate::runs::{CASE, CONTROL, OTHER, broken, ended, failed, finding, finished, started};
use insta::assert_snapshot;
use mqttspec::report::terminal::{Settings, Terminal};
use mqttspec::report::{Report, Run, annotations, badge, html, json, junit, markdown};
use mqttspec_engine::event::{Event, Expectation, Expectations, ExpectedFinding, Note, Verdict};
use mqttspec_engine::statement::Level;
use serde_json::Value;
use std::io;

const EVIL: &str = "<script>alert(1)</script> ]]> | \u{1b}[2J\n::error::x @everyone";

fn note(line: u32, why: &str) -> Note {
    let until = (line == 2).then(|| "2026-06-30".to_owned());
    Note { why: why.to_owned(), link: None, stale: until.is_some(), until, place: format!("b.kdl:{line}:1") }
}

/// A case as expected, one that passes, one that fails otherwise, one that is too new.
fn mixed(why: &str) -> Vec<Event> {
    let cases = [CONTROL, CASE, OTHER, "qos/a@v5", "will/b@v5"];
    let expected = |case: &str, verdict, reason: Option<&str>, line| Expectation {
        case: case.to_owned(),
        verdict,
        reason: reason.map(str::to_owned),
        note: note(line, why),
    };
    let expectations = Expectations {
        baseline: Some("b.kdl".to_owned()),
        cases: vec![
            expected(CASE, Verdict::Fail, Some("MQTT-4.3.3-10 once"), 1),
            expected(OTHER, Verdict::Fail, None, 2),
            expected("qos/a@v5", Verdict::Fail, Some("MQTT-1.1.1-1 one"), 3),
        ],
        findings: vec![ExpectedFinding { version: None, what: "MQTT-3.3.1-3".to_owned(), note: note(4, why) }],
        corpus: Some("0.1.0".to_owned()),
        later: vec!["will/b@v5".to_owned()],
    };
    vec![
        started("mosquitto", &cases),
        Event::Expectations(expectations),
        finished(CONTROL, Verdict::Pass, ""),
        finding(CASE, Some("MQTT-3.3.1-3"), Level::Must, "DUP 1 in a first PUBLISH"),
        Event::CaseFinished(failed(CASE, vec![broken()])),
        finished(OTHER, Verdict::Pass, ""),
        Event::CaseFinished(failed("qos/a@v5", vec![broken()])),
        Event::CaseFinished(failed("will/b@v5", vec![broken()])),
        ended(1),
    ]
}

fn written(events: &[Event], write: impl Fn(&Run, &mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&Run::of(events), &mut out).expect("a buffer has room");
    String::from_utf8(out).expect("text")
}

fn told(events: &[Event], verbose: bool) -> String {
    let mut out = Vec::new();
    let mut terminal = Terminal::new(&mut out, Settings { verbose, ..Settings::default() });
    events.iter().for_each(|event| terminal.event(event).expect("a buffer has room"));
    drop(terminal);
    anstream::adapter::strip_str(&String::from_utf8(out).expect("text")).to_string()
}

#[test]
fn terminal() {
    assert_snapshot!("expected_terminal", told(&mixed("known"), false));
    assert!(told(&mixed("known"), true).contains(&format!("xfail  {CASE}  (fail)\n  known\n")));
}

#[test]
fn for_ci() {
    let events = mixed("known");
    assert_snapshot!("expected_junit", written(&events, |run, out| junit::write(run, out)));
    assert_snapshot!("expected_markdown", written(&events, |run, out| markdown::write(run, out)));
    assert_snapshot!("expected_annotations", written(&events, |run, out| annotations::write(run, out)));
    let mut stale = events;
    stale.pop();
    stale.push(ended(7));
    assert!(written(&stale, |run, out| badge::write(run, out)).contains("baseline past its last day"));
}

#[test]
fn json_has_the_published_form() {
    let schema: Value = serde_json::from_str(include_str!("../../../../docs/run.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let document: Value =
        serde_json::from_str(&written(&mixed("known"), |run, out| json::write(run, out))).expect("JSON");
    assert_eq!(validator.iter_errors(&document).next().map(|error| error.to_string()), None);
    let kinds = document["cases"].as_array().expect("cases").iter().map(|case| case["overlay"]["kind"].as_str());
    assert_eq!(kinds.collect::<Vec<_>>(), [None, Some("xfail"), Some("xpass"), Some("changed"), Some("new")]);
    let count = |what: &str| document["expected"][what].as_u64();
    assert_eq!(["xfail", "xpass", "changed", "new"].map(count), [Some(1); 4]);
    assert_eq!(document["expected"]["stale"][0]["place"], "b.kdl:2:1");
}

#[test]
fn html_has_the_changes() {
    let page = written(&mixed("known"), |run, out| html::write(run, out));
    assert!(page.contains("Changes against the baseline") && page.contains("<b>xfail</b> the baseline expects fail"));
    assert!(page.contains("held until 2026-06-30") && page.contains("data-verdict=\"fail xfail\""));
}

/// A baseline may be somebody else's: what stands in it is text.
#[test]
fn what_a_baseline_says_is_text() {
    let events = mixed(EVIL);
    for text in [
        written(&events, |run, out| html::write(run, out)),
        written(&events, |run, out| junit::write(run, out)),
        written(&events, |run, out| markdown::write(run, out)),
        told(&events, true),
    ] {
        assert!(!text.contains("<script>alert") || text.contains("xfail  qos/"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    for text in [written(&events, |run, out| annotations::write(run, out)), told(&events, true)] {
        assert!(
            text.lines().filter(|line| line.starts_with("::")).all(|line| line.starts_with("::error file=scenarios/")),
            "{text}"
        );
    }
    assert!(written(&events, |run, out| markdown::write(run, out)).lines().count() <= markdown::LINES);
}
