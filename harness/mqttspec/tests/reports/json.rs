//! What programs read.

use crate::runs::{CASE, CONTROL, OTHER, broken, conversation, ended, failed, finding, finished, started};
use insta::assert_snapshot;
use mqttspec::report::events::Events;
use mqttspec::report::{Report, Reports, Run, json};
use mqttspec_engine::event::{Event, Verdict};
use mqttspec_engine::statement::Level;
use serde_json::Value;
use std::time::Duration;

fn run() -> Vec<Event> {
    let mut events = vec![started("mosquitto", &[CONTROL, CASE, OTHER]), finished(CONTROL, Verdict::Pass, "")];
    events.extend(conversation(CASE));
    events.push(finding(CASE, Some("MQTT-3.3.1-3"), Level::Must, "DUP 1 in a first PUBLISH"));
    events.push(Event::CaseFinished(failed(CASE, vec![broken()])));
    events
}

fn document(events: &[Event]) -> Vec<u8> {
    let mut out = Vec::new();
    json::write(&Run::of(events), &mut out).expect("a buffer has room");
    out
}

#[test]
fn shape() {
    let mut events = run();
    events.push(ended(1));
    let document: Value = serde_json::from_slice(&document(&events)).expect("JSON");
    assert_snapshot!(serde_json::to_string_pretty(&document).expect("JSON"));
}

#[test]
fn every_planned_case_is_there() {
    let mut events = run();
    events.push(ended(130));
    let document: Value = serde_json::from_slice(&document(&events)).expect("JSON");
    let cases = document["cases"].as_array().expect("cases");
    let verdicts: Vec<&str> = cases.iter().filter_map(|case| case["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["pass", "fail", "missing"]);
    assert_eq!(document["totals"]["planned"], 3);
    assert_eq!(document["totals"]["missing"], 1);
}

#[test]
fn a_case_that_runs_again_has_the_transcript_of_its_last_run() {
    let mut events = run();
    events.extend(conversation(CASE));
    events.extend([finished(CASE, Verdict::Pass, ""), ended(0)]);
    let document: Value = serde_json::from_slice(&document(&events)).expect("JSON");
    assert_eq!(document["cases"][1]["verdict"], "pass");
    let transcript = document["cases"][1]["transcript"].as_array().expect("a transcript");
    assert_eq!(transcript.len(), conversation(CASE).len() - 1);
}

#[test]
fn events_are_one_a_line_and_can_be_read_back() {
    let mut out = Vec::new();
    let mut events = Events::new(&mut out);
    run().iter().for_each(|event| events.event(event).expect("a buffer has room"));
    let text = String::from_utf8(out).expect("text");
    let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert_eq!(read, run());
}

/// A line is handed over when it happens, not when a buffer is full.
#[test]
fn events_are_flushed() {
    struct Flushed<'a>(&'a mut (usize, usize));
    impl std::io::Write for Flushed<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.0 += 1;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            self.0.1 += 1;
            Ok(())
        }
    }
    let mut counts = (0, 0);
    let mut events = Events::new(Flushed(&mut counts));
    run().iter().for_each(|event| events.event(event).expect("room"));
    assert_eq!(counts, (run().len(), run().len()));
}

/// Every report gets what has no password in it.
#[test]
fn no_report_sees_a_password() {
    let secret = "68756e74657232"; // hunter2
    let connect = format!("101d00044d51545404c20000000463617365000475736572{:04x}{secret}", secret.len() / 2);
    let mut events = run();
    for event in &mut events {
        if let Event::Sent(bytes) = event {
            (bytes.hex, bytes.len) = (connect.clone(), connect.len() / 2);
        }
    }
    let (mut lines, mut document) = (Vec::new(), Vec::new());
    let mut reports = Reports::new();
    reports.add("lines", Events::new(&mut lines));
    reports.add_whole("document", |run| json::write(run, &mut document));
    events.into_iter().for_each(|event| reports.event(event));
    assert_eq!(reports.finish(1, "", Duration::ZERO), 1);
    drop(reports);
    for text in [lines, document].map(|out| String::from_utf8(out).expect("text")) {
        assert!(text.contains("**************\""), "{text}");
        assert!(!text.contains(secret), "{text}");
    }
}
