//! What a run does.

use super::failure::Failure;
use super::suggest;
use mqttspec_codec::Version;
use mqttspec_engine::event::PlannedCase;
use mqttspec_engine::plan::{Case, Selection};

/// The cases that are meant, of these versions if any are named.
pub(super) fn select(cases: Vec<Case>, selectors: &[String], versions: &[Version]) -> Result<Vec<Case>, Failure> {
    let known = cases.clone();
    let mut cases = Selection::new(selectors).select(cases).map_err(|unknown| {
        let near = suggest::selectors(&unknown.0, &known);
        Failure::usage(unknown.to_string(), suggest::did_you_mean(&near, "`mqttspec list` lists the cases"))
    })?;
    if !versions.is_empty() {
        cases.retain(|case| versions.contains(&case.version));
    }
    Ok(cases)
}

/// Every version that a Client of the case speaks.
fn spoken(case: &Case) -> impl Iterator<Item = Version> + '_ {
    case.scenario.clients.iter().filter_map(|client| client.version).chain([case.version])
}

/// The versions that these cases need, the older first.
pub(super) fn versions(cases: &[Case]) -> Vec<Version> {
    Version::ALL
        .into_iter()
        .filter(|&version| cases.iter().any(|case| spoken(case).any(|other| other == version)))
        .collect()
}

/// For the event stream.
pub(super) fn planned(cases: &[Case]) -> Vec<PlannedCase> {
    let planned = |case: &Case| PlannedCase {
        case: case.id.clone(),
        title: case.scenario.title.clone(),
        version: case.version.to_string(),
        place: case.scenario.source.place(case.scenario.span),
    };
    cases.iter().map(planned).collect()
}
