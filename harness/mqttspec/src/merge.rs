//! One run made of the parts that several machines made.

use crate::report::Run;
use crate::report::stored::Stored;
use crate::run::later;
use miette::Diagnostic;
use mqttspec_engine::event::{Event, PlannedCase, Shard, StatementText, Text};
use std::collections::BTreeMap;
use thiserror::Error;

/// A part: its name, as the user gave it, and what is stored of it.
pub type Part = (String, Stored);

/// The whole.
#[derive(Debug)]
pub struct Merged {
    /// Every event but the last, which tells how it ended.
    pub events: Vec<Event>,
    /// The exit code.
    pub exit_code: u8,
    /// Why, in a line.
    pub reason: String,
    /// How long the parts took together, in microseconds.
    pub duration_us: u64,
    /// What is missing, a line each.
    pub missing: Vec<String>,
}

/// Why runs are not parts of one.
#[derive(Debug, Error, Diagnostic)]
pub enum MergeError {
    /// They differ in something that must be the same.
    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    Differ {
        /// Who differs in what.
        message: String,
        /// What to do.
        help: &'static str,
    },
    /// They are parts of different plans.
    #[error("{first} and {other} are parts of different plans")]
    #[diagnostic(help("run each part with the same selection and the same number of parts"))]
    Plans {
        /// A file.
        first: String,
        /// Another.
        other: String,
    },
    /// A case is in both.
    #[error("{case} is in {first} and in {other}")]
    #[diagnostic(help("name each part once; to run cases several times, use --repeat"))]
    Twice {
        /// The case.
        case: String,
        /// A file.
        first: String,
        /// Another.
        other: String,
    },
}

/// Makes one run of these, at least one.
///
/// # Errors
/// They are no parts of one run.
pub fn merge(parts: Vec<Part>) -> Result<Merged, MergeError> {
    let runs: Vec<Run> = parts.iter().map(|(_, stored)| Run::of(&stored.events)).collect();
    let names: Vec<&String> = parts.iter().map(|(name, _)| name).collect();
    for (run, name) in runs.iter().zip(&names).skip(1) {
        alike(names[0], &runs[0], name, run)?;
    }
    let planned = planned(&names, &runs)?;
    let missing = missing(&names, &runs, &planned);
    let (exit_code, reason) = outcome(&runs, !missing.is_empty());
    let first = parts.first().and_then(|(_, stored)| stored.events.first()).cloned();
    let corpus = corpus(&parts);
    let mut events: Vec<Event> = Vec::new();
    if let Some(Event::RunStarted { schema, tool, corpus, target, image, seed, mut environment, .. }) = first {
        environment.options.remove("shard");
        environment.options.insert("parts".to_owned(), parts.len().to_string());
        events.push(Event::RunStarted { schema, tool, corpus, target, image, seed, environment, planned });
    }
    events.push(corpus);
    let mut offset = 0;
    for ((_, stored), run) in parts.into_iter().zip(&runs) {
        let of_run = |event: &Event| {
            matches!(
                event,
                Event::RunStarted { .. } | Event::Corpus { .. } | Event::Shard(_) | Event::RunFinished { .. }
            )
        };
        let told = stored.events.into_iter().filter(|event| !of_run(event));
        events.extend(told.map(|event| later(event, offset)));
        offset +=
            run.finished.as_ref().map_or_else(|| run.last_us(), |finished| finished.duration_us.max(run.last_us()));
    }
    Ok(Merged { events, exit_code, reason, duration_us: offset, missing })
}

/// Whether two runs could be of one.
fn alike(first: &str, one: &Run, other: &str, two: &Run) -> Result<(), MergeError> {
    let differ = |what: &str, one: &str, two: &str, help| {
        let message = format!("{first} and {other} are of different {what}: {one} and {two}");
        MergeError::Differ { message, help }
    };
    let rows = [
        ("versions of mqttspec", one.tool.clone(), two.tool.clone(), "run each part with the same mqttspec"),
        (
            "corpora",
            one.corpus.clone(),
            two.corpus.clone(),
            "run each part with the same mqttspec and the same --scenarios",
        ),
        ("targets", one.target.clone(), two.target.clone(), "name the target alike on each machine"),
        (
            "seeds",
            one.seed.to_string(),
            two.seed.to_string(),
            "give each part the same --seed, or use --shard, which does",
        ),
    ];
    for (what, one, two, help) in rows {
        if one != two {
            return Err(differ(what, &one, &two, help));
        }
    }
    let image = |run: &Run| run.image.as_ref().map_or_else(|| "none".to_owned(), |image| image.id.clone());
    if image(one) != image(two) {
        return Err(differ("images", &image(one), &image(two), "pull the image by its digest on each machine"));
    }
    let plan = |run: &Run| run.shard.as_ref().map(|shard| (shard.count, shard.whole.clone()));
    if plan(one) != plan(two) {
        return Err(MergeError::Plans { first: first.to_owned(), other: other.to_owned() });
    }
    Ok(())
}

/// The cases of the whole: what the parts say that it is, or all that they have.
fn planned(names: &[&String], runs: &[Run]) -> Result<Vec<PlannedCase>, MergeError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut all = Vec::new();
    for (run, name) in runs.iter().zip(names) {
        for case in &run.cases {
            if let Some(first) = seen.insert(&case.planned.case, name) {
                let (first, other) = (first.to_owned(), (*name).clone());
                return Err(MergeError::Twice { case: case.planned.case.clone(), first, other });
            }
            all.push(case.planned.clone());
        }
    }
    Ok(runs.first().and_then(|run| run.shard.as_ref()).map_or(all, |shard: &Shard| shard.whole.clone()))
}

/// Which parts are not there, and which are there but not whole.
fn missing(names: &[&String], runs: &[Run], planned: &[PlannedCase]) -> Vec<String> {
    let mut missing = Vec::new();
    let indices: Vec<u32> = runs.iter().filter_map(|run| run.shard.as_ref()).map(|shard| shard.index).collect();
    let count = runs.first().and_then(|run| run.shard.as_ref()).map_or(0, |shard| shard.count);
    let there: usize = runs.iter().map(|run| run.cases.len()).sum();
    let absent: Vec<String> =
        (1..=count).filter(|index| !indices.contains(index)).map(|index| format!("{index}/{count}")).collect();
    if !absent.is_empty() && planned.len() > there {
        let cases = planned.len() - there;
        missing.push(format!("the part {} with {cases} cases is in none of the files", absent.join(" and ")));
    }
    for (run, name) in runs.iter().zip(names) {
        let without = run.cases.iter().filter(|case| case.result.is_none()).count();
        if without > 0 {
            missing.push(format!("{name} has no result of {without} of its {} cases", run.cases.len()));
        }
    }
    missing
}

/// The exit code, in the order in which a run decides it.
fn outcome(runs: &[Run], missing: bool) -> (u8, String) {
    let ends = runs.iter().filter_map(|run| run.finished.as_ref());
    let of = |code: u8| ends.clone().find(|end| end.exit_code == code).map(|end| (code, end.reason.clone()));
    let idle = || runs.iter().all(|run| run.finished.as_ref().is_some_and(|end| end.exit_code == 4));
    let incomplete = || missing.then(|| (6, "planned cases are missing".to_owned()));
    let nothing = || idle().then(|| (4, "nothing ran".to_owned()));
    of(70)
        .or_else(|| of(130))
        .or_else(|| of(5))
        .or_else(|| of(1))
        .or_else(incomplete)
        .or_else(nothing)
        .or_else(|| of(6))
        .or_else(|| of(7))
        .unwrap_or_else(|| (0, "the gate is met".to_owned()))
}

/// What the planned cases of all parts rest on.
fn corpus(parts: &[Part]) -> Event {
    let (mut all_sources, mut all_statements) = (BTreeMap::new(), BTreeMap::new());
    for event in parts.iter().flat_map(|(_, stored)| &stored.events) {
        if let Event::Corpus { sources, statements } = event {
            all_sources.extend(sources.iter().map(|source: &Text| (source.name.clone(), source.clone())));
            let key = |statement: &StatementText| (statement.version.clone(), statement.id.clone());
            all_statements.extend(statements.iter().map(|statement| (key(statement), statement.clone())));
        }
    }
    Event::Corpus { sources: all_sources.into_values().collect(), statements: all_statements.into_values().collect() }
}
