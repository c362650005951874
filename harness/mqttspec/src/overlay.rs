//! What the user expected of a case, laid over its verdict: the reports and the gate ask here and nowhere else.

use mqttspec_engine::event::{
    CaseResult, Expectation, Expectations, ExpectedFinding, Finding, RuleOutcome, RuleState, Verdict,
};
use mqttspec_engine::statement::{Level, whole};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How a verdict stands to what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Overlay {
    /// As the baseline says: it does not gate.
    Xfail,
    /// It passes though the baseline says otherwise: it gates, so that the baseline stays true.
    Xpass,
    /// Otherwise than the baseline says: it gates.
    Changed,
    /// Younger than the corpus that gates: whatever it comes to, it does not.
    New,
}

impl Overlay {
    /// Every one, in the order in which they are told.
    pub(crate) const ALL: [Self; 4] = [Self::Xpass, Self::Changed, Self::Xfail, Self::New];

    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Changed => "changed",
            Self::New => "new",
        }
    }

    /// Whether the result is not held against the server.
    pub(crate) const fn is_excused(self) -> bool {
        matches!(self, Self::Xfail | Self::New)
    }
}

/// What is expected, by case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlays {
    expectations: Expectations,
    /// Case id to place in `expectations.cases`.
    places: BTreeMap<String, usize>,
    later: BTreeSet<String>,
}

impl Overlays {
    pub(crate) fn new(expectations: Expectations) -> Self {
        let places = expectations.cases.iter().enumerate();
        Self {
            places: places.map(|(at, expected)| (expected.case.clone(), at)).collect(),
            later: expectations.later.iter().cloned().collect(),
            expectations,
        }
    }

    /// All of it.
    pub(crate) const fn expectations(&self) -> &Expectations {
        &self.expectations
    }

    /// What the baseline says of a case, if it says anything.
    pub(crate) fn expected(&self, case: &str) -> Option<&Expectation> {
        self.places.get(case).map(|&at| &self.expectations.cases[at])
    }

    /// How a result stands to what was expected; `None` where nothing was, or where the case did not run.
    pub(crate) fn of(&self, result: &CaseResult) -> Option<Overlay> {
        if self.later.contains(&result.case) {
            return Some(Overlay::New);
        }
        let expected = self.expected(&result.case)?;
        match result.verdict {
            verdict if verdict == expected.verdict && is_for(expected.reason.as_deref(), result) => {
                Some(Overlay::Xfail)
            }
            Verdict::Pass => Some(Overlay::Xpass),
            // What was not tried says nothing of the server.
            Verdict::Skipped | Verdict::Unsupported => None,
            _ => Some(Overlay::Changed),
        }
    }

    /// Whether the baseline knows a finding.
    pub(crate) fn knows(&self, finding: &Finding) -> bool {
        self.known(finding).is_some()
    }

    /// What the baseline says of a finding, if it knows it.
    pub(crate) fn known(&self, finding: &Finding) -> Option<&ExpectedFinding> {
        self.expectations.findings.iter().find(|known| {
            known.version.as_ref().is_none_or(|version| *version == finding.version)
                && match &finding.statement {
                    Some(statement) => *statement == known.what,
                    None => words(&known.what) == words(&finding.text),
                }
        })
    }

    /// The places of the entries whose last day has passed: each with that day and its reason.
    pub(crate) fn stale(&self) -> BTreeMap<&str, (&str, &str)> {
        let cases = self.expectations.cases.iter().map(|expected| &expected.note);
        let notes = cases.chain(self.expectations.findings.iter().map(|known| &known.note));
        let told = notes.filter(|note| note.stale);
        told.map(|note| (note.place.as_str(), (note.until.as_deref().unwrap_or_default(), note.why.as_str()))).collect()
    }
}

/// The reason of a result as a baseline has it: the same from run to run.
pub(crate) fn reason(result: &CaseResult) -> String {
    if is_crash(result) {
        return CRASH.to_owned();
    }
    let broken: Vec<String> = decisive(result).map(|rule| format!("{} {}", rule.statement, rule.name)).collect();
    if broken.is_empty() { words(&result.reason) } else { broken.join(", ") }
}

const CRASH: &str = "crash";

fn is_crash(result: &CaseResult) -> bool {
    result.tags.iter().any(|tag| tag == CRASH)
}

/// The broken rules that make the verdict.
fn decisive(result: &CaseResult) -> impl Iterator<Item = &RuleOutcome> {
    let level = match result.verdict {
        Verdict::Fail => Some(Level::Must),
        Verdict::Nonstrict => Some(Level::Should),
        Verdict::Info => Some(Level::Info),
        _ => None,
    };
    let broken = result.rules.iter().filter(|rule| rule.state == RuleState::Broken);
    broken.filter(move |rule| level.is_some_and(|level| rule.level >= level))
}

/// Whether a result has the expected reason. Of broken rules each has to be named: one more is another failure. That
/// the server dies is never what somebody meant who did not say so.
fn is_for(expected: Option<&str>, result: &CaseResult) -> bool {
    let Some(expected) = expected else { return !is_crash(result) };
    if is_crash(result) || expected == CRASH {
        return is_crash(result) && expected == CRASH;
    }
    let named: Vec<&str> = expected.split(',').map(str::trim).collect();
    let is_named = |rule: &RuleOutcome| {
        let both = format!("{} {}", rule.statement, rule.name);
        // A statement stands for its clauses, so that a statement which is split later leaves the entry as it is.
        named.iter().any(|named| *named == both || *named == rule.statement || *named == whole(&rule.statement))
    };
    let mut broken = decisive(result).peekable();
    if broken.peek().is_some() { broken.all(is_named) } else { words(&result.reason).contains(&words(expected)) }
}

/// A text without what differs from run to run: numbers, what is quoted, and names that are drawn.
fn words(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for (at, part) in text.split('"').enumerate() {
        let plain = |word: &&str| !word.chars().any(|c| c.is_ascii_digit()) || word.starts_with("MQTT-");
        if at % 2 == 0 {
            out.extend(part.split_whitespace().filter(plain));
        }
    }
    out.join(" ")
}
