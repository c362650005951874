//! Which of the selected cases this run has to make, and how often: what failed before, a part of several, attempts.

use super::args::WhichArgs;
use super::failure::Failure;
use super::{output, plan};
use crate::report::earlier;
use crate::report::text::counted;
use crate::run::Policy;
use mqttspec_engine::event::Shard;
use mqttspec_engine::plan::{Case, with_controls};
use std::collections::BTreeSet;
use std::path::Path;

/// The cases of a run.
pub(super) struct Part {
    /// The whole, if they are a part of it.
    pub(super) shard: Option<Shard>,
    pub(super) cases: Vec<Case>,
}

/// What is left of the selected cases.
pub(super) fn of(mut cases: Vec<Case>, args: &WhichArgs) -> Result<Part, Failure> {
    if let Some(file) = &args.rerun_failed {
        cases = failed(cases, file)?;
    }
    let Some(part) = args.shard else { return Ok(Part { shard: None, cases }) };
    let shard = Shard { index: part.index, count: part.count, whole: plan::planned(&cases) };
    cases.retain(|case| case.part_of(part.count) == part.index);
    Ok(Part { shard: Some(shard), cases })
}

/// How often they run.
pub(super) const fn policy(args: &WhichArgs) -> Policy {
    Policy { repeat: args.repeat, retries: args.retries }
}

/// What of this the reports tell.
pub(super) fn options(args: &WhichArgs) -> Vec<(&'static str, String)> {
    let mut options = Vec::new();
    if !args.filters.is_empty() {
        options.push(("filter", args.filters.join(" | ")));
    }
    options.extend(args.rerun_failed.as_ref().map(|file| ("rerun-failed", file.display().to_string())));
    options.extend(args.shard.map(|part| ("shard", part.to_string())));
    options.extend((args.repeat > 1).then(|| ("repeat", args.repeat.to_string())));
    options.extend((args.retries > 0).then(|| ("retries", args.retries.to_string())));
    options
}

/// Those that went wrong in the run that a file tells of.
fn failed(cases: Vec<Case>, file: &Path) -> Result<Vec<Case>, Failure> {
    let wrong: BTreeSet<String> = earlier::wrong(file)?;
    if wrong.is_empty() {
        output::error(&format!("mqttspec: no case went wrong in the run that {} tells of\n", file.display()));
    }
    let wanted: Vec<bool> = cases.iter().map(|case| wrong.contains(&case.id)).collect();
    let found = wanted.iter().filter(|wanted| **wanted).count();
    if found < wrong.len() {
        let left_out = counted(wrong.len() - found, "case");
        output::error(&format!(
            "mqttspec: {left_out} that went wrong before cannot be run again: not selected, or not known\n"
        ));
    }
    Ok(with_controls(cases, wanted))
}
