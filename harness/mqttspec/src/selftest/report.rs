//! What a self-test came to: as a table, and as JSON.

use super::{Catch, Doubt, Outcome, TrialResult};
use crate::report::text::{Pairs, Seconds, Shown, counted};
use anstyle::{AnsiColor, Style};
use mqttspec_broker::Sabotage;
use mqttspec_codec::Version;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::{self, Write};

const BOLD: Style = Style::new().bold();

/// The version of the JSON document's form.
pub const SCHEMA: u32 = 1;

/// All that is told of a self-test.
#[derive(Debug)]
pub struct SelfTest {
    /// Every trial, by saboteur and version.
    pub results: Vec<TrialResult>,
    /// The statements that rules of the cases name and by which no saboteur was caught.
    pub without_saboteur: Vec<(Version, String)>,
}

impl SelfTest {
    /// Whether every saboteur was caught, in each version.
    #[must_use]
    pub fn all_caught(&self) -> bool {
        self.results.iter().all(|result| result.outcome() == Outcome::Caught)
    }

    /// The table: a line for each saboteur and version. With `verbose` also what it does, every case that caught it,
    /// and the first evidence.
    ///
    /// # Errors
    /// Never: text can always be written.
    pub fn table(&self, verbose: bool) -> Result<String, fmt::Error> {
        let mut text = String::new();
        let names = self.results.iter().map(|result| result.trial.sabotage.name.len());
        let width = names.max().unwrap_or_default();
        for result in &self.results {
            row(&mut text, result, width)?;
            if verbose {
                details(&mut text, result)?;
            }
        }
        if !self.results.is_empty() {
            writeln!(text)?;
        }
        self.totals(&mut text)?;
        Ok(text)
    }

    fn totals(&self, text: &mut String) -> fmt::Result {
        if !self.without_saboteur.is_empty() {
            let ids = self.without_saboteur.iter().map(|(version, id)| format!("{id} of {version}"));
            writeln!(text, "no saboteur was caught by  {}", ids.collect::<Vec<_>>().join(", "))?;
        }
        let saboteurs: BTreeSet<&str> = self.results.iter().map(|result| result.trial.sabotage.name).collect();
        let count = |outcome: Outcome| self.results.iter().filter(|result| result.outcome() == outcome).count();
        write!(text, "{BOLD}total{BOLD:#}    {}", counted(saboteurs.len(), "saboteur"))?;
        write!(text, " in {}: {} caught", counted(self.results.len(), "trial"), count(Outcome::Caught))?;
        for (outcome, words) in
            [(Outcome::OtherStatement, "caught, but by another statement"), (Outcome::Nobody, "caught by none")]
        {
            if count(outcome) > 0 {
                write!(text, ", {} {words}", count(outcome))?;
            }
        }
        writeln!(text)
    }

    /// The same as one JSON document.
    #[must_use]
    pub fn document(&self) -> Document<'_> {
        let without = self.without_saboteur.iter();
        Document {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION"),
            all_caught: self.all_caught(),
            trials: self.results.iter().map(trial_document).collect(),
            without_saboteur: without.map(|(version, id)| (version.to_string(), id.as_str())).collect(),
        }
    }
}

fn row(text: &mut String, result: &TrialResult, width: usize) -> fmt::Result {
    let (sabotage, version) = (result.trial.sabotage, result.trial.version);
    write_outcome(text, result.outcome())?;
    write!(text, "  {:width$}  {:5}  ", sabotage.name, version.to_string())?;
    match (result.catches.first(), result.others.first()) {
        (Some(catch), _) => writeln!(text, "{:13}  {}", catch.statement, Shown(&catch.case)),
        (None, Some(other)) => {
            let broken = sabotage.breaks(version).join(", ");
            let by = format!("{} in {}", other.statement, Shown(&other.case));
            writeln!(text, "{broken}  caught, but by another statement: {by}")
        }
        (None, None) => {
            let broken = sabotage.breaks(version).join(", ");
            write!(text, "{broken}  caught by none")?;
            if !result.inconclusive.is_empty() {
                write!(text, "; {} inconclusive", result.inconclusive.len())?;
            }
            writeln!(text, "{}", if result.monitored { "; a monitor saw it" } else { "" })
        }
    }
}

fn write_outcome(text: &mut String, outcome: Outcome) -> fmt::Result {
    let (style, word) = match outcome {
        Outcome::Caught => (AnsiColor::Green.on_default(), "caught "),
        Outcome::OtherStatement => (AnsiColor::Yellow.on_default().bold(), "OTHER  "),
        Outcome::Nobody => (AnsiColor::Red.on_default().bold(), "ESCAPED"),
    };
    write!(text, "{style}{word}{style:#}")
}

fn details(text: &mut String, result: &TrialResult) -> fmt::Result {
    writeln!(text, "  it        {}", result.trial.sabotage.text)?;
    if let Some(doubt) = result.inconclusive.first().filter(|_| result.catches.is_empty()) {
        writeln!(text, "  doubt     {}: {}", Shown(&doubt.case), Shown(&doubt.reason))?;
    }
    let Some(first) = result.catches.first().or(result.others.first()) else { return Ok(()) };
    evidence(text, first)?;
    let mut told = BTreeSet::from([first.case.as_str()]);
    let also = result.catches.iter().filter(|catch| told.insert(&catch.case));
    let also: Vec<String> = also.map(|catch| Shown(&catch.case).to_string()).collect();
    if !also.is_empty() {
        writeln!(text, "  also      {}", also.join(" "))?;
    }
    let statements: BTreeSet<&str> = result.others.iter().map(|other| other.statement.as_str()).collect();
    if !statements.is_empty() {
        let (cases, statements) = (counted(result.others.len(), "case"), statements.into_iter().collect::<Vec<_>>());
        writeln!(text, "  besides   {cases} by {}", statements.join(", "))?;
    }
    Ok(())
}

fn evidence(text: &mut String, catch: &Catch) -> fmt::Result {
    writeln!(text, "  rule      {}", Shown(&catch.rule))?;
    let Some(breach) = &catch.breach else { return Ok(()) };
    let expected = crate::report::text::squeezed(&breach.expected);
    writeln!(text, "  expected  {}", Shown(&expected))?;
    writeln!(text, "  actual    +{} s  {}", Seconds(breach.at_us), Shown(&breach.actual))?;
    match &breach.hex {
        Some(hex) => writeln!(text, "  hex       {}", Pairs(hex)),
        None => Ok(()),
    }
}

/// The list of saboteurs, with what each does and breaks.
///
/// # Errors
/// Never: text can always be written.
pub fn list<'s>(saboteurs: impl IntoIterator<Item = &'s Sabotage>) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for sabotage in saboteurs {
        let breaks = Version::ALL.into_iter().filter(|version| !sabotage.breaks(*version).is_empty());
        let breaks = breaks.map(|version| format!("{version}: {}", sabotage.breaks(version).join(", ")));
        writeln!(text, "{BOLD}{}{BOLD:#}", sabotage.name)?;
        writeln!(text, "  {}", sabotage.text)?;
        writeln!(text, "  {}", breaks.collect::<Vec<_>>().join("; "))?;
    }
    Ok(text)
}

/// A self-test as JSON.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    schema: u32,
    tool: &'static str,
    all_caught: bool,
    trials: Vec<TrialDocument<'a>>,
    without_saboteur: Vec<(String, &'a str)>,
}

#[derive(Debug, Serialize)]
struct TrialDocument<'a> {
    saboteur: &'static str,
    text: &'static str,
    version: String,
    breaks: &'static [&'static str],
    outcome: Outcome,
    caught_by: &'a [Catch],
    other_failures: &'a [Catch],
    inconclusive: &'a [Doubt],
    monitored: bool,
}

fn trial_document(result: &TrialResult) -> TrialDocument<'_> {
    let sabotage = result.trial.sabotage;
    TrialDocument {
        saboteur: sabotage.name,
        text: sabotage.text,
        version: result.trial.version.to_string(),
        breaks: sabotage.breaks(result.trial.version),
        outcome: result.outcome(),
        caught_by: &result.catches,
        other_failures: &result.others,
        inconclusive: &result.inconclusive,
        monitored: result.monitored,
    }
}
