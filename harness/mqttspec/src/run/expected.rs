//! The exit code of a run of which something was expected: what was is not held against the server.

use super::{Gate, Summary, gate};
use crate::overlay::{Overlay, Overlays};
use mqttspec_engine::event::{CaseResult, Finding, Verdict};
use mqttspec_engine::statement::Level;

/// The gate of a run that took place, with what was expected of it.
#[must_use]
pub(crate) fn gate_against(summary: &Summary, overlays: &Overlays, strict: bool) -> Gate {
    let gate = gate(&excused(summary, overlays), strict);
    let differs = |result: &CaseResult| {
        matches!(overlays.of(result), Some(Overlay::Xpass | Overlay::Changed)) && !unknown(result)
    };
    match gate.exit_code {
        0 | 6 if summary.results.iter().any(differs) => {
            Gate { exit_code: 1, reason: "the server differs from the baseline" }
        }
        0 if !overlays.stale().is_empty() => {
            Gate { exit_code: 7, reason: "entries of the baseline are past their last day" }
        }
        _ => gate,
    }
}

/// Where nothing can be said, nothing can be said of a difference.
fn unknown(result: &CaseResult) -> bool {
    result.verdict == Verdict::Inconclusive
}

/// The run without what was expected.
fn excused(summary: &Summary, overlays: &Overlays) -> Summary {
    let is_excused = |result: &CaseResult| overlays.of(result).is_some_and(Overlay::is_excused);
    let mut crashes = summary.results.iter().filter(|result| result.tags.iter().any(|tag| tag == "crash")).peekable();
    let crash = if crashes.peek().is_some() && crashes.all(is_excused) { None } else { summary.crash.clone() };
    // It ran: only what it came to does not count.
    let result = |result: &CaseResult| match result.verdict {
        Verdict::Skipped | Verdict::Unsupported => result.clone(),
        _ if is_excused(result) => CaseResult { verdict: Verdict::Info, ..result.clone() },
        _ => result.clone(),
    };
    let is_new = |case: &String| overlays.expectations().later.contains(case);
    let held = |(case, finding): &&(String, Finding)| !overlays.knows(finding) && !is_new(case);
    let findings: Vec<_> = summary.findings.iter().filter(held).cloned().collect();
    let any = |level: Level| findings.iter().any(|(_, finding)| finding.level == level);
    Summary {
        must_finding: any(Level::Must),
        should_finding: any(Level::Should),
        results: summary.results.iter().map(result).collect(),
        interrupted: summary.interrupted,
        flaky: summary.flaky,
        findings,
        crash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqttspec_engine::event::{Expectation, Expectations, ExpectedFinding, Note, RuleKind, RuleOutcome, RuleState};

    fn result(case: &str, verdict: Verdict) -> CaseResult {
        CaseResult::bare(case, verdict)
    }

    fn note(stale: bool) -> Note {
        Note { why: "known".to_owned(), link: None, until: None, stale, place: "b.kdl:1:1".to_owned() }
    }

    /// A baseline that expects a failure of `a`.
    fn fails(reason: Option<&str>, stale: bool) -> Expectations {
        let expectation = Expectation {
            case: "a".to_owned(),
            verdict: Verdict::Fail,
            reason: reason.map(str::to_owned),
            note: note(stale),
        };
        Expectations { baseline: Some("b.kdl".to_owned()), cases: vec![expectation], ..Expectations::default() }
    }

    fn code(expectations: Expectations, results: Vec<CaseResult>) -> u8 {
        let summary = Summary { results, ..Summary::default() };
        gate_against(&summary, &Overlays::new(expectations), false).exit_code
    }

    #[test]
    fn codes() {
        use Verdict::{Fail, Inconclusive, Info, Nonstrict, Pass, Skipped, Unsupported};
        for (a, b, expected) in [
            (Fail, Pass, 0),
            (Pass, Pass, 1),
            (Nonstrict, Pass, 1),
            (Info, Pass, 1),
            (Inconclusive, Pass, 6),
            (Unsupported, Pass, 0),
            (Skipped, Pass, 0),
            (Fail, Fail, 1),
            (Fail, Inconclusive, 6),
            (Pass, Inconclusive, 1),
            (Skipped, Skipped, 4),
        ] {
            let results = vec![result("a", a), result("b", b)];
            assert_eq!(code(fails(None, false), results.clone()), expected, "{a:?} {b:?}");
            // What is stale is told when nothing is worse.
            assert_eq!(code(fails(None, true), results), if expected == 0 { 7 } else { expected }, "{a:?} {b:?}");
        }
        let inconclusive = |case: &str| Expectation {
            case: case.to_owned(),
            verdict: Inconclusive,
            ..fails(None, false).cases[0].clone()
        };
        let baseline = Expectations { cases: vec![inconclusive("a")], ..fails(None, false) };
        assert_eq!(code(baseline, vec![result("a", Inconclusive), result("b", Pass)]), 0);
        let later = Expectations { later: vec!["a".to_owned()], ..Expectations::default() };
        assert_eq!(code(later.clone(), vec![result("a", Fail), result("b", Pass)]), 0);
        assert_eq!(code(later, vec![result("a", Pass), result("b", Fail)]), 1);
    }

    #[test]
    fn a_statement_stands_for_its_clauses() {
        let broken = RuleOutcome {
            name: "one".to_owned(),
            kind: RuleKind::Scenario,
            text: String::new(),
            statement: "MQTT-1.1.1-1/a".to_owned(),
            level: Level::Must,
            state: RuleState::Broken,
            silence: None,
            breach: None,
        };
        let failed = CaseResult { rules: vec![broken], ..result("a", Verdict::Fail) };
        let run = |reason: &str| code(fails(Some(reason), false), vec![failed.clone()]);
        assert_eq!(run("MQTT-1.1.1-1"), 0);
        assert_eq!(run("MQTT-1.1.1-1/a"), 0);
        assert_eq!(run("MQTT-1.1.1-1/b"), 1);
    }

    #[test]
    fn that_a_server_dies_is_expected_by_name_only() {
        let crash = CaseResult { tags: vec!["crash".to_owned()], ..result("a", Verdict::Fail) };
        let run = |reason: Option<&str>| {
            let summary =
                Summary { results: vec![crash.clone()], crash: Some("died".to_owned()), ..Summary::default() };
            gate_against(&summary, &Overlays::new(fails(reason, false)), false).exit_code
        };
        assert_eq!((run(None), run(Some("MQTT-1.1.1-1 one")), run(Some("crash"))), (1, 1, 0));
    }

    #[test]
    fn findings() {
        let finding = Finding {
            version: "5.0".to_owned(),
            statement: Some("MQTT-3.3.1-3".to_owned()),
            level: Level::Must,
            text: "DUP 1".to_owned(),
            hex: String::new(),
            packet: String::new(),
            client: String::new(),
            at_us: 0,
        };
        let mut summary = Summary { results: vec![result("b", Verdict::Pass)], ..Summary::default() };
        summary.count("b", &[finding]);
        let run = |expectations| gate_against(&summary, &Overlays::new(expectations), false).exit_code;
        let known = |what: &str, version: Option<&str>| {
            let version = version.map(str::to_owned);
            let findings = vec![ExpectedFinding { version, what: what.to_owned(), note: note(false) }];
            Expectations { findings, ..Expectations::default() }
        };
        assert_eq!(run(Expectations::default()), 1);
        assert_eq!(run(known("MQTT-3.3.1-3", None)), 0);
        assert_eq!(run(known("MQTT-3.3.1-3", Some("5.0"))), 0);
        assert_eq!(run(known("MQTT-3.3.1-3", Some("3.1.1"))), 1);
        assert_eq!(run(known("MQTT-3.3.1-2", None)), 1);
        assert_eq!(run(Expectations { later: vec!["b".to_owned()], ..Expectations::default() }), 0);
    }
}
