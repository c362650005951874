//! `mqttspec baseline`.

use super::args::BaselineCommand;
use super::failure::Failure;
use super::{code, corpus, expected, output, suggest};
use crate::baseline::{Baseline, BaselineError, Date, update};
use crate::overlay::Overlays;
use crate::report::text::{Shown, counted};
use crate::report::{Run, stored};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// The exit code of a baseline that is past its last day somewhere.
const STALE: u8 = 7;

pub(super) fn baseline(command: &BaselineCommand) -> Result<u8, Failure> {
    match command {
        BaselineCommand::Update { file, from, scenarios } => update(file, from, scenarios.as_deref()),
        BaselineCommand::Check { file, scenarios, today } => {
            check(file, scenarios.as_deref(), today.unwrap_or_else(Date::today))
        }
    }
}

fn check(file: &Path, scenarios: Option<&Path>, today: Date) -> Result<u8, Failure> {
    let baseline = Baseline::from_file(file)?;
    let corpus = corpus(scenarios)?;
    let cases = corpus.cases();
    let known = expected::known(&cases, &corpus, &[]);
    let overlays = Overlays::new(expected::resolved(&baseline, &known, &cases, None, today, true)?);
    let stale = overlays.stale();
    let mut text = String::new();
    for (place, (until, why)) in &stale {
        let _ = writeln!(text, "{}: held until {until}: {}", Shown(place), Shown(why));
    }
    let entries = format!("{} {}", baseline.len(), if baseline.len() == 1 { "entry" } else { "entries" });
    let name = file.display().to_string();
    let _ = writeln!(text, "{}: {entries}, {} past the last day", Shown(&name), stale.len());
    output::print(&text)?;
    Ok(if stale.is_empty() { 0 } else { STALE })
}

fn update(file: &Path, from: &Path, scenarios: Option<&Path>) -> Result<u8, Failure> {
    let baseline = Baseline::draft(file)?;
    let stored = stored::read_file(from)?;
    let run = Run::of(&stored.events);
    // What did not run is inconclusive there, and nobody's fault.
    if run.finished.as_ref().is_none_or(|finished| finished.exit_code == code::INTERRUPTED) {
        let message = format!("{} is of a run that did not come to its end", from.display());
        return Err(Failure::usage(message, "a baseline is of a whole run: run it again, with --events"));
    }
    let corpus = corpus(scenarios)?;
    let cases = corpus.cases();
    let planned: Vec<_> = run.cases.iter().map(|case| case.planned.clone()).collect();
    let known = expected::known(&cases, &corpus, &planned);
    let near = |name: &str| {
        let near = suggest::selectors(name, &cases);
        (!near.is_empty()).then(|| suggest::did_you_mean(&near, "`mqttspec list` lists the cases"))
    };
    let transport = expected::transport(run.environment.transport.as_deref());
    let updated = baseline.updated(&run, &known, transport, near)?;
    update::write(file, &updated.text)?;
    let mut text = String::new();
    for (what, names) in [("added", &updated.added), ("changed", &updated.changed), ("removed", &updated.removed)] {
        for name in names {
            let _ = writeln!(text, "{what:<8} {}", Shown(name));
        }
    }
    for note in &updated.by_hand {
        let _ = writeln!(text, "by hand  {}", Shown(note));
    }
    let name = file.display().to_string();
    let (added, changed, removed) = (updated.added.len(), updated.changed.len(), updated.removed.len());
    let _ = writeln!(text, "{}: {added} added, {changed} changed, {removed} removed", Shown(&name));
    let empty: BTreeSet<usize> = (1..)
        .zip(updated.text.lines())
        .filter(|(_, line)| line.trim() == "why \"\"")
        .map(|(number, _)| number)
        .collect();
    if let Some(first) = empty.first() {
        let count = counted(empty.len(), "entry").replace("entrys", "entries");
        let _ = writeln!(
            text,
            "{count} without a `why`, the first in line {first}: `run` takes the file when each says why"
        );
    }
    if changed > 0 {
        let _ = writeln!(text, "See whether the `why` of what is changed is still right");
    }
    output::print(&text)?;
    Ok(u8::from(!updated.by_hand.is_empty()))
}

impl From<BaselineError> for Failure {
    fn from(error: BaselineError) -> Self {
        let exit_code = match &error {
            BaselineError::Unwritable { .. } => code::INTERNAL,
            BaselineError::Unreadable { .. } | BaselineError::Invalid(_) => code::USAGE,
        };
        Self::diagnostic(exit_code, error)
    }
}
