//! The whole run as one JSON document: every planned case with its verdict, its reason and its transcript.

use super::Report;
use super::findings::{Findings, Seen};
use super::totals::Totals;
use mqttspec_engine::event::{CaseResult, Event, PlannedCase, RuleOutcome};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the document's form.
pub const SCHEMA: u32 = 1;

/// Collects the run, and writes it when it is over.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    run: Run,
    cases: Vec<Case>,
    /// Case id to place in `cases`.
    places: BTreeMap<String, usize>,
    findings: Findings,
    deaths: Vec<Death>,
}

#[derive(Debug, Default, Serialize)]
struct Run {
    tool: String,
    corpus: String,
    target: String,
    seed: u64,
    /// Seconds since 1970; none where the run has only virtual time.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_unix: Option<u64>,
    exit_code: u8,
    duration_us: u64,
}

#[derive(Debug)]
struct Case {
    planned: PlannedCase,
    result: Option<CaseResult>,
    transcript: Vec<Event>,
}

#[derive(Debug, Serialize)]
struct Death {
    reason: String,
    running: Vec<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    run: &'a Run,
    totals: Totals,
    cases: Vec<CaseDocument<'a>>,
    findings: &'a [Seen],
    deaths: &'a [Death],
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    place: &'a str,
    verdict: &'static str,
    reason: &'a str,
    rules: &'a [RuleOutcome],
    tags: &'a [String],
    left_behind: &'a [String],
    duration_us: u64,
    transcript: &'a [Event],
}

impl<W: Write> Json<W> {
    /// Writes to `out`. `started_unix` is when the run began, in seconds since 1970; none in virtual time.
    pub fn new(out: W, started_unix: Option<u64>) -> Self {
        Self {
            out,
            run: Run { started_unix, ..Run::default() },
            cases: Vec::new(),
            places: BTreeMap::new(),
            findings: Findings::default(),
            deaths: Vec::new(),
        }
    }

    fn case(&mut self, id: &str) -> Option<&mut Case> {
        self.places.get(id).map(|&at| &mut self.cases[at])
    }

    fn note(&mut self, id: &str, event: &Event) {
        if let Some(case) = self.case(id) {
            case.transcript.push(event.clone());
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let document = Document {
            schema: SCHEMA,
            run: &self.run,
            totals: Totals::of(self.cases.iter().map(|case| case.result.as_ref().map(|result| result.verdict))),
            cases: self.cases.iter().map(Case::document).collect(),
            findings: self.findings.all(),
            deaths: &self.deaths,
        };
        let mut out = io::BufWriter::new(&mut self.out);
        serde_json::to_writer(&mut out, &document)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

impl Case {
    fn document(&self) -> CaseDocument<'_> {
        let result = self.result.as_ref();
        CaseDocument {
            id: &self.planned.case,
            title: &self.planned.title,
            version: &self.planned.version,
            place: &self.planned.place,
            verdict: result.map_or("missing", |result| result.verdict.word()),
            reason: result.map_or("the run ended before this case did", |result| &result.reason),
            rules: result.map_or(&[], |result| &result.rules),
            tags: result.map_or(&[], |result| &result.tags),
            left_behind: result.map_or(&[], |result| &result.left_behind),
            duration_us: result.map_or(0, |result| result.duration_us),
            transcript: &self.transcript,
        }
    }
}

impl<W: Write> Report for Json<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted { schema: _, tool, corpus, target, seed, planned } => {
                let (tool, corpus, target) = (tool.clone(), corpus.clone(), target.clone());
                self.run = Run { tool, corpus, target, seed: *seed, ..std::mem::take(&mut self.run) };
                let case =
                    |planned: &PlannedCase| Case { planned: planned.clone(), result: None, transcript: Vec::new() };
                self.cases = planned.iter().map(case).collect();
                self.places = planned.iter().enumerate().map(|(at, planned)| (planned.case.clone(), at)).collect();
            }
            // A case that runs again begins a new transcript.
            Event::CaseStarted { case } => {
                if let Some(case) = self.case(case) {
                    case.transcript.clear();
                }
            }
            Event::Opened(moment) | Event::Refused { moment, .. } | Event::Closed { moment, .. } => {
                self.note(&moment.case, event);
            }
            Event::Sent(bytes) | Event::Received(bytes) => self.note(&bytes.moment.case, event),
            Event::Step { case, .. } => self.note(case, event),
            Event::Finding { case, finding } => {
                let version = self.case(case).map(|case| case.planned.version.clone()).unwrap_or_default();
                self.findings.add(&version, case, finding);
                self.note(case, event);
            }
            Event::CaseFinished(result) => {
                if let Some(case) = self.case(&result.case) {
                    case.result = Some(result.clone());
                }
            }
            Event::TargetDied { reason, running } => {
                self.deaths.push(Death { reason: reason.clone(), running: running.clone() });
            }
            Event::RunFinished { exit_code, duration_us } => {
                (self.run.exit_code, self.run.duration_us) = (*exit_code, *duration_us);
                self.write()?;
            }
        }
        Ok(())
    }
}
