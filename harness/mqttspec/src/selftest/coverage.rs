//! Which statements have no saboteur that shows the teeth of their rules.

use super::TrialResult;
use mqttspec_codec::Version;
use mqttspec_engine::plan::Case;
use mqttspec_engine::statement::{Catalogue, Level};
use std::collections::BTreeSet;

/// The statements, per version, that rules of these cases name and by which no saboteur was caught. A rule that is
/// no MUST is left out: no case fails by it.
#[must_use]
pub fn without_saboteur(cases: &[Case], catalogue: &Catalogue, results: &[TrialResult]) -> Vec<(Version, String)> {
    let named: BTreeSet<(Version, String)> = cases.iter().flat_map(|case| musts(case, catalogue)).collect();
    let by = |result: &TrialResult| {
        let version = result.trial.version;
        result.catches.iter().map(move |catch| (version, catch.statement.clone())).collect::<Vec<_>>()
    };
    let caught: BTreeSet<(Version, String)> = results.iter().flat_map(by).collect();
    named.difference(&caught).cloned().collect()
}

fn musts(case: &Case, catalogue: &Catalogue) -> Vec<(Version, String)> {
    let must = |rule: usize| {
        let rule = &case.scenario.rules[rule];
        let statement = rule.statement(case.version)?;
        let level = rule.level.or_else(|| Some(catalogue.get(case.version, statement)?.level))?;
        (level == Level::Must).then(|| (case.version, statement.to_owned()))
    };
    case.rules().into_iter().filter_map(must).collect()
}
