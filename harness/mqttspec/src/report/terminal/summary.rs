//! The end of a run: what is told once, by its cause, and the totals.

use super::{BOLD, State, few, level, overlaid, word};
use crate::report::findings::Seen;
use crate::report::text::{Pairs, Seconds, Shown, counted};
use mqttspec_engine::event::{CaseResult, RuleOutcome, RuleState, Verdict};
use mqttspec_engine::statement::Level;
use std::fmt::{self, Write};

pub(super) fn write(
    text: &mut String,
    state: &State,
    verbose: bool,
    (exit_code, outcome): (u8, &str),
    duration_us: u64,
) -> fmt::Result {
    if verbose {
        writeln!(text)?;
    }
    for finding in state.findings.all() {
        write_finding(text, finding, state)?;
    }
    inconclusive(text, state)?;
    by_reason(text, state, Verdict::Unsupported)?;
    by_reason(text, state, Verdict::Skipped)?;
    left_behind(text, state)?;
    missing(text, state)?;
    flaky(text, state)?;
    broken(text, state)?;
    overlaid::write(text, state)?;
    let totals = state.totals();
    let counts = totals.words().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}"));
    let counts: Vec<String> = counts.collect();
    write!(text, "{BOLD}total{BOLD:#}    {}", counted(totals.planned, "case"))?;
    if !counts.is_empty() {
        write!(text, ": {}", counts.join(", "))?;
    }
    if totals.flaky > 0 {
        write!(text, "; {} flaky", totals.flaky)?;
    }
    writeln!(text, "  in {} s{}", Seconds(duration_us), if state.embedded { " of virtual time" } else { "" })?;
    let colour = match exit_code {
        0 => Verdict::Pass,
        4 | 6 | 7 | 130 => Verdict::Inconclusive,
        _ => Verdict::Fail,
    };
    if state.embedded {
        writeln!(text, "{BOLD}outcome{BOLD:#}  {}", word(colour, outcome))?;
        writeln!(text, "That was mqttspec's own reference broker. To test yours: mqttspec run mqtt://HOST:PORT")
    } else {
        writeln!(text, "{BOLD}outcome{BOLD:#}  {}", word(colour, outcome))
    }
}

fn write_finding(text: &mut String, seen: &Seen, state: &State) -> fmt::Result {
    let first = &seen.first;
    let verdict = match first.level {
        Level::Must => Verdict::Fail,
        Level::Should => Verdict::Nonstrict,
        Level::Info => Verdict::Info,
    };
    write!(text, "{}  {BOLD}{}{BOLD:#}", word(verdict, "FINDING"), Shown(&first.text))?;
    match &first.statement {
        Some(statement) => writeln!(text, "  {}  {}", level(first.level), Shown(statement))?,
        None if first.level == Level::Info => writeln!(text)?,
        None => writeln!(text, "  {}", level(first.level))?,
    }
    writeln!(
        text,
        "  {BOLD}packet{BOLD:#}    +{} s  {} <- {}",
        Seconds(first.at_us),
        Shown(&first.client),
        Shown(&first.packet)
    )?;
    writeln!(text, "  {BOLD}hex{BOLD:#}       {}", Pairs(&first.hex))?;
    if let Some(known) = state.overlays.known(first) {
        let (why, place) = (Shown(&known.note.why), Shown(&known.note.place));
        writeln!(text, "  {BOLD}known{BOLD:#}     {why}  {place}")?;
    }
    let (times, cases) = (counted(seen.times, "time"), counted(seen.cases.len(), "case"));
    writeln!(text, "  {BOLD}seen{BOLD:#}      {times} in {cases}: {}\n", few(&seen.cases))
}

fn inconclusive(text: &mut String, state: &State) -> fmt::Result {
    let mut any = false;
    for result in state.held(Verdict::Inconclusive) {
        any = true;
        let tags = if result.tags.is_empty() { String::new() } else { format!("  {}", result.tags.join(", ")) };
        let (case, tags) = (Shown(&result.case), Shown(&tags));
        writeln!(text, "{}  {BOLD}{case}{BOLD:#}{tags}", word(Verdict::Inconclusive, "INCONCLUSIVE"))?;
        writeln!(text, "  {}", Shown(&result.reason))?;
    }
    if any { writeln!(text) } else { Ok(()) }
}

/// The reason of a case; that of its control where it has no other.
fn cause(result: &CaseResult) -> &str {
    result.reason.strip_prefix("so is its control: ").unwrap_or(&result.reason)
}

fn by_reason(text: &mut String, state: &State, verdict: Verdict) -> fmt::Result {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for result in state.results(verdict) {
        match groups.iter_mut().find(|(reason, _)| *reason == cause(result)) {
            Some((_, cases)) => cases.push(&result.case),
            None => groups.push((cause(result), vec![&result.case])),
        }
    }
    for (reason, cases) in &groups {
        let count = counted(cases.len(), "case");
        writeln!(text, "{}  {}", word(verdict, &verdict.word().to_uppercase()), Shown(reason))?;
        writeln!(text, "  {count}: {}", few(cases))?;
    }
    if groups.is_empty() { Ok(()) } else { writeln!(text) }
}

fn left_behind(text: &mut String, state: &State) -> fmt::Result {
    let results = state.cases.iter().filter_map(|(_, result)| result.as_ref());
    let (mut things, mut cases) = (Vec::new(), Vec::new());
    for result in results.filter(|result| !result.left_behind.is_empty()) {
        things.extend(&result.left_behind);
        cases.push(&result.case);
    }
    if things.is_empty() {
        return Ok(());
    }
    writeln!(text, "{BOLD}left on the server{BOLD:#}  {}: {}", counted(things.len(), "thing"), few(&things))?;
    writeln!(text, "  by {}: {}\n", counted(cases.len(), "case"), few(&cases))
}

fn missing(text: &mut String, state: &State) -> fmt::Result {
    let missing = state.cases.iter().filter(|(_, result)| result.is_none()).map(|(planned, _)| &planned.case);
    let missing: Vec<&String> = missing.collect();
    // Where none has a result, the totals say it all.
    if missing.is_empty() || missing.len() == state.cases.len() {
        return Ok(());
    }
    writeln!(text, "{}  planned, but without a result", word(Verdict::Fail, "MISSING"))?;
    writeln!(text, "  {}: {}\n", counted(missing.len(), "case"), few(&missing))
}

/// What came of each attempt of the cases that went wrong in one and not in another.
fn flaky(text: &mut String, state: &State) -> fmt::Result {
    for case in &state.flaky {
        writeln!(text, "{}  {BOLD}{}{BOLD:#}", word(Verdict::Inconclusive, "FLAKY"), Shown(case))?;
        for (number, result) in state.attempts.get(case).into_iter().flatten() {
            let (verdict, reason) = (result.verdict.word(), Shown(&result.reason));
            let colon = if result.reason.is_empty() { "" } else { ": " };
            writeln!(text, "  attempt {number}  {verdict}{colon}{reason}")?;
        }
    }
    if state.flaky.is_empty() { Ok(()) } else { writeln!(text) }
}

/// Which statements are broken, when there is more than one failure: the same cause often shows in many cases.
fn broken(text: &mut String, state: &State) -> fmt::Result {
    let failed: Vec<&CaseResult> = state.held(Verdict::Fail).collect();
    if failed.len() < 2 {
        return Ok(());
    }
    let mut statements: Vec<(String, Vec<&str>)> = Vec::new();
    for result in failed {
        let broken = |rule: &&RuleOutcome| rule.state == RuleState::Broken && rule.level == Level::Must;
        for rule in result.rules.iter().filter(broken) {
            // An id means one thing in 3.1.1 and another in 5.0.
            let statement = format!("{} of {}", rule.statement, state.version(&result.case));
            match statements.iter_mut().find(|(other, _)| *other == statement) {
                Some((_, cases)) if cases.last() == Some(&result.case.as_str()) => {}
                Some((_, cases)) => cases.push(&result.case),
                None => statements.push((statement, vec![&result.case])),
            }
        }
    }
    if statements.is_empty() {
        return Ok(());
    }
    writeln!(text, "{BOLD}broken statements{BOLD:#}")?;
    for (statement, cases) in statements {
        writeln!(text, "  {}  {}: {}", Shown(&statement), counted(cases.len(), "case"), few(&cases))?;
    }
    writeln!(text)
}
