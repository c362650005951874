//! A KDL node whose words and properties are taken one after the other; what is left over is an error.

use crate::scenario::Span;
use crate::scenario::error::Problem;
use kdl::{KdlEntry, KdlNode, KdlValue};
use std::collections::VecDeque;

/// What has not been taken from a node yet.
pub(crate) struct Cursor<'k> {
    pub(crate) node: &'k KdlNode,
    words: VecDeque<&'k KdlEntry>,
    properties: Vec<&'k KdlEntry>,
}

impl<'k> Cursor<'k> {
    pub(crate) fn new(node: &'k KdlNode, problems: &mut Vec<Problem>) -> Self {
        if let Some(annotation) = node.ty() {
            problems.push(
                Problem::new("a node has no type annotation", annotation.span(), "not expected here")
                    .help("`(hex)` and `(fill)` stand in front of a value"),
            );
        }
        let mut properties: Vec<&KdlEntry> = Vec::new();
        let mut words = VecDeque::new();
        for entry in node.entries() {
            let Some(name) = entry.name() else {
                words.push_back(entry);
                continue;
            };
            match properties.iter().find(|first| key(first) == name.value()) {
                Some(first) => problems.push(
                    Problem::new(format!("`{}` is given twice", name.value()), entry.span(), "again here")
                        .note(first.span().into(), "first here"),
                ),
                None => properties.push(entry),
            }
        }
        Self { node, words, properties }
    }

    /// The node's name.
    pub(crate) fn name(&self) -> &'k str {
        self.node.name().value()
    }

    /// Place of the node's name.
    pub(crate) fn name_span(&self) -> Span {
        self.node.name().span().into()
    }

    /// The next argument.
    pub(crate) fn word(&mut self) -> Option<&'k KdlEntry> {
        self.words.pop_front()
    }

    /// The next argument, if it is not there to be taken for something else.
    pub(crate) fn peek(&self) -> Option<&'k KdlEntry> {
        self.words.front().copied()
    }

    /// A property.
    pub(crate) fn property(&mut self, key: &str) -> Option<&'k KdlEntry> {
        let at = self.properties.iter().position(|entry| self::key(entry) == key)?;
        Some(self.properties.remove(at))
    }

    /// Every property that is left.
    pub(crate) fn properties(&mut self) -> Vec<&'k KdlEntry> {
        std::mem::take(&mut self.properties)
    }

    /// The line of the node, without its block.
    pub(crate) fn line(&self) -> Span {
        line(self.node)
    }

    /// Reports what nobody took. `what` names the thing, `known` its properties.
    pub(crate) fn finish(self, what: &str, known: &[&str], problems: &mut Vec<Problem>) {
        for word in self.words {
            problems.push(Problem::new(format!("one word too many for {what}"), word.span(), "not expected here"));
        }
        for property in self.properties {
            problems.push(unknown("property", key(property), what, property.span().into(), known));
        }
    }

    /// Reports a block where none may be.
    pub(crate) fn no_block(&self, what: &str, problems: &mut Vec<Problem>) {
        if self.node.children().is_some() {
            problems.push(Problem::new(format!("{what} takes no block"), self.line(), "followed by `{ }`"));
        }
    }
}

/// The line of a node, without its block.
pub(crate) fn line(node: &KdlNode) -> Span {
    let name: Span = node.name().span().into();
    let end = node.entries().iter().map(|entry| entry.span().offset() + entry.span().len()).max();
    Span { offset: name.offset, len: end.unwrap_or(name.offset + name.len).saturating_sub(name.offset) }
}

/// The key of a property.
pub(crate) fn key(entry: &KdlEntry) -> &str {
    entry.name().map_or("", kdl::KdlIdentifier::value)
}

/// The place of a value or property.
pub(crate) fn span(entry: &KdlEntry) -> Span {
    entry.span().into()
}

/// A string without annotation.
pub(crate) fn text<'k>(entry: &'k KdlEntry, what: &str, problems: &mut Vec<Problem>) -> Option<&'k str> {
    match (entry.ty(), entry.value()) {
        (None, KdlValue::String(text)) => Some(text),
        _ => {
            problems
                .push(Problem::new(format!("{what} is a text"), span(entry), "not a text").help("put it in quotes"));
            None
        }
    }
}

/// A problem about a name that does not exist, with the nearest that does.
pub(crate) fn unknown(kind: &str, name: &str, of: &str, span: Span, known: &[&str]) -> Problem {
    let message = match of {
        "" => format!("unknown {kind} `{name}`"),
        of => format!("unknown {kind} `{name}` of {of}"),
    };
    let problem = Problem::new(message, span, format!("no such {kind}"));
    match (nearest(name, known), known) {
        (Some(near), _) => problem.help(format!("did you mean `{near}`?")),
        (None, []) => problem.help(format!("there is no {kind} here")),
        (None, known) => problem.help(format!("known: {}", list(known))),
    }
}

/// `a, b, c`, each in backticks.
pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The name that is few slips of a finger away.
pub(crate) fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let lower = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    known
        .iter()
        .map(|&known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), known))
        .filter(|&(distance, known)| distance <= allowed && distance < known.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known)
}
