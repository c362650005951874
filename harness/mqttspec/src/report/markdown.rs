//! A summary of at most [`LINES`] lines, for the page of a CI job or a comment.

use super::findings::Seen;
use super::run::{Case, Run};
use super::terminal::overlaid::{actual, expected};
use super::text::{Seconds, counted, quoted};
use crate::overlay::Overlay;
use mqttspec_engine::event::{RuleOutcome, Verdict};
use mqttspec_engine::statement::Level;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

/// The most lines that a summary has, however much a run came to.
pub const LINES: usize = 60;
/// How many rows a table of failures has.
const ROWS: usize = 12;
/// The longest text of a cell, in characters.
const LONGEST: usize = 160;

/// Writes the summary.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run, mut out: impl Write) -> io::Result<()> {
    let text = summary(run).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn summary(run: &Run) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let (exit_code, reason) = match &run.finished {
        Some(finished) => (Some(finished.exit_code), finished.reason.as_str()),
        None => (None, "the run did not end"),
    };
    let sign = match exit_code {
        Some(0) => "✅",
        Some(4 | 6 | 7) => "⚠️",
        _ => "❌",
    };
    writeln!(text, "## {sign} mqttspec: {}\n", Cell(reason))?;
    let environment = &run.environment;
    let mut facts = vec![format!("target {}", Cell(&run.target))];
    facts.extend(environment.transport.as_ref().map(|transport| format!("over {}", Cell(transport))));
    facts.extend(environment.server.as_ref().map(|server| Cell(server).to_string()));
    facts.extend(run.image.as_ref().map(|image| Cell(image.digest.as_ref().unwrap_or(&image.id)).to_string()));
    facts.push(format!("seed {}", run.seed));
    facts.push(format!("corpus {}", Cell(&run.corpus)));
    facts.push(format!("mqttspec {}", Cell(&run.tool)));
    facts.extend(run.finished.as_ref().map(|finished| format!("{} s", Seconds(finished.duration_us))));
    writeln!(text, "{}\n", facts.join(" · "))?;
    totals(&mut text, run)?;
    let held = |case: &&Case| !run.overlay(case).is_some_and(Overlay::is_excused);
    let of = |verdict: Verdict| run.cases.iter().filter(move |case| case.verdict() == Some(verdict)).filter(held);
    let told = against(&mut text, run)?;
    cases(&mut text, run, "Failures", &of(Verdict::Fail).collect::<Vec<_>>(), ROWS - told)?;
    findings(&mut text, run)?;
    cases(&mut text, run, "Inconclusive", &of(Verdict::Inconclusive).collect::<Vec<_>>(), 4)?;
    flaky(&mut text, run)?;
    cases(&mut text, run, "Not strict", &of(Verdict::Nonstrict).collect::<Vec<_>>(), 2)?;
    debug_assert!(text.lines().count() <= LINES, "{text}");
    Ok(text)
}

fn totals(text: &mut String, run: &Run) -> fmt::Result {
    let totals = run.totals();
    let words: Vec<(&str, usize)> = totals.words().filter(|(_, count)| *count > 0).collect();
    let head: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    writeln!(text, "| version | cases | {} |", head.join(" | "))?;
    writeln!(text, "|---|---:|{}", "---:|".repeat(head.len().max(1)))?;
    let mut versions: Vec<&str> = run.cases.iter().map(|case| case.planned.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    for version in versions.into_iter().take(2) {
        let of_it: Vec<&Case> = run.cases.iter().filter(|case| case.planned.version == version).collect();
        let count = |word: &&str| of_it.iter().filter(|case| case.word() == *word).count().to_string();
        let counts: Vec<String> = head.iter().map(count).collect();
        writeln!(text, "| {} | {} | {} |", Cell(version), of_it.len(), counts.join(" | "))?;
    }
    let counts: Vec<String> = words.iter().map(|(_, count)| count.to_string()).collect();
    writeln!(text, "| all | {} | {} |", totals.planned, counts.join(" | "))
}

/// What differs from what was expected. Gives how many lines less are left for the failures.
fn against(text: &mut String, run: &Run) -> Result<usize, fmt::Error> {
    let expectations = run.overlays.expectations();
    let from = text.lines().count();
    if expectations.baseline.is_none() && expectations.corpus.is_none() {
        return Ok(0);
    }
    let mut told: Vec<String> = Vec::new();
    for overlay in Overlay::ALL {
        let count = run.overlaid(overlay).count();
        told.extend((count > 0).then(|| format!("{count} {}", overlay.word())));
    }
    let stale = run.overlays.stale();
    told.extend((!stale.is_empty()).then(|| format!("{} past the last day", stale.len())));
    let told = if told.is_empty() { "no case of it".to_owned() } else { told.join(", ") };
    writeln!(text, "\nBaseline: {told}\n")?;
    let different = [Overlay::Xpass, Overlay::Changed];
    for case in different.into_iter().flat_map(|overlay| run.overlaid(overlay)).take(2) {
        let entry = run.overlays.expected(&case.planned.case);
        let told = entry.map(|entry| expected(entry.verdict, entry.reason.as_deref())).unwrap_or_default();
        let is = case.result.as_ref().map(actual).unwrap_or_default();
        writeln!(text, "- <code>{}</code>: {}, not {}", Code(&case.planned.case), Cell(&is), Cell(&told))?;
    }
    if let Some((place, (until, _))) = stale.first_key_value() {
        writeln!(text, "- {} held until {}", Cell(place), Cell(until))?;
    }
    Ok(text.lines().count() - from)
}

fn cases(text: &mut String, run: &Run, title: &str, cases: &[&Case], rows: usize) -> fmt::Result {
    if cases.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n### {title}: {}\n", counted(cases.len(), "case"))?;
    writeln!(text, "| case | statement | what |\n|---|---|---|")?;
    for case in cases.iter().take(rows) {
        let rule = case.broken().first().copied();
        let statement = rule.map_or("", |rule| &rule.statement);
        let what = rule.map_or_else(|| case.reason().to_owned(), what);
        writeln!(text, "| <code>{}</code> | {} | {} |", Code(&case.planned.case), Cell(statement), Cell(&what))?;
    }
    if cases.len() > rows {
        writeln!(text, "\nand {} more.", cases.len() - rows)?;
    }
    if let Some(first) = cases.first().filter(|_| rows > ROWS / 3 && !run.environment.again.is_empty()) {
        let words = run.environment.again.iter().chain([&first.planned.case]);
        let command: Vec<_> = words.map(|word| quoted(word)).collect();
        writeln!(text, "\nThe first again: <code>{}</code>", Code(&command.join(" ")))?;
    }
    Ok(())
}

/// Cases that went wrong in one attempt and not in another, in one line.
fn flaky(text: &mut String, run: &Run) -> fmt::Result {
    let all: Vec<&Case> = run.cases.iter().filter(|case| case.flaky).collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n### Flaky: {}\n", counted(all.len(), "case"))?;
    let told = |case: &&Case| {
        let mut attempts: Vec<(u32, &str)> =
            case.attempts.iter().map(|attempt| (attempt.number, attempt.result.verdict.word())).collect();
        attempts.push((case.attempt, case.word()));
        attempts.sort_unstable();
        let words: Vec<&str> = attempts.into_iter().map(|(_, word)| word).collect();
        format!("<code>{}</code> ({})", Code(&case.planned.case), words.join(", "))
    };
    let shown: Vec<String> = all.iter().take(5).map(told).collect();
    let more = if all.len() > 5 { format!(" and {} more", all.len() - 5) } else { String::new() };
    writeln!(text, "{}{more}", shown.join(" · "))
}

fn what(rule: &RuleOutcome) -> String {
    match &rule.breach {
        Some(breach) => format!("{}: {}", rule.text, breach.actual),
        None => rule.text.clone(),
    }
}

fn findings(text: &mut String, run: &Run) -> fmt::Result {
    let held = |seen: &&Seen| seen.first.level >= Level::Should && !run.overlays.knows(&seen.first);
    let findings: Vec<_> = run.findings.all().iter().filter(held).collect();
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n### Beside the cases: {}\n", counted(findings.len(), "finding"))?;
    for seen in findings.iter().take(4) {
        let statement = seen.first.statement.as_deref().unwrap_or("no numbered statement");
        let cases = counted(seen.cases.len(), "case");
        writeln!(text, "- {} of {}: {} ({cases})", Cell(statement), Cell(&seen.first.version), Cell(&seen.first.text))?;
    }
    if findings.len() > 4 {
        writeln!(text, "- and {} more", findings.len() - 4)?;
    }
    Ok(())
}

/// A text that is nothing but text: no markup, no line end, nobody's name.
pub(super) struct Cell<'a>(pub(super) &'a str);

/// What stands in `<code>`, to be copied: names are not looked for there, and it is whole.
pub(super) struct Code<'a>(pub(super) &'a str);

impl Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::Shown(self.0).to_string().chars().try_for_each(|character| plain(f, character))
    }
}

/// A character that no reader of Markdown or HTML takes for markup.
fn plain(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    if character.is_ascii_punctuation() && !".,-=%+$:/@".contains(character) {
        write!(f, "&#{};", u32::from(character))
    } else {
        f.write_char(character)
    }
}

impl Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = super::text::Shown(self.0).to_string();
        for (at, character) in shown.chars().enumerate() {
            if at == LONGEST {
                return f.write_str("…");
            }
            plain(f, character)?;
            if character == '@' {
                f.write_char('\u{200b}')?;
            }
        }
        Ok(())
    }
}
