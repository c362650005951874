//! Steps: blocks, and which Client does what.

use super::cursor::{Cursor, key, line, list, nearest, span, unknown};
use super::head::{NODES, version};
use super::scope::{Run, Scope, version_key};
use super::value::{Want, duration, literal, value, words};
use super::{operation, stream, verb};
use crate::scenario::error::Problem;
use crate::scenario::fields::Kind;
use crate::scenario::{Action, Cut, Step, Value};
use kdl::{KdlDocument, KdlNode};
use mqttspec_codec::Version;

/// Steps that are not a Client's.
pub(super) const BLOCKS: &[&str] = &[
    "fault",
    "control",
    "when",
    "repeat",
    "any-of",
    "any-order",
    "together",
    "split",
    "ws-frame",
    "wait",
    "server",
    "stream",
    "branch",
];

/// More rounds would be slips.
const MOST_ROUNDS: u64 = 1_000_000;

/// The steps of a scenario: what is not its head.
pub(super) fn scenario_steps(scope: &mut Scope<'_>, block: &KdlDocument) -> Vec<Step> {
    let body = block.nodes().iter().filter(|node| !NODES.contains(&node.name().value()));
    body.filter_map(|node| step(scope, node)).collect()
}

/// The steps in the braces of a node.
pub(super) fn block(scope: &mut Scope<'_>, node: &KdlNode) -> Vec<Step> {
    let nodes = node.children().map(KdlDocument::nodes).unwrap_or_default();
    if nodes.is_empty() {
        let name = node.name().value();
        scope.report(
            Problem::new(format!("`{name}` without steps"), line(node), "no steps in it")
                .help(format!("put steps in its braces, or leave `{name}` out")),
        );
    }
    nodes.iter().filter_map(|node| step(scope, node)).collect()
}

fn step(scope: &mut Scope<'_>, node: &KdlNode) -> Option<Step> {
    let name = node.name().value();
    if let Some(client) = scope.clients.iter().position(|client| client.name == name) {
        return verb::step(scope, node, client);
    }
    let mut cursor = Cursor::new(node, &mut scope.problems);
    let span = cursor.line();
    let action = match name {
        "fault" => Action::Fault(in_run(scope, node, Run::Fault)),
        "control" => Action::Control(in_run(scope, node, Run::Control)),
        "when" => when(scope, &mut cursor)?,
        "repeat" => repeat(scope, &mut cursor)?,
        "any-of" => Action::AnyOf(branches(scope, node)),
        "any-order" => Action::AnyOrder(block(scope, node)),
        "together" => Action::Together(block(scope, node)),
        "split" => {
            let cut = cut(scope, &mut cursor);
            let steps = block(scope, node);
            Action::Split { cut: cut?, steps }
        }
        "ws-frame" => {
            let frame = frame(scope, &mut cursor);
            let steps = block(scope, node);
            match frame? {
                Some(cut) => Action::Split { cut, steps },
                None => Action::Together(steps),
            }
        }
        "wait" => {
            cursor.no_block("`wait`", &mut scope.problems);
            let Some(word) = cursor.word() else {
                scope.report(
                    Problem::new("`wait` for how long?", span, "no duration").help("such as `wait \"1500ms\"`"),
                );
                return None;
            };
            Action::Wait(duration(scope, word)?)
        }
        "server" => {
            cursor.no_block("`server`", &mut scope.problems);
            Action::Server(operation::step(scope, &mut cursor)?)
        }
        "stream" => {
            let (stream, rule) = stream::stream(scope, &mut cursor)?;
            cursor.finish("`stream`", stream::KNOWN, &mut scope.problems);
            return Some(Step { action: Action::Stream(Box::new(stream)), rule: Some(rule), span });
        }
        _ => {
            scope.report(unknown_node(scope, node));
            return None;
        }
    };
    let known: &[&str] = if name == "split" { &["every", "at"] } else { &[] };
    cursor.finish(&format!("`{name}`"), known, &mut scope.problems);
    Some(Step { action, rule: None, span })
}

fn unknown_node(scope: &Scope<'_>, node: &KdlNode) -> Problem {
    let name = node.name().value();
    let at = node.name().span().into();
    if name == "branch" {
        return Problem::new("a `branch` outside `any-of`", at, "not expected here");
    }
    if NODES.contains(&name) {
        return Problem::new(format!("`{name}` inside a block"), at, "belongs to the head")
            .help("put it at the top of the scenario");
    }
    let clients = scope.client_names();
    let verb = node.entry(0).and_then(|entry| entry.value().as_string());
    if verb.is_some_and(|verb| verb::VERBS.contains(&verb)) {
        let problem = Problem::new(format!("unknown client `{name}`"), at, "not declared");
        return match nearest(name, &clients) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("declare it in the head: `client {name}`")),
        };
    }
    let mut known: Vec<&str> = BLOCKS.iter().chain(NODES).copied().filter(|&known| known != "branch").collect();
    known.extend(&clients);
    let problem = unknown("step", name, "", at, &known);
    match nearest(name, &known) {
        Some(_) => problem,
        None if clients.is_empty() => problem.help("a step begins with a Client: declare one with `client NAME`"),
        None => problem.help(format!("a step begins with a Client ({}) or is one of {}", list(&clients), list(BLOCKS))),
    }
}

fn in_run(scope: &mut Scope<'_>, node: &KdlNode, run: Run) -> Vec<Step> {
    let outside = scope.run;
    if outside != Run::Both {
        let inside = if outside == Run::Fault { "fault" } else { "control" };
        let name = node.name().value();
        scope.report(Problem::new(format!("a `{name}` inside a `{inside}`"), line(node), "these two do not nest"));
    }
    scope.run = run;
    let steps = block(scope, node);
    scope.run = outside;
    steps
}

fn when(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Action> {
    let (versions, axes) = (scope.versions.clone(), scope.axes.clone());
    let before = scope.problems.len();
    let mut conditions = Vec::new();
    for entry in cursor.properties() {
        let axis = key(entry);
        let values = words(scope, entry);
        if axis == "version" {
            narrow_versions(scope, entry, &values);
        } else {
            narrow_axis(scope, entry, &values);
        }
        conditions.push((axis.to_owned(), values));
    }
    if conditions.is_empty() {
        scope.report(
            Problem::new("`when` without a condition", cursor.line(), "no `AXIS=`")
                .help("such as `when version=v5 { }`"),
        );
    }
    // Under a condition that never holds the steps would only be blamed for it again.
    let steps = if scope.problems.len() == before { block(scope, cursor.node) } else { Vec::new() };
    (scope.versions, scope.axes) = (versions, axes);
    Some(Action::When { conditions, steps })
}

fn narrow_versions(scope: &mut Scope<'_>, entry: &kdl::KdlEntry, words: &[String]) {
    let mut chosen: Vec<Version> = Vec::new();
    for word in words {
        let version = version(scope, word, span(entry));
        if scope.versions.contains(&version) {
            chosen.push(version);
        } else {
            scope.report(never(version_key(version), "version", span(entry)));
        }
    }
    scope.versions = chosen;
}

fn narrow_axis(scope: &mut Scope<'_>, entry: &kdl::KdlEntry, words: &[String]) {
    let name = key(entry);
    let Some(at) = scope.axes.iter().position(|axis| axis.name == name) else {
        let mut known: Vec<&str> = scope.axes.iter().map(|axis| axis.name.as_str()).collect();
        known.push("version");
        let problem = unknown("axis", name, "", span(entry), &known);
        scope.report(problem);
        return;
    };
    for word in words {
        if !scope.axes[at].values.contains(word) {
            scope.report(never(word, name, span(entry)));
        }
    }
    scope.axes[at].values.retain(|value| words.contains(value));
}

fn never(value: &str, axis: &str, span: crate::scenario::Span) -> Problem {
    Problem::new("a condition that never holds", span, format!("`{axis}` is never `{value}` here"))
        .help("the matrix, or a `when` around this, leaves that value out")
}

fn repeat(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Action> {
    let times = match cursor.word() {
        Some(word) => match value(scope, word, Want::sent("repeat", Kind::Number(MOST_ROUNDS))) {
            Some(Value::Text(text)) if !scope.axes.iter().any(|axis| text == format!("${}", axis.name)) => {
                scope.report(
                    Problem::new("a number of rounds that nothing fixes", span(word), "not an axis of the matrix")
                        .help("`repeat` takes a number, or `$AXIS`"),
                );
                None
            }
            Some(Value::Number(0)) => {
                scope.report(Problem::new("`repeat 0`", span(word), "never done").help("leave the block out"));
                None
            }
            times => times,
        },
        None => {
            scope
                .report(Problem::new("`repeat` how often?", cursor.line(), "no number").help("such as `repeat 3 { }`"));
            None
        }
    };
    let outside = std::mem::replace(&mut scope.repeats, true);
    let steps = block(scope, cursor.node);
    scope.repeats = outside;
    Some(Action::Repeat { times: times?, steps })
}

fn branches(scope: &mut Scope<'_>, node: &KdlNode) -> Vec<Vec<Step>> {
    let mut branches = Vec::new();
    for child in node.children().map(KdlDocument::nodes).unwrap_or_default() {
        let name = child.name().value();
        if name != "branch" {
            scope.report(
                Problem::new(format!("`{name}` directly in `any-of`"), child.name().span(), "not a branch")
                    .help("every way that it may go stands in a `branch { }`"),
            );
            continue;
        }
        let cursor = Cursor::new(child, &mut scope.problems);
        cursor.finish("`branch`", &[], &mut scope.problems);
        branches.push(block(scope, child));
    }
    if branches.len() < 2 {
        scope.report(
            Problem::new("`any-of` with fewer than two branches", line(node), "no choice")
                .help("`any-of { branch { } branch { } }`"),
        );
    }
    branches
}

fn cut(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Cut> {
    let example = "`split every=1 { }` for chunks of so many bytes, `split at=\"1 3\" { }` for cuts at these offsets";
    match (cursor.property("every"), cursor.property("at")) {
        (Some(every), None) => {
            let size = literal(scope, every, "every", 1, u64::from(u32::MAX))?;
            Some(Cut::Every(usize::try_from(size).ok()?))
        }
        (None, Some(at)) => {
            let mut offsets = Vec::new();
            for word in words(scope, at) {
                match word.parse::<usize>() {
                    Ok(offset) if offsets.last().is_none_or(|&last| last < offset) && offset > 0 => {
                        offsets.push(offset);
                    }
                    _ => {
                        scope.report(
                            Problem::new("offsets of a `split` rise from 1", span(at), format!("`{word}` does not"))
                                .help(example),
                        );
                        return None;
                    }
                }
            }
            Some(Cut::At(offsets))
        }
        _ => {
            scope.report(
                Problem::new("`split` is cut by `every` or by `at`", cursor.line(), "not one of them").help(example),
            );
            None
        }
    }
}

/// What a WebSocket frame says that it holds. `None`: bytes, as every write does.
fn frame(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Option<Cut>> {
    let word = cursor.word();
    match word.and_then(|word| word.value().as_string()) {
        Some("binary") => Some(None),
        Some("text") => Some(Some(Cut::TextFrame)),
        _ => {
            let at = word.map_or(cursor.line(), span);
            scope.report(
                Problem::new("a `ws-frame` is `binary` or `text`", at, "not one of them")
                    .help("`ws-frame text { }` sends what is in it in one WebSocket frame of that kind"),
            );
            None
        }
    }
}
