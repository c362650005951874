//! What a run does.

use super::failure::Failure;
use super::suggest;
use crate::corpus::Corpus;
use mqttspec_codec::Version;
use mqttspec_engine::event::{Event, PlannedCase, StatementText, Text};
use mqttspec_engine::plan::{Case, Selection, SelectionError};
use mqttspec_engine::statement::{Catalogue, Statement};
use std::collections::BTreeMap;

/// The cases that are meant, with the controls that they need.
pub(super) fn select(
    corpus: &Corpus,
    selectors: &[String],
    filters: &[String],
    versions: &[Version],
) -> Result<Vec<Case>, Failure> {
    let cases = corpus.cases();
    let known = cases.clone();
    let selection = Selection::new(selectors).of_versions(versions).filtered(filters);
    selection.and_then(|selection| selection.select(cases, &corpus.catalogue)).map_err(|error| match error {
        SelectionError::Filter(error) => error.into(),
        SelectionError::Unknown(name) => {
            let near = suggest::selectors(&name, &known);
            let help = suggest::did_you_mean(&near, "`mqttspec list` lists the cases");
            Failure::usage(SelectionError::Unknown(name).to_string(), help)
        }
    })
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
        statements: unique(case.statements()),
        control: case.control.clone(),
    };
    cases.iter().map(planned).collect()
}

fn unique<'a>(statements: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for statement in statements {
        if all.iter().all(|other| other != statement) {
            all.push(statement.to_owned());
        }
    }
    all
}

/// What these cases rest on: their files, and what their versions ask of a Server.
pub(super) fn corpus(cases: &[Case], catalogue: &Catalogue) -> Event {
    let sources: BTreeMap<&str, &str> =
        cases.iter().map(|case| (case.scenario.source.path.as_str(), case.scenario.source.text.as_str())).collect();
    let text = |(name, text): (&str, &str)| Text { name: name.to_owned(), text: text.to_owned() };
    let statements = versions(cases).into_iter().flat_map(|version| {
        let told = move |statement: &Statement| StatementText {
            version: version.to_string(),
            id: statement.id.clone(),
            section: statement.section.clone(),
            level: statement.level,
            summary: statement.summary.clone(),
        };
        catalogue.statements(version).values().filter(|statement| statement.binds_server).map(told)
    });
    Event::Corpus { sources: sources.into_iter().map(text).collect(), statements: statements.collect() }
}
