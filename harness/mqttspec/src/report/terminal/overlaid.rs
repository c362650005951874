//! What the user expected, and what differs from it.

use super::{BOLD, State, few, word};
use crate::overlay::{Overlay, reason};
use crate::report::text::{Shown, counted};
use mqttspec_engine::event::{CaseResult, Verdict};
use std::fmt::{self, Write};

/// What is told of a result when it comes, in place of what its verdict alone would ask for.
pub(super) fn as_it_comes(overlay: Overlay, result: &CaseResult, state: &State, verbose: bool) -> Option<String> {
    let why = || state.overlays.expected(&result.case).map_or("", |expected| expected.note.why.as_str());
    match overlay {
        Overlay::Xfail if verbose => {
            let name = word(result.verdict, "xfail");
            Some(format!("{name}  {}  ({})\n  {}\n", Shown(&result.case), result.verdict.word(), Shown(why())))
        }
        Overlay::Xfail => Some(String::new()),
        Overlay::Xpass | Overlay::Changed | Overlay::New => None,
    }
}

/// What a baseline expects of a case.
pub(in crate::report) fn expected(verdict: Verdict, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{}, {reason}", verdict.word()),
        None => verdict.word().to_owned(),
    }
}

/// What a result is, in the words of a baseline.
pub(in crate::report) fn actual(result: &CaseResult) -> String {
    let reason = reason(result);
    expected(result.verdict, Some(reason.as_str()).filter(|reason| !reason.is_empty()))
}

/// The end of a run: what differs from what was expected.
pub(super) fn write(text: &mut String, state: &State) -> fmt::Result {
    let results = || state.cases.iter().filter_map(|(_, result)| result.as_ref());
    let of = |overlay: Overlay| results().filter(move |result| state.overlay(result) == Some(overlay));
    for overlay in [Overlay::Xpass, Overlay::Changed] {
        for result in of(overlay) {
            let Some(entry) = state.overlays.expected(&result.case) else { continue };
            let name = word(Verdict::Fail, if overlay == Overlay::Xpass { "XPASS" } else { "CHANGED" });
            writeln!(text, "{name}  {BOLD}{}{BOLD:#}", Shown(&result.case))?;
            let told = expected(entry.verdict, entry.reason.as_deref());
            writeln!(text, "  {BOLD}baseline{BOLD:#}  {}  {}", Shown(&told), Shown(&entry.note.place))?;
            writeln!(text, "  {BOLD}actual{BOLD:#}    {}\n", Shown(&actual(result)))?;
        }
    }
    for (place, (until, why)) in state.overlays.stale() {
        writeln!(text, "{}  {BOLD}{}{BOLD:#}  held until {until}", word(Verdict::Fail, "STALE"), Shown(place))?;
        writeln!(text, "  {}\n", Shown(why))?;
    }
    let expectations = state.overlays.expectations();
    if let Some(baseline) = &expectations.baseline {
        let told = [
            (of(Overlay::Xfail).count(), "as expected"),
            (of(Overlay::Xpass).count(), "passes though it should not"),
            (of(Overlay::Changed).count(), "otherwise than expected"),
            (state.overlays.stale().len(), "past its last day"),
        ];
        let told = told.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let told: Vec<String> = told.collect();
        let told = if told.is_empty() { "no case of this run in it".to_owned() } else { told.join(", ") };
        writeln!(text, "{BOLD}baseline{BOLD:#} {}: {told}", Shown(baseline))?;
    }
    if let Some(corpus) = &expectations.corpus {
        let new: Vec<&str> = of(Overlay::New).map(|result| result.case.as_str()).collect();
        let failed = of(Overlay::New).filter(|result| result.verdict == Verdict::Fail).count();
        let (count, corpus) = (counted(new.len(), "case"), Shown(corpus));
        write!(text, "{BOLD}new{BOLD:#}      {count} later than {corpus}, does not gate: {failed} fail")?;
        if new.is_empty() { writeln!(text)? } else { writeln!(text, "; {}", few(&new))? }
    }
    Ok(())
}
