//! The catalogue's files.

use super::{Catalogue, Level, Statement};
use crate::scenario::load::cursor::{Cursor, line, span, text, unknown};
use crate::scenario::load::syntax;
use crate::scenario::{LoadError, Problem, Source};
use kdl::{KdlEntry, KdlNode};
use std::collections::BTreeMap;

const PROPERTIES: &[&str] = &["section", "who", "level", "observe", "why"];

/// The words of a property, and what each means.
type Words<'w, T> = &'w [(&'w str, T)];

impl Catalogue {
    /// Reads the texts of `scenarios/statements/mqtt-3.1.1.kdl` and `mqtt-5.0.kdl`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the first of the two that is not right.
    pub fn load(v311: &str, v5: &str) -> Result<Self, LoadError> {
        Ok(Self { v311: statements("mqtt-3.1.1.kdl", v311)?, v5: statements("mqtt-5.0.kdl", v5)? })
    }
}

fn statements(path: &str, text: &str) -> Result<BTreeMap<String, Statement>, LoadError> {
    let source = Source { path: format!("scenarios/statements/{path}"), text: text.to_owned() };
    let document = syntax::parse(&source)?;
    let mut statements = BTreeMap::new();
    let mut problems = Vec::new();
    for node in document.nodes() {
        let Some(statement) = statement(node, &mut problems) else { continue };
        let id = statement.id.clone();
        if statements.insert(id.clone(), statement).is_some() {
            problems.push(Problem::new(format!("a second statement `{id}`"), node.name().span(), "again here"));
        }
    }
    if problems.is_empty() { Ok(statements) } else { Err(LoadError::new(&source, problems)) }
}

fn statement(node: &KdlNode, problems: &mut Vec<Problem>) -> Option<Statement> {
    let mut cursor = Cursor::new(node, problems);
    if cursor.name() != "statement" {
        problems.push(unknown("node", cursor.name(), "", cursor.name_span(), &["statement"]));
        return None;
    }
    let mut incomplete = |what: &str| {
        problems.push(Problem::new(format!("a statement without {what}"), line(node), "incomplete"));
    };
    let Some(id) = cursor.word() else {
        incomplete("an id");
        return None;
    };
    let Some(summary) = cursor.word() else {
        incomplete("a summary");
        return None;
    };
    let mut property = |key: &str| {
        let entry = cursor.property(key);
        if entry.is_none() && key != "why" {
            incomplete(&format!("`{key}=`"));
        }
        entry
    };
    let (section, who, level) = (property("section"), property("who"), property("level"));
    let (observe, why) = (property("observe"), property("why"));
    let who = choice(who?, &[("server", (true, false)), ("client", (false, true)), ("both", (true, true))], problems);
    let levels = &[("must", Level::Must), ("should", Level::Should), ("may", Level::Info)];
    let level = choice(level?, levels, problems);
    let observed = choice(observe?, &[("wire", true), ("none", false)], problems);
    let why = why.and_then(|why| text(why, "`why`", problems));
    if observed == Some(false) && why.is_none() {
        problems.push(Problem::new("an unobservable statement that does not say why", cursor.line(), "no `why=`"));
    }
    let (binds_server, binds_client) = who?;
    let statement = Statement {
        id: text(id, "an id", problems)?.to_owned(),
        section: text(section?, "`section`", problems)?.to_owned(),
        level: level?,
        binds_server,
        binds_client,
        unobservable: observed.filter(|observed| !observed).and(why).map(str::to_owned),
        summary: text(summary, "a summary", problems)?.to_owned(),
    };
    cursor.no_block("a statement", problems);
    cursor.finish("a statement", PROPERTIES, problems);
    Some(statement)
}

fn choice<T: Copy>(entry: &KdlEntry, words: Words<'_, T>, problems: &mut Vec<Problem>) -> Option<T> {
    let word = text(entry, "one of a few words", problems)?;
    let found = words.iter().find(|(known, _)| *known == word).map(|&(_, meaning)| meaning);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        problems.push(unknown("value", word, "", span(entry), &known));
    }
    found
}
