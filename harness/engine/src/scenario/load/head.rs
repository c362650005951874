//! The head of a scenario: title, rules, matrix, requirements.

use super::cursor::{Cursor, key, list, nearest, span, text, unknown};
use super::operation;
use super::scope::{Scope, version_key, version_of};
use super::value::{Want, value, words};
use crate::scenario::error::Problem;
use crate::scenario::fields::Kind;
use crate::scenario::{Axis, Requirement, Rule, Span, Value};
use crate::statement::Level;
use kdl::{KdlDocument, KdlEntry, KdlNode};
use mqttspec_codec::Version;

/// The nodes that stand in the head.
pub(super) const NODES: &[&str] = &["title", "alias", "since", "rule", "matrix", "requires", "client", "exclusive"];

/// Names that mean something else in `$...`.
const RESERVED: &[&str] = &["version", "t", "i", "share"];

/// What a target may be asked to offer.
const REQUIREMENTS: &[(&str, Kind)] = &[
    ("max-qos", Kind::Number(2)),
    ("retain", Kind::Bool),
    ("wildcard", Kind::Bool),
    ("shared", Kind::Bool),
    ("subscription-identifier", Kind::Bool),
    ("topic-alias", Kind::Number(0xffff)),
    ("receive-maximum", Kind::Number(0xffff)),
    ("sessions-survive", Kind::Text),
    ("retained-survive", Kind::Text),
    ("maximum-packet-size", Kind::Number(0xffff_ffff)),
    ("credentials", Kind::Bool),
    ("challenge", Kind::Bool),
    ("web-socket", Kind::Bool),
];

/// The nodes of a block that have this name.
pub(super) fn named<'k>(block: &'k KdlDocument, name: &'static str) -> impl Iterator<Item = &'k KdlNode> {
    block.nodes().iter().filter(move |node| node.name().value() == name)
}

/// The one node of that name; a second one is reported.
pub(super) fn single<'k>(scope: &mut Scope<'_>, block: &'k KdlDocument, name: &'static str) -> Option<&'k KdlNode> {
    let mut nodes = named(block, name);
    let first = nodes.next()?;
    for again in nodes {
        scope.report(
            Problem::new(format!("a second `{name}`"), again.name().span(), "again here")
                .note(first.name().span().into(), "first here"),
        );
    }
    Some(first)
}

/// Reads the title.
pub(super) fn title(scope: &mut Scope<'_>, block: &KdlDocument, scenario: Span) -> String {
    let Some(node) = single(scope, block, "title") else {
        scope.report(
            Problem::new("a scenario without a title", scenario, "no `title` in it")
                .help("say in one sentence what it is about: `title \"...\"`"),
        );
        return String::new();
    };
    let mut cursor = Cursor::new(node, &mut scope.problems);
    let title = cursor.word().and_then(|word| text(word, "the title", &mut scope.problems)).unwrap_or_default();
    if title.trim().is_empty() {
        scope.report(Problem::new("an empty title", cursor.line(), "says nothing"));
    }
    cursor.no_block("`title`", &mut scope.problems);
    cursor.finish("`title`", &[], &mut scope.problems);
    title.to_owned()
}

/// Reads the matrix into the scope.
pub(super) fn matrix(scope: &mut Scope<'_>, block: &KdlDocument, scenario: Span) {
    let example = "such as `matrix version=\"v3.1.1 v5\"`";
    let Some(node) = single(scope, block, "matrix") else {
        scope.versions = Version::ALL.to_vec();
        scope.report(Problem::new("a scenario without a matrix", scenario, "no `matrix` in it").help(example));
        return;
    };
    let mut cursor = Cursor::new(node, &mut scope.problems);
    match cursor.property("version") {
        Some(entry) => {
            for word in words(scope, entry) {
                let version = version(scope, &word, span(entry));
                if !scope.versions.contains(&version) {
                    scope.versions.push(version);
                }
            }
        }
        None => scope.report(Problem::new("a matrix without a version", cursor.line(), "no `version=`").help(example)),
    }
    if scope.versions.is_empty() {
        scope.versions = Version::ALL.to_vec();
    }
    for entry in cursor.properties() {
        axis(scope, entry);
    }
    cursor.no_block("`matrix`", &mut scope.problems);
    cursor.finish("`matrix`", &[], &mut scope.problems);
}

/// The version that a word means, reported if it is not written so.
pub(super) fn version(scope: &mut Scope<'_>, word: &str, span: Span) -> Version {
    if let Some(version) = version_of(word) {
        return version;
    }
    let meant = if word.contains('5') { Version::V5 } else { Version::V311 };
    let problem = Problem::new(format!("unknown version `{word}`"), span, "no such version");
    let known = list(&Version::ALL.map(version_key));
    scope.report(problem.help(format!("did you mean `{}`? Versions are {known}", version_key(meant))));
    meant
}

fn axis(scope: &mut Scope<'_>, entry: &KdlEntry) {
    let name = key(entry);
    let lawful = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if RESERVED.contains(&name) || !lawful {
        scope.report(Problem::new(format!("`{name}` cannot name an axis"), span(entry), "not a free name").help(
            "a name begins with a small letter; then letters, digits, `-` and `_`; `t`, `i` and `share` are taken",
        ));
        return;
    }
    let values = words(scope, entry);
    if values.is_empty() {
        scope.report(Problem::new("an axis without values", span(entry), "nothing to choose from"));
        return;
    }
    scope.axes.push(Axis { name: name.to_owned(), values });
}

/// Reads every rule into the scope.
pub(super) fn rules(scope: &mut Scope<'_>, block: &KdlDocument) {
    for node in named(block, "rule") {
        let mut cursor = Cursor::new(node, &mut scope.problems);
        let Some(word) = cursor.word() else {
            scope.report(Problem::new("a rule without a name", cursor.line(), "incomplete").help(RULE_FORM));
            continue;
        };
        let Some(name) = scope.new_name(word, "the name of a rule") else { continue };
        if let Some(first) = scope.rules.iter().find(|rule| rule.name == name) {
            let problem = Problem::new(format!("a second rule `{name}`"), cursor.line(), "again here");
            scope.problems.push(problem.note(first.span, "first here"));
            continue;
        }
        let text = cursor.word().and_then(|word| text(word, "what a rule proves", &mut scope.problems));
        if text.is_none_or(|text| text.trim().is_empty()) {
            scope.report(
                Problem::new(format!("rule `{name}` does not say what it proves"), cursor.line(), "no text")
                    .help(RULE_FORM),
            );
        }
        let mut rule = Rule {
            name,
            text: text.unwrap_or_default().to_owned(),
            v311: None,
            v5: None,
            level: None,
            span: cursor.line(),
        };
        let level = cursor.property("level");
        rule.level = level.and_then(|entry| self::level(scope, entry));
        rule.v311 = statement(scope, &mut cursor, &rule, Version::V311, level);
        rule.v5 = statement(scope, &mut cursor, &rule, Version::V5, level);
        cursor.no_block("`rule`", &mut scope.problems);
        cursor.finish("`rule`", &["v3.1.1", "v5", "level"], &mut scope.problems);
        scope.rules.push(rule);
    }
}

const RULE_FORM: &str = "such as `rule once \"the message is delivered once\" v5=MQTT-4.3.3-10`";

fn level(scope: &mut Scope<'_>, entry: &KdlEntry) -> Option<Level> {
    match scope.choice(entry, &["should", "info"])? {
        "info" => Some(Level::Info),
        _ => Some(Level::Should),
    }
}

fn statement(
    scope: &mut Scope<'_>,
    cursor: &mut Cursor<'_>,
    rule: &Rule,
    version: Version,
    level: Option<&KdlEntry>,
) -> Option<String> {
    let key = version_key(version);
    let wanted = scope.versions.contains(&version);
    let Some(entry) = cursor.property(key) else {
        if wanted {
            scope.report(
                Problem::new(
                    format!("rule `{}` names no statement of MQTT {version}", rule.name),
                    rule.span,
                    format!("no `{key}=`"),
                )
                .help(format!("{key} is in the matrix: add `{key}=MQTT-...`, or take {key} out of the matrix")),
            );
        }
        return None;
    };
    let id = text(entry, "the id of a statement", &mut scope.problems)?;
    if !wanted {
        scope.report(
            Problem::new(
                format!("a statement of MQTT {version}, which is not in the matrix"),
                span(entry),
                "never proved",
            )
            .help(format!("leave it out, or add {key} to the matrix")),
        );
        return None;
    }
    let catalogue = scope.catalogue;
    let Some(statement) = catalogue.get(version, id) else {
        scope.report(unknown_statement(scope, id, version, span(entry)));
        return None;
    };
    if !statement.clauses.is_empty() {
        let clauses = statement.clauses.iter().filter_map(|clause| catalogue.get(version, clause));
        let clauses: Vec<String> = clauses.map(|clause| format!("\"{}\": {}", clause.id, clause.summary)).collect();
        scope.report(
            Problem::new(format!("{id} of MQTT {version} asks several things"), span(entry), "has clauses")
                .help(format!("name the one that is proved:\n{}", clauses.join("\n"))),
        );
    }
    if !statement.binds_server {
        scope.report(
            Problem::new(format!("{id} binds the Client only"), span(entry), "no Server can break it")
                .help(format!("it says: {}", statement.summary)),
        );
    }
    if let Some(why) = &statement.unobservable {
        scope.report(
            Problem::new(format!("{id} cannot be observed"), span(entry), "not seen on the wire").help(why.clone()),
        );
    }
    if let (Some(asked), Some(entry)) = (rule.level, level.filter(|_| rule.level > Some(statement.level))) {
        scope.report(
            Problem::new(
                format!("rule `{}` asks more than its statement", rule.name),
                span(entry),
                format!("raises it to {}", word(asked)),
            )
            .help(format!("{id} of MQTT {version} is {}; `level` may only lower that", word(statement.level))),
        );
    }
    Some(id.to_owned())
}

fn unknown_statement(scope: &Scope<'_>, id: &str, version: Version, span: Span) -> Problem {
    let problem = Problem::new(format!("MQTT {version} has no statement `{id}`"), span, "not in the catalogue");
    for other in Version::ALL.into_iter().filter(|&other| other != version) {
        if let Some(statement) = scope.catalogue.get(other, id) {
            return problem.help(format!(
                "MQTT {other} has one of that id, which may mean something else: {}",
                statement.summary
            ));
        }
    }
    let known: Vec<&str> = scope.catalogue.statements(version).keys().map(String::as_str).collect();
    match nearest(id, &known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("ids look like `MQTT-4.3.3-10`; see `scenarios/statements/`"),
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Should => "should",
        Level::Must => "must",
    }
}

/// Reads what the target must offer.
pub(super) fn requirements(scope: &mut Scope<'_>, block: &KdlDocument) -> Vec<Requirement> {
    let known: Vec<&str> = REQUIREMENTS.iter().map(|&(key, _)| key).collect();
    let mut requirements: Vec<Requirement> = Vec::new();
    for node in named(block, "requires") {
        let mut cursor = Cursor::new(node, &mut scope.problems);
        let entries = cursor.properties();
        if entries.is_empty() && cursor.peek().is_none() {
            scope.report(Problem::new("`requires` of nothing", cursor.line(), "no `KEY=VALUE`"));
        }
        for entry in entries {
            let key = key(entry);
            let Some(&(_, kind)) = REQUIREMENTS.iter().find(|(known, _)| *known == key) else {
                scope.report(unknown("requirement", key, "", span(entry), &known));
                continue;
            };
            if let Some(first) = requirements.iter().find(|first| first.key == key) {
                let problem = Problem::new(format!("`{key}` is required twice"), span(entry), "again here");
                scope.problems.push(problem.note(first.span, "first here"));
                continue;
            }
            let value = match kind {
                Kind::Text => operation::survived(scope, entry).map(Value::Text),
                _ => value(scope, entry, Want { name: key, kind, expected: true }),
            };
            if value.as_ref().is_some_and(|value| *value == Value::Null || *value == Value::Text("*".to_owned())) {
                let problem = Problem::new(format!("`{key}` of any kind is required"), span(entry), "asks nothing");
                scope.report(
                    problem.help("a boolean, the least number, a range `\"1..10\"` or one of several `\"0|1\"`"),
                );
                continue;
            }
            if let Some(value) = value {
                requirements.push(Requirement { key: key.to_owned(), value, span: span(entry) });
            }
        }
        cursor.no_block("`requires`", &mut scope.problems);
        cursor.finish("`requires`", &known, &mut scope.problems);
    }
    requirements
}

/// Whether the scenario says that it needs the Server for itself.
pub(super) fn exclusive(scope: &mut Scope<'_>, block: &KdlDocument) -> bool {
    let Some(node) = single(scope, block, "exclusive") else { return false };
    let cursor = Cursor::new(node, &mut scope.problems);
    cursor.no_block("`exclusive`", &mut scope.problems);
    cursor.finish("`exclusive`", &[], &mut scope.problems);
    true
}
