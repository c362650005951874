//! JUnit's XML in the dialect that Jenkins, GitLab and the actions of GitHub read: a suite for each area, a test case for
//! each case. A failure is one, what is inconclusive or missing is an error, what did not run is skipped. What gates a run
//! beside the cases, findings of monitors and the end of the server, is in a suite of its own.

use super::findings::Seen;
use super::run::{Case, Run};
use super::terminal;
use super::terminal::overlaid::expected;
use crate::overlay::Overlay;
use mqttspec_engine::event::{CaseResult, Verdict};
use mqttspec_engine::statement::Level;
use quick_junit::{FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use std::io::{self, Write};
use std::time::Duration;

/// Writes the document.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run, mut out: impl Write) -> io::Result<()> {
    let mut report = Report::new("mqttspec");
    if let Some(finished) = &run.finished {
        report.set_time(Duration::from_micros(finished.duration_us));
    }
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in &run.cases {
        let suite = match suites.iter().position(|suite| suite.name.as_str() == case.area()) {
            Some(at) => &mut suites[at],
            None => {
                suites.push(TestSuite::new(case.area()));
                let last = suites.len() - 1;
                properties(&mut suites[last], run);
                &mut suites[last]
            }
        };
        suite.add_test_case(test_case(run, case));
        let time = suite.time.unwrap_or_default() + Duration::from_micros(case.duration_us());
        suite.set_time(time);
    }
    report.add_test_suites(suites);
    if !run.findings.all().is_empty() || !run.deaths.is_empty() {
        report.add_test_suite(monitors(run));
    }
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn properties(suite: &mut TestSuite, run: &Run) {
    suite.add_property(("target", run.target.as_str()));
    suite.add_property(("transport", run.environment.transport.as_deref().unwrap_or("none")));
    suite.add_property(("tool", run.tool.as_str()));
    suite.add_property(("corpus", run.corpus.as_str()));
    suite.add_property(("seed", run.seed.to_string().as_str()));
}

fn is_strict(run: &Run) -> bool {
    run.environment.options.contains_key("strict")
}

/// What a verdict is for JUnit; `None` for one that does not gate.
fn kind(verdict: Option<Verdict>, strict: bool) -> Option<NonSuccessKind> {
    match verdict {
        Some(Verdict::Fail) => Some(NonSuccessKind::Failure),
        Some(Verdict::Nonstrict) if strict => Some(NonSuccessKind::Failure),
        Some(Verdict::Inconclusive) | None => Some(NonSuccessKind::Error),
        Some(_) => None,
    }
}

fn test_case(run: &Run, case: &Case) -> TestCase {
    let strict = is_strict(run);
    let (verdict, word, reason) = (case.verdict(), case.word(), case.reason());
    let overlay = run.overlay(case);
    let mut status = match (kind(verdict, strict), verdict) {
        // As expected, or too new to count.
        _ if overlay.is_some_and(Overlay::is_excused) && verdict != Some(Verdict::Pass) => TestCaseStatus::skipped(),
        (None, _) if matches!(overlay, Some(Overlay::Xpass | Overlay::Changed)) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        (Some(kind), _) => TestCaseStatus::non_success(kind),
        (None, Some(Verdict::Skipped | Verdict::Unsupported)) => TestCaseStatus::skipped(),
        (None, _) => TestCaseStatus::success(),
    };
    if !matches!(status, TestCaseStatus::Success { .. }) {
        let message = if reason.is_empty() { word } else { reason };
        match overlay {
            Some(overlay) => {
                status.set_message(against(run, case, overlay, message));
                status.set_type(overlay.word());
            }
            None => {
                status.set_message(message);
                status.set_type(word);
            }
        }
    }
    if matches!(status, TestCaseStatus::NonSuccess { .. }) && verdict != Some(Verdict::Pass) {
        status.set_description(terminal::alone(case, &run.environment.again));
        status.set_rerun_kind(FlakyOrRerun::Rerun);
    }
    // Of a success these are what made it flaky, of a failure what came of it the other times.
    let others = case.attempts.iter().map(|attempt| (&attempt.result, attempt.transcript.as_slice()));
    for (other, transcript) in case.earlier.iter().map(|earlier| (earlier, [].as_slice())).chain(others) {
        if let Some(kind) = kind(Some(other.verdict), strict) {
            let mut rerun = rerun(kind, other);
            if !transcript.is_empty() {
                rerun.set_description(terminal::attempt(other, transcript, &run.environment.again));
            }
            status.add_rerun(rerun);
        }
    }
    let is_success = matches!(status, TestCaseStatus::Success { .. });
    let mut test = TestCase::new(case.planned.case.as_str(), status);
    test.set_classname(format!("mqttspec.{}", case.scenario().replace('/', ".")));
    test.set_time(Duration::from_micros(case.duration_us()));
    let (file, line, _) = super::text::place(&case.planned.place);
    test.extra.insert("file".into(), file.into());
    test.extra.insert("line".into(), line.to_string().as_str().into());
    test.add_property(("verdict", word));
    if case.flaky {
        test.add_property(("flaky", "true"));
    }
    test.add_property(("version", case.planned.version.as_str()));
    for statement in &case.planned.statements {
        test.add_property(("statement", statement.as_str()));
    }
    if is_success && !reason.is_empty() {
        test.set_system_out(reason);
    }
    test
}

/// A message that says what was expected.
fn against(run: &Run, case: &Case, overlay: Overlay, message: &str) -> String {
    let word = overlay.word();
    match run.overlays.expected(&case.planned.case) {
        Some(entry) if overlay == Overlay::Xfail => format!("{word}: {} ({message})", entry.note.why),
        Some(entry) => {
            let told = expected(entry.verdict, entry.reason.as_deref());
            format!("{word}: {message}; the baseline expects {told} ({})", entry.note.place)
        }
        None => format!("{word}, does not gate: {message}"),
    }
}

fn rerun(kind: NonSuccessKind, earlier: &CaseResult) -> TestRerun {
    let mut rerun = TestRerun::new(kind);
    rerun.set_message(earlier.reason.as_str());
    rerun.set_type(earlier.verdict.word());
    rerun.set_time(Duration::from_micros(earlier.duration_us));
    rerun
}

/// What was seen beside the cases.
fn monitors(run: &Run) -> TestSuite {
    let mut suite = TestSuite::new("monitors");
    properties(&mut suite, run);
    let mut names: Vec<String> = Vec::new();
    for seen in run.findings.all() {
        let what = seen.first.statement.as_deref().unwrap_or(&seen.first.text);
        let mut name = format!("{what} of {}", seen.first.version);
        let same = names.iter().filter(|other| **other == name).count();
        names.push(name.clone());
        if same > 0 {
            name = format!("{name} ({})", same + 1);
        }
        suite.add_test_case(finding(&name, seen, is_strict(run), run.overlays.knows(&seen.first)));
    }
    for death in &run.deaths {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(death.reason.as_str()).set_type("crash");
        status.set_description(format!("The server died while these cases ran:\n{}", death.running.join("\n")));
        let mut test = TestCase::new("the server stays up", status);
        test.set_classname("mqttspec.monitors");
        suite.add_test_case(test);
    }
    suite
}

fn finding(name: &str, seen: &Seen, strict: bool, known: bool) -> TestCase {
    let first = &seen.first;
    let gates = !known && (first.level == Level::Must || strict && first.level == Level::Should);
    let text = format!(
        "{}\npacket  {} <- {}\nhex     {}\nseen    {} times, first in {}",
        first.text, first.client, first.packet, first.hex, seen.times, seen.cases[0]
    );
    let mut status = TestCaseStatus::success();
    if gates {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(first.text.as_str()).set_type("finding").set_description(text.as_str());
    }
    let mut test = TestCase::new(name, status);
    test.set_classname("mqttspec.monitors");
    if let Some(statement) = &first.statement {
        test.add_property(("statement", statement.as_str()));
    }
    if !gates {
        test.set_system_out(text);
    }
    test
}
