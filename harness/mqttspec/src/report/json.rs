//! The whole run as one JSON document: every planned case with its verdict, its reason and its transcript.
//! `docs/run.schema.json` describes it.

use super::findings::Seen;
use super::run::{Attempt, Case, Death, Run};
use super::totals::Totals;
use crate::overlay::Overlay;
use mqttspec_engine::event::{Environment, Event, Expectation, RuleOutcome, TargetImage};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the document's form.
pub const SCHEMA: u32 = 2;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    run: Head<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expected<'a>>,
    totals: Totals,
    cases: Vec<CaseDocument<'a>>,
    findings: &'a [Seen],
    deaths: &'a [Death],
}

#[derive(Serialize)]
struct Head<'a> {
    tool: &'a str,
    corpus: &'a str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a TargetImage>,
    seed: u64,
    environment: &'a Environment,
    exit_code: Option<u8>,
    reason: &'a str,
    duration_us: u64,
}

/// How the run stands to what was expected of it.
#[derive(Serialize)]
struct Expected<'a> {
    baseline: Option<&'a str>,
    corpus: Option<&'a str>,
    xfail: usize,
    xpass: usize,
    changed: usize,
    new: usize,
    stale: Vec<Stale<'a>>,
}

#[derive(Serialize)]
struct Stale<'a> {
    place: &'a str,
    until: &'a str,
    why: &'a str,
}

/// How a case stands to what was expected of it.
#[derive(Serialize)]
struct OverlayDocument<'a> {
    kind: Overlay,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a Expectation>,
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    place: &'a str,
    statements: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<&'a str>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<OverlayDocument<'a>>,
    reason: &'a str,
    rules: &'a [RuleOutcome],
    tags: &'a [String],
    left_behind: &'a [String],
    started_us: u64,
    duration_us: u64,
    transcript: &'a [Event],
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flaky: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_attempts: Vec<AttemptDocument<'a>>,
}

/// An attempt that does not count.
#[derive(Serialize)]
struct AttemptDocument<'a> {
    attempt: u32,
    verdict: &'static str,
    reason: &'a str,
    rules: &'a [RuleOutcome],
    started_us: u64,
    duration_us: u64,
    transcript: &'a [Event],
}

/// Writes the document.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run, out: impl Write) -> io::Result<()> {
    let finished = run.finished.as_ref();
    let head = Head {
        tool: &run.tool,
        corpus: &run.corpus,
        target: &run.target,
        image: run.image.as_ref(),
        seed: run.seed,
        environment: &run.environment,
        exit_code: finished.map(|finished| finished.exit_code),
        reason: finished.map_or("", |finished| &finished.reason),
        duration_us: finished.map_or_else(|| run.last_us(), |finished| finished.duration_us),
    };
    let document = Document {
        schema: SCHEMA,
        run: head,
        expected: expected(run),
        totals: run.totals(),
        cases: run.cases.iter().map(|one| case(run, one)).collect(),
        findings: run.findings.all(),
        deaths: &run.deaths,
    };
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer(&mut out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn expected(run: &Run) -> Option<Expected<'_>> {
    let expectations = run.overlays.expectations();
    let (baseline, corpus) = (expectations.baseline.as_deref(), expectations.corpus.as_deref());
    let count = |overlay: Overlay| run.overlaid(overlay).count();
    let stale = run.overlays.stale().into_iter().map(|(place, (until, why))| Stale { place, until, why });
    (baseline.is_some() || corpus.is_some()).then(|| Expected {
        baseline,
        corpus,
        xfail: count(Overlay::Xfail),
        xpass: count(Overlay::Xpass),
        changed: count(Overlay::Changed),
        new: count(Overlay::New),
        stale: stale.collect(),
    })
}

fn case<'a>(run: &'a Run, case: &'a Case) -> CaseDocument<'a> {
    let result = case.result.as_ref();
    let several = !case.attempts.is_empty();
    CaseDocument {
        id: &case.planned.case,
        title: &case.planned.title,
        version: &case.planned.version,
        place: &case.planned.place,
        statements: &case.planned.statements,
        control: case.planned.control.as_deref(),
        verdict: case.word(),
        overlay: run.overlay(case).map(|kind| {
            let expected = run.overlays.expected(&case.planned.case);
            OverlayDocument { kind, expected }
        }),
        reason: case.reason(),
        rules: case.rules(),
        tags: result.map_or(&[], |result| &result.tags),
        left_behind: result.map_or(&[], |result| &result.left_behind),
        started_us: case.started_us,
        duration_us: case.duration_us(),
        transcript: &case.transcript,
        attempt: several.then_some(case.attempt),
        flaky: several.then_some(case.flaky),
        other_attempts: case.attempts.iter().map(attempt).collect(),
    }
}

fn attempt(attempt: &Attempt) -> AttemptDocument<'_> {
    AttemptDocument {
        attempt: attempt.number,
        verdict: attempt.result.verdict.word(),
        reason: &attempt.result.reason,
        rules: &attempt.result.rules,
        started_us: attempt.started_us,
        duration_us: attempt.result.duration_us,
        transcript: &attempt.transcript,
    }
}
