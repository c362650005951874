//! A scenario file.

use super::cursor::{Cursor, unknown};
use super::scope::Scope;
use super::{client, facts, head, history, step, syntax};
use crate::scenario::error::{LoadError, Problem};
use crate::scenario::{Scenario, Source, Span};
use crate::statement::Catalogue;
use kdl::KdlNode;
use std::sync::Arc;

/// Parses one scenario file, which may hold several scenarios. `area` is the folder's name.
///
/// # Errors
///
/// Everything that is wrong in the file, each with its place.
pub fn load(source: Arc<Source>, area: &str, catalogue: &Catalogue) -> Result<Vec<Scenario>, LoadError> {
    let document = syntax::parse(&source)?;
    let mut problems = Vec::new();
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut names: Vec<(String, Span)> = Vec::new();
    for node in document.nodes() {
        if node.name().value() != "scenario" {
            problems.push(unknown("node", node.name().value(), "", node.name().span().into(), &["scenario"]));
            continue;
        }
        let mut scope = Scope::new(catalogue);
        let Some((name, span)) = name(&mut scope, node) else {
            problems.append(&mut scope.problems);
            continue;
        };
        if let Some((_, first)) = names.iter().find(|(other, _)| *other == name) {
            problems.push(
                Problem::new(format!("a second scenario `{name}`"), span, "again here").note(*first, "first here"),
            );
        }
        names.push((name.clone(), span));
        let scenario = scenario(&mut scope, node, name, span, &source, area);
        if scope.problems.is_empty() {
            crate::scenario::lint::check(&scenario, &mut scope.problems);
        }
        problems.append(&mut scope.problems);
        scenarios.push(scenario);
    }
    if document.nodes().is_empty() {
        let nothing = Span { offset: 0, len: 0 };
        problems
            .push(Problem::new("a file without a scenario", nothing, "nothing here").help("`scenario NAME { ... }`"));
    }
    if problems.is_empty() { Ok(scenarios) } else { Err(LoadError::new(&source, problems)) }
}

fn name(scope: &mut Scope<'_>, node: &KdlNode) -> Option<(String, Span)> {
    let mut cursor = Cursor::new(node, &mut scope.problems);
    let Some(word) = cursor.word() else {
        scope.report(
            Problem::new("a scenario without a name", cursor.line(), "no name")
                .help("such as `scenario qos0-delivered { }`"),
        );
        return None;
    };
    let span = super::cursor::span(word);
    let name = super::cursor::text(word, "the name of a scenario", &mut scope.problems)?;
    cursor.finish("`scenario`", &[], &mut scope.problems);
    let lawful = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(lawful) {
        scope.report(
            Problem::new(format!("`{name}` cannot name a scenario"), span, "not a name")
                .help("small letters, digits and `-`: it becomes part of case ids"),
        );
    }
    Some((name.to_owned(), span))
}

fn scenario(
    scope: &mut Scope<'_>,
    node: &KdlNode,
    name: String,
    span: Span,
    source: &Arc<Source>,
    area: &str,
) -> Scenario {
    let empty = kdl::KdlDocument::new();
    let block = node.children().unwrap_or(&empty);
    let title = head::title(scope, block, span);
    let aliases = history::aliases(scope, block);
    let since = history::since(scope, block);
    head::matrix(scope, block, span);
    head::rules(scope, block);
    client::clients(scope, block);
    let requires = head::requirements(scope, block);
    let said = head::exclusive(scope, block);
    let steps = step::scenario_steps(scope, block);
    if steps.is_empty() && scope.problems.is_empty() {
        scope.report(Problem::new("a scenario without steps", span, "nothing happens in it"));
    }
    let mut clients = std::mem::take(&mut scope.clients);
    for (index, client) in clients.iter_mut().enumerate() {
        client.connects = facts::connects(&steps, index);
    }
    let mut scenario = Scenario {
        area: area.to_owned(),
        name,
        source: source.clone(),
        span,
        title,
        aliases,
        since,
        rules: std::mem::take(&mut scope.rules),
        versions: std::mem::take(&mut scope.versions),
        axes: std::mem::take(&mut scope.axes),
        requires,
        exclusive: said || facts::exclusive(&clients, &steps),
        clients,
        steps,
    };
    facts::order_silences(&mut scenario);
    scenario
}
