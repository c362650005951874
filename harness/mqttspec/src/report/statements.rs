//! What cases say of statements, and the order in which that is told.

use super::run::Case;
use mqttspec_engine::event::{RuleKind, RuleOutcome, RuleState, Verdict};
use mqttspec_engine::statement::Level;
use std::collections::BTreeMap;

/// What a reader looks for comes first.
pub(super) const fn rank(verdict: Option<Verdict>) -> u8 {
    match verdict {
        Some(Verdict::Fail) => 0,
        Some(Verdict::Inconclusive) => 1,
        None => 2,
        Some(Verdict::Nonstrict) => 3,
        Some(Verdict::Unsupported) => 4,
        Some(Verdict::Info) => 5,
        Some(Verdict::Skipped) => 6,
        Some(Verdict::Pass) => 7,
    }
}

/// What a case says of the statements that it is about.
pub(super) fn said(case: &Case) -> BTreeMap<&str, Option<Verdict>> {
    let mut said = BTreeMap::new();
    // What every case is owed is told where it was not given.
    let told = |rule: &&RuleOutcome| rule.kind == RuleKind::Scenario || rule.state == RuleState::Broken;
    for rule in case.rules().iter().filter(told) {
        let verdict = match (rule.state, rule.level) {
            (RuleState::Proved, _) => Some(Verdict::Pass),
            (RuleState::NotReached, _) => case.verdict(),
            (RuleState::Broken, Level::Info) => Some(Verdict::Info),
            (RuleState::Broken, Level::Should) => Some(Verdict::Nonstrict),
            (RuleState::Broken, Level::Must) if rule.breach.as_ref().is_some_and(|breach| breach.late) => {
                Some(Verdict::Nonstrict)
            }
            (RuleState::Broken, Level::Must) => Some(Verdict::Fail),
        };
        let known = said.entry(rule.statement.as_str()).or_insert(verdict);
        if rank(verdict) < rank(*known) {
            *known = verdict;
        }
    }
    if said.is_empty() {
        said.extend(case.planned.statements.iter().map(|statement| (statement.as_str(), case.verdict())));
    }
    said
}

/// The word for what came of a case.
pub(super) fn word(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("missing", Verdict::word)
}

/// A part of an id, so that 3.10 comes after 3.2.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part<'a> {
    Number(u32),
    Text(&'a str),
}

/// An id in its parts.
pub(super) fn natural(id: &str) -> Vec<Part<'_>> {
    id.split(['-', '.']).map(|part| part.parse().map_or(Part::Text(part), Part::Number)).collect()
}
