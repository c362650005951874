//! Workflow commands of GitHub Actions: a note at the line of the scenario for each case that gates.

use super::run::{Case, Run};
use super::text::place;
use crate::overlay::Overlay;
use mqttspec_engine::event::Verdict;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

/// GitHub shows so many of a kind and step.
const SHOWN: usize = 10;

/// Writes the commands, a line each.
///
/// # Errors
/// They cannot be written.
pub fn write(run: &Run, mut out: impl Write) -> io::Result<()> {
    for (command, verdict) in [("error", Verdict::Fail), ("warning", Verdict::Inconclusive)] {
        let cases: Vec<_> = run.cases.iter().filter(|case| gates(run, case, verdict)).collect();
        // The last is for those that are left out.
        let shown = if cases.len() > SHOWN { SHOWN - 1 } else { cases.len() };
        for case in &cases[..shown] {
            let broken = case.broken();
            let breach = broken.first().and_then(|rule| rule.breach.as_ref());
            let (file, line, column) = place(breach.map_or(&case.planned.place, |breach| &breach.place));
            let overlay = run.overlay(case).map(|overlay| format!("{}, ", overlay.word())).unwrap_or_default();
            let title = format!("{overlay}{} {}", case.word(), case.planned.case);
            let expected = run.overlays.expected(&case.planned.case);
            let expected = expected.map(|entry| format!("the baseline expects {}; ", entry.verdict.word()));
            let reason = if case.reason().is_empty() { case.word() } else { case.reason() };
            let told = format!("{}{reason}", expected.unwrap_or_default());
            writeln!(
                out,
                "::{command} file={},line={line},col={column},title={}::{}",
                Escaped(file, true),
                Escaped(&title, true),
                Escaped(&told, false)
            )?;
        }
        if shown < cases.len() {
            let more = cases.len() - shown;
            writeln!(out, "::{command} title=mqttspec::{more} more cases: {}", verdict.word())?;
        }
    }
    out.flush()
}

/// Whether a case is told by this command: what is as expected is not.
fn gates(run: &Run, case: &Case, verdict: Verdict) -> bool {
    match run.overlay(case) {
        Some(overlay) if overlay.is_excused() => false,
        Some(Overlay::Xpass | Overlay::Changed) if case.verdict() != Some(Verdict::Inconclusive) => {
            verdict == Verdict::Fail
        }
        _ => case.verdict() == Some(verdict),
    }
}

/// A text as a workflow command takes it: as a property, or as the message.
struct Escaped<'a>(&'a str, bool);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in super::text::Shown(self.0).to_string().chars() {
            match character {
                '%' => f.write_str("%25")?,
                ':' if self.1 => f.write_str("%3A")?,
                ',' if self.1 => f.write_str("%2C")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
