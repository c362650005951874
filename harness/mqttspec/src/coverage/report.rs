//! Coverage as text, Markdown and JSON.

use super::breach::Played;
use super::{Coverage, Covered, Way};
use crate::report::text::{Shown, counted};
use mqttspec_codec::Version;
use mqttspec_engine::statement::Level;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The version of the JSON document's form.
pub const SCHEMA: u32 = 1;

/// What can be seen of a version at a glance.
#[derive(Debug, Serialize)]
pub struct Totals {
    /// Statements that bind a Server.
    pub statements: usize,
    /// Of these, how many can be observed.
    pub observable: usize,
    /// How many are proved in each way.
    pub ways: BTreeMap<&'static str, usize>,
    /// How many that can be observed no saboteur breaks.
    pub without_saboteur: usize,
    /// The same of duties: clauses, and statements that have none.
    pub duties: Counts,
    /// The same of what the text asks without a number.
    pub prose: Counts,
}

/// How many there are, and how many are proved in each way.
#[derive(Debug, Serialize)]
pub struct Counts {
    /// All of them.
    pub all: usize,
    /// Of these, how many can be observed.
    pub observable: usize,
    /// How many are proved in each way.
    pub ways: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn new<'c>(of: impl Iterator<Item = &'c Covered>) -> Self {
        let of: Vec<&Covered> = of.collect();
        let count = |way: Way| of.iter().filter(|covered| covered.way == way).count();
        Self {
            all: of.len(),
            observable: of.len() - count(Way::Unobservable),
            ways: Way::ALL.map(|way| (way.word(), count(way))).into(),
        }
    }
}

/// The whole as one document.
#[derive(Debug, Serialize)]
pub struct Document<'c> {
    schema: u32,
    tool: &'static str,
    corpus: &'c str,
    versions: Vec<OfVersion<'c>>,
}

#[derive(Debug, Serialize)]
struct OfVersion<'c> {
    version: String,
    totals: Totals,
    statements: &'c [Covered],
    prose: &'c [Covered],
    breaches: &'c [Played],
}

/// The JSON document.
#[must_use]
pub fn document<'c>(coverages: &'c [Coverage], corpus: &'c str) -> Document<'c> {
    let of_version = |coverage: &'c Coverage| OfVersion {
        version: coverage.version.to_string(),
        totals: totals(coverage),
        statements: &coverage.statements,
        prose: &coverage.prose,
        breaches: &coverage.breaches,
    };
    let versions = coverages.iter().map(of_version).collect();
    Document { schema: SCHEMA, tool: env!("CARGO_PKG_VERSION"), corpus, versions }
}

fn totals(coverage: &Coverage) -> Totals {
    let count = |way: Way| coverage.by(way).count();
    Totals {
        statements: coverage.statements.len(),
        observable: coverage.statements.len() - count(Way::Unobservable),
        ways: Way::ALL.map(|way| (way.word(), count(way))).into(),
        without_saboteur: without_saboteur(coverage).count(),
        duties: Counts::new(coverage.duties()),
        prose: Counts::new(coverage.of_prose()),
    }
}

fn without_saboteur(coverage: &Coverage) -> impl Iterator<Item = &Covered> {
    coverage.duties().filter(|covered| covered.way != Way::Unobservable && covered.saboteurs.is_empty())
}

/// The sections of a version by their first two numbers, in order, each with its statements.
fn sections(coverage: &Coverage) -> Vec<(String, Vec<&Covered>)> {
    let mut sections: Vec<(String, Vec<&Covered>)> = Vec::new();
    for covered in &coverage.statements {
        let section = covered.section.split('.').take(2).collect::<Vec<_>>().join(".");
        match sections.iter_mut().find(|(known, _)| *known == section) {
            Some((_, statements)) => statements.push(covered),
            None => sections.push((section, vec![covered])),
        }
    }
    sections
}

/// For people at a terminal. With `verbose` also every statement, with all that proves it.
///
/// # Errors
/// Never: text can always be written.
pub fn text(coverages: &[Coverage], verbose: bool) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for coverage in coverages {
        let totals = totals(coverage);
        let (version, of) = (coverage.version, counted(totals.statements, "statement"));
        writeln!(out, "MQTT {version}: {of} bind a Server, {} can be observed\n", totals.observable)?;
        write!(out, "{:<9}{:>10}", "section", "statements")?;
        Way::ALL.iter().try_for_each(|way| write!(out, "{:>14}", way.word()))?;
        writeln!(out)?;
        for (section, statements) in sections(coverage) {
            write!(out, "{section:<9}{:>10}", statements.len())?;
            for way in Way::ALL {
                write!(out, "{:>14}", blank(statements.iter().filter(|covered| covered.way == way).count()))?;
            }
            writeln!(out)?;
        }
        write!(out, "{:<9}{:>10}", "total", totals.statements)?;
        Way::ALL.iter().try_for_each(|way| write!(out, "{:>14}", blank(coverage.by(*way).count())))?;
        writeln!(out)?;
        for (name, counts) in [("duties", &totals.duties), ("prose", &totals.prose)] {
            write!(out, "{name:<9}{:>10}", counts.all)?;
            Way::ALL.iter().try_for_each(|way| write!(out, "{:>14}", blank(counts.ways[way.word()])))?;
            writeln!(out)?;
        }
        if verbose {
            for covered in coverage.statements.iter().chain(&coverage.prose) {
                writeln!(out)?;
                statement(&mut out, covered)?;
            }
        }
        lists(&mut out, coverage)?;
        breaches(&mut out, coverage, verbose)?;
    }
    Ok(out)
}

fn blank(count: usize) -> String {
    if count == 0 { ".".to_owned() } else { count.to_string() }
}

fn lists(out: &mut String, coverage: &Coverage) -> fmt::Result {
    let version = coverage.version;
    writeln!(out, "\nunobservable in {version}")?;
    for covered in coverage.duties().filter(|covered| covered.way == Way::Unobservable) {
        writeln!(out, "  {:<16} {}", covered.id, covered.why.as_deref().unwrap_or_default())?;
    }
    writeln!(out, "\nuncovered in {version}")?;
    let uncovered = coverage.all_duties();
    let uncovered = uncovered.filter(|covered| covered.way == Way::Uncovered);
    none_or(out, uncovered.map(|c| format!("{:<16} {:<6} {}", c.id, word(c.level), c.summary)))?;
    writeln!(out, "\nwithout a saboteur in {version}")?;
    none_or(out, without_saboteur(coverage).map(|c| format!("{:<16} {:<8} {}", c.id, c.way.word(), c.summary)))?;
    writeln!(out)
}

/// What Clients do wrong: how much of it is played, and what is not.
fn breaches(out: &mut String, coverage: &Coverage, verbose: bool) -> fmt::Result {
    let (all, version) = (&coverage.breaches, coverage.version);
    let played = all.iter().filter(|breach| !breach.cases.is_empty()).count();
    writeln!(out, "breaches of Clients that a Server answers in {version}: {}, {played} played", all.len())?;
    for breach in all.iter().filter(|breach| verbose || breach.cases.is_empty()) {
        let by = match breach.cases.as_slice() {
            [] => "no case plays it".to_owned(),
            [first, ..] => format!("{}: {}", counted(breach.cases.len(), "case"), Shown(first)),
        };
        writeln!(out, "  {:<16} {:<16} {:<8} {by}", breach.id, breach.answer, breach.basis())?;
    }
    writeln!(out)
}

fn none_or(out: &mut String, rows: impl Iterator<Item = String>) -> fmt::Result {
    let mut any = false;
    for row in rows {
        any = true;
        writeln!(out, "  {row}")?;
    }
    if any { Ok(()) } else { writeln!(out, "  none") }
}

/// A statement, and all that proves it.
fn statement(out: &mut String, covered: &Covered) -> fmt::Result {
    writeln!(out, "{} {} section {}: {}", covered.id, word(covered.level), covered.section, Shown(&covered.summary))?;
    proofs(out, covered)
}

/// All that proves a statement, a line each.
///
/// # Errors
/// Never: text can always be written.
pub(crate) fn proofs(out: &mut String, covered: &Covered) -> fmt::Result {
    if let Some(why) = &covered.why {
        writeln!(out, "  cannot be observed: {}", Shown(why))?;
    }
    for proof in &covered.rules {
        let cases = counted(proof.cases.len(), "case");
        let level = if proof.level < covered.level { format!(", {} only", word(proof.level)) } else { String::new() };
        writeln!(out, "  rule      {}: {} ({cases}{level})", Shown(&proof.scenario), Shown(&proof.rule))?;
    }
    covered.owed.iter().try_for_each(|text| writeln!(out, "  owed      {text}"))?;
    covered.monitors.iter().try_for_each(|text| writeln!(out, "  monitor   {text}"))?;
    for clause in &covered.clauses {
        statement(out, clause)?;
    }
    if covered.clauses.is_empty() && covered.way == Way::Uncovered {
        writeln!(out, "  nothing proves it yet")?;
    }
    if !covered.saboteurs.is_empty() {
        writeln!(out, "  saboteurs {}", covered.saboteurs.join(", "))?;
    }
    Ok(())
}

pub(crate) const fn word(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
        Level::Info => "MAY",
    }
}

/// For a page: a table per version, and what is not proved.
///
/// # Errors
/// Never: text can always be written.
pub fn markdown(coverages: &[Coverage]) -> Result<String, fmt::Error> {
    let mut out = "# What proves each statement\n".to_owned();
    for coverage in coverages {
        let totals = totals(coverage);
        let version = coverage.version;
        let of = counted(totals.statements, "statement");
        writeln!(out, "\n## MQTT {version}\n\n{of} bind a Server, {} can be observed.\n", totals.observable)?;
        writeln!(out, "| section | statements | rule | owed | monitor | unobservable | uncovered |")?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|")?;
        for (section, statements) in sections(coverage) {
            write!(out, "| {section} | {}", statements.len())?;
            for way in Way::ALL {
                write!(out, " | {}", statements.iter().filter(|covered| covered.way == way).count())?;
            }
            writeln!(out, " |")?;
        }
        write!(out, "| **all** | {}", totals.statements)?;
        Way::ALL.iter().try_for_each(|way| write!(out, " | {}", coverage.by(*way).count()))?;
        writeln!(out, " |\n\n| statement | level | proved by | saboteurs | what it asks |\n|---|---|---|--:|---|")?;
        for covered in coverage.all_duties() {
            let (id, level, by) = (&covered.id, word(covered.level), ways(covered));
            writeln!(out, "| {id} | {level} | {by} | {} | {} |", covered.saboteurs.len(), covered.summary)?;
        }
        writeln!(out, "\n| breach of a Client | answered by | basis | cases |\n|---|---|---|--:|")?;
        for breach in &coverage.breaches {
            let Played { id, answer, cases, .. } = breach;
            writeln!(out, "| {id} | {answer} | {} | {} |", breach.basis(), cases.len())?;
        }
    }
    Ok(out)
}

/// Every way in which a statement is proved, or the reason why it is not.
pub(crate) fn ways(covered: &Covered) -> String {
    if let Some(why) = &covered.why {
        return format!("unobservable: {why}");
    }
    let ways = [(Way::Rule, covered.rules.is_empty()), (Way::Owed, covered.owed.is_empty())];
    let ways = ways.into_iter().chain([(Way::Monitor, covered.monitors.is_empty())]);
    let ways: Vec<&str> = ways.filter(|(_, none)| !none).map(|(way, _)| way.word()).collect();
    if ways.is_empty() { Way::Uncovered.word().to_owned() } else { ways.join(", ") }
}

/// The committed list of what is still uncovered: a line each.
#[must_use]
pub fn uncovered(coverages: &[Coverage]) -> Vec<(Version, String)> {
    let of = |coverage: &Coverage| {
        let version = coverage.version;
        let duties = coverage.all_duties();
        duties
            .filter(|covered| covered.way == Way::Uncovered)
            .map(|covered| (version, covered.id.clone()))
            .collect::<Vec<_>>()
    };
    coverages.iter().flat_map(of).collect()
}
