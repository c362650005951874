//! A run, read back from the one JSON document that [`super::super::json`] wrote.

use crate::report::json::SCHEMA;
use mqttspec_engine::event::{
    self, CaseResult, Environment, Event, Finding, PlannedCase, RuleOutcome, TargetImage, Verdict,
};
use serde::Deserialize;

/// As much of the document as a run needs; what else is in it is left alone.
#[derive(Deserialize)]
struct Document {
    schema: u32,
    run: Head,
    cases: Vec<CaseDocument>,
    findings: Vec<Seen>,
}

#[derive(Deserialize)]
struct Head {
    tool: String,
    corpus: String,
    target: String,
    #[serde(default)]
    image: Option<TargetImage>,
    seed: u64,
    environment: Environment,
    exit_code: Option<u8>,
    reason: String,
    duration_us: u64,
}

#[derive(Deserialize)]
struct CaseDocument {
    id: String,
    title: String,
    version: String,
    place: String,
    statements: Vec<String>,
    #[serde(default)]
    control: Option<String>,
    verdict: String,
    reason: String,
    rules: Vec<RuleOutcome>,
    tags: Vec<String>,
    duration_us: u64,
}

#[derive(Deserialize)]
struct Seen {
    #[serde(flatten)]
    first: Finding,
    cases: Vec<String>,
}

/// The events of a document, without those of its transcripts; what is wrong with it if it is none.
pub(super) fn events(bytes: &[u8]) -> Result<Vec<Event>, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if document.schema != SCHEMA {
        return Err(format!("it has form {}, this mqttspec reads form {SCHEMA}", document.schema));
    }
    let (mut planned, mut results) = (Vec::new(), Vec::new());
    for case in document.cases {
        if let Some(verdict) = Verdict::ALL.into_iter().find(|verdict| verdict.word() == case.verdict) {
            results.push(Event::CaseFinished(CaseResult {
                case: case.id.clone(),
                verdict,
                reason: case.reason,
                rules: case.rules,
                tags: case.tags,
                left_behind: Vec::new(),
                duration_us: case.duration_us,
            }));
        }
        planned.push(PlannedCase {
            case: case.id,
            title: case.title,
            version: case.version,
            place: case.place,
            statements: case.statements,
            control: case.control,
        });
    }
    let Head { tool, corpus, target, image, seed, environment, exit_code, reason, duration_us } = document.run;
    let mut events =
        vec![Event::RunStarted { schema: event::SCHEMA, tool, corpus, target, image, seed, environment, planned }];
    for seen in document.findings {
        events.extend(seen.cases.into_iter().map(|case| Event::Finding { case, finding: seen.first.clone() }));
    }
    events.extend(results);
    events.extend(exit_code.map(|exit_code| Event::RunFinished { exit_code, reason, duration_us }));
    Ok(events)
}
