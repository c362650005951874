//! The catalogue's files.

use super::{Breach, Catalogue, Level, Statement};
use crate::scenario::load::cursor::{Cursor, line, span, text, unknown};
use crate::scenario::load::syntax;
use crate::scenario::{LoadError, Problem, Source};
use kdl::{KdlEntry, KdlNode};
use std::collections::BTreeMap;

const PROPERTIES: &[&str] = &["section", "who", "level", "observe", "why"];
const OF_A_CLAUSE: &[&str] = &["who", "level", "observe", "why", "form"];

/// The words of a property, and what each means.
type Words<'w, T> = &'w [(&'w str, T)];

/// The texts of a version.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'t> {
    /// Of `scenarios/statements/mqtt-3.1.1.kdl` or `mqtt-5.0.kdl`.
    pub numbered: &'t str,
    /// Of `prose-3.1.1.kdl` or `prose-5.0.kdl` beside it.
    pub prose: &'t str,
}

impl Catalogue {
    /// Reads the texts of both versions.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the first of them that is not right.
    pub fn load(v311: Texts<'_>, v5: Texts<'_>) -> Result<Self, LoadError> {
        Ok(Self { v311: version("3.1.1", v311)?, v5: version("5.0", v5)? })
    }
}

fn version(version: &str, texts: Texts<'_>) -> Result<BTreeMap<String, Statement>, LoadError> {
    let mut statements = BTreeMap::new();
    for (name, text) in [("mqtt", texts.numbered), ("prose", texts.prose)] {
        let source = Source { path: format!("scenarios/statements/{name}-{version}.kdl"), text: text.to_owned() };
        read(&source, name == "prose", &mut statements)?;
    }
    Ok(statements)
}

fn read(source: &Source, prose: bool, statements: &mut BTreeMap<String, Statement>) -> Result<(), LoadError> {
    let document = syntax::parse(source)?;
    let mut problems = Vec::new();
    for node in document.nodes() {
        let read = statement(node, prose, &mut problems);
        for statement in read {
            let id = statement.id.clone();
            if statements.insert(id.clone(), statement).is_some() {
                problems.push(Problem::new(format!("a second statement `{id}`"), node.name().span(), "again here"));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(LoadError::new(source, problems)) }
}

/// A statement and its clauses.
fn statement(node: &KdlNode, prose: bool, problems: &mut Vec<Problem>) -> Vec<Statement> {
    let mut cursor = Cursor::new(node, problems);
    if cursor.name() != "statement" {
        problems.push(unknown("node", cursor.name(), "", cursor.name_span(), &["statement"]));
        return Vec::new();
    }
    let Some(mut whole) = whole(&mut cursor, prose, problems) else { return Vec::new() };
    cursor.finish("a statement", PROPERTIES, problems);
    let Some(block) = node.children() else { return vec![whole] };
    let (breaches, nodes): (Vec<_>, Vec<_>) = block.nodes().iter().partition(|node| node.name().value() == "breach");
    let clauses: Vec<Statement> = nodes.iter().filter_map(|node| clause(node, &whole, problems)).collect();
    for node in breaches {
        if whole.breach.is_some() {
            problems.push(Problem::new("a second `breach`", node.name().span(), "again here"));
        }
        whole.breach = breach(node, problems);
    }
    if nodes.len() < 2 && (nodes.len() == 1 || block.nodes().is_empty()) {
        let problem = Problem::new("a statement with fewer than two clauses", line(node), "takes no block");
        problems.push(problem.help("a duty that stands alone is the statement itself"));
    }
    whole.clauses = clauses.iter().map(|clause| clause.id.clone()).collect();
    [whole].into_iter().chain(clauses).collect()
}

fn whole(cursor: &mut Cursor<'_>, prose: bool, problems: &mut Vec<Problem>) -> Option<Statement> {
    let Some(id) = cursor.word() else {
        problems.push(without("an id", cursor));
        return None;
    };
    let Some(summary) = cursor.word() else {
        problems.push(without("a summary", cursor));
        return None;
    };
    let section = cursor.property("section");
    if section.is_none() {
        problems.push(without("`section=`", cursor));
    }
    let duty = duty(cursor, None, problems);
    Some(Statement {
        id: text(id, "an id", problems)?.to_owned(),
        prose,
        section: text(section?, "`section`", problems)?.to_owned(),
        summary: text(summary, "a summary", problems)?.to_owned(),
        ..duty?
    })
}

/// A clause: what it does not say of itself is as its statement has it.
fn clause(node: &KdlNode, whole: &Statement, problems: &mut Vec<Problem>) -> Option<Statement> {
    let mut cursor = Cursor::new(node, problems);
    if cursor.name() != "clause" {
        problems.push(unknown("node", cursor.name(), "", cursor.name_span(), &["clause", "breach"]));
        return None;
    }
    let Some((letter, summary)) = cursor.word().zip(cursor.word()) else {
        problems.push(Problem::new("a clause without a letter or a summary", cursor.line(), "incomplete"));
        return None;
    };
    let duty = duty(&mut cursor, Some(whole), problems);
    let form = cursor.property("form").is_some_and(|entry| {
        let form = entry.value().as_bool();
        if form.is_none() {
            problems.push(Problem::new("`form` is a boolean", span(entry), "neither `#true` nor `#false`"));
        }
        form == Some(true)
    });
    cursor.no_block("a clause", problems);
    let at = span(letter);
    let letter = text(letter, "a letter", problems)?;
    if letter.len() != 1 || !letter.starts_with(|c: char| c.is_ascii_lowercase()) {
        problems.push(Problem::new(format!("`{letter}` cannot name a clause"), at, "not a small letter"));
    }
    cursor.finish("a clause", OF_A_CLAUSE, problems);
    let summary = text(summary, "a summary", problems)?.to_owned();
    Some(Statement { id: format!("{}/{letter}", whole.id), form, summary, breach: None, ..duty? })
}

/// `breach ANSWER basis=stated|derived played="CASES"`.
fn breach(node: &KdlNode, problems: &mut Vec<Problem>) -> Option<Breach> {
    let mut cursor = Cursor::new(node, problems);
    let (answer, basis, played) = (cursor.word(), cursor.property("basis"), cursor.property("played"));
    cursor.no_block("a breach", problems);
    let (Some(answer), Some(basis)) = (answer, basis) else {
        problems.push(Problem::new("a breach without an answer or `basis=`", cursor.line(), "incomplete"));
        return None;
    };
    cursor.finish("a breach", &["basis", "played"], problems);
    let played = played.map(|entry| text(entry, "`played`", problems));
    Some(Breach {
        answer: text(answer, "the answer", problems)?.to_owned(),
        stated: choice(basis, &[("stated", true), ("derived", false)], problems)?,
        played: played.flatten().into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect(),
    })
}

fn without(what: &str, cursor: &Cursor<'_>) -> Problem {
    Problem::new(format!("a statement without {what}"), cursor.line(), "incomplete")
}

/// What is asked of whom, and whether it is seen; the rest is as in `whole`.
fn duty(cursor: &mut Cursor<'_>, whole: Option<&Statement>, problems: &mut Vec<Problem>) -> Option<Statement> {
    let mut duty = whole.cloned().unwrap_or_else(Statement::nothing);
    let (who, level, observe) = (cursor.property("who"), cursor.property("level"), cursor.property("observe"));
    let why = cursor.property("why").and_then(|why| text(why, "`why`", problems));
    let mut complete = true;
    for (key, entry) in [("who", who), ("level", level), ("observe", observe)] {
        if entry.is_none() && whole.is_none() {
            problems.push(without(&format!("`{key}=`"), cursor));
            complete = false;
        }
    }
    let parties = &[("server", (true, false)), ("client", (false, true)), ("both", (true, true))];
    if let Some(entry) = who {
        (duty.binds_server, duty.binds_client) = choice(entry, parties, problems)?;
    }
    if let Some(entry) = level {
        duty.level =
            choice(entry, &[("must", Level::Must), ("should", Level::Should), ("may", Level::Info)], problems)?;
    }
    if let Some(entry) = observe {
        let observed = choice(entry, &[("wire", true), ("none", false)], problems)?;
        if !observed && why.is_none() {
            problems.push(Problem::new("an unobservable statement that does not say why", cursor.line(), "no `why=`"));
        }
        duty.unobservable = why.filter(|_| !observed).map(str::to_owned);
    }
    complete.then_some(duty)
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
