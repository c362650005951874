//! The words of a KDL text, and what is wrong with them.

use kdl::{KdlDocument, KdlEntry, KdlNode};
use miette::SourceSpan;
use mqttspec_engine::scenario::Problem;

/// Deeper nesting is refused before the recursive parser sees it.
const DEEPEST: usize = 64;
/// What is longer than some pages of text is something else.
pub(crate) const LONGEST: usize = 1 << 20;

/// The nodes of a text; `kind` is what the text is to be, in a word.
pub(crate) fn document(text: &str, kind: &str) -> Result<KdlDocument, Vec<Problem>> {
    if text.len() > LONGEST {
        let message = format!("this is too long for a {kind}");
        return Err(vec![Problem::new(message, SourceSpan::from((0, 0)), "more than a mebibyte")]);
    }
    if let Some(offset) = too_deep(text) {
        return Err(vec![Problem::new("blocks within blocks without end", SourceSpan::from((offset, 1)), "too deep")]);
    }
    KdlDocument::parse_v2(text).map_err(|error| syntax_problems(&error, text))
}

/// Where the running count of braces gets out of hand, strings included: no file of ours needs that many.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// What KDL's own parser says, once for each line.
fn syntax_problems(error: &kdl::KdlError, text: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut lines = Vec::new();
    for diagnostic in &error.diagnostics {
        let start = text.floor_char_boundary(diagnostic.span.offset());
        let end = text.ceil_char_boundary(diagnostic.span.offset() + diagnostic.span.len());
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[..start].matches('\n').count();
        if !lines.contains(&line) {
            lines.push(line);
            let span = SourceSpan::from((start, end.min(line_end).saturating_sub(start)));
            let message = diagnostic.message.as_deref().unwrap_or("it cannot be read");
            let problem = Problem::new(format!("not KDL: {message}"), span, "KDL cannot read this");
            problems.push(if message.contains("clos") {
                problem
            } else {
                problem.help("quote texts with other characters than letters, digits, `-`, `_` and `.`")
            });
        }
    }
    if problems.is_empty() {
        problems.push(Problem::new("not a KDL document", SourceSpan::from((0, 0)), "cannot be read"));
    }
    problems
}

/// The line of a node, without its block.
pub(crate) fn line(node: &KdlNode) -> SourceSpan {
    let start = node.name().span().offset();
    let name_end = start + node.name().span().len();
    let end = node.entries().iter().map(|entry| entry.span().offset() + entry.span().len()).max();
    (start, end.unwrap_or(name_end) - start).into()
}

/// Reads nodes, and goes on behind what is wrong with one.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) problems: Vec<Problem>,
}

impl Reader {
    pub(crate) fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(crate) fn unknown(&mut self, kind: &str, name: &str, span: SourceSpan, known: &[&str]) {
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        };
        self.push(Problem::new(format!("unknown {kind} `{name}`"), span, format!("no such {kind}")).help(help));
    }

    /// A node with one text and nothing else.
    pub(crate) fn one_text(&mut self, node: &KdlNode, usage: &str) -> Option<String> {
        self.properties(node, &[]);
        let mut texts = self.arguments(node, usage, 1, 1)?;
        texts.pop()
    }

    /// A node with texts and nothing else.
    pub(crate) fn texts(&mut self, node: &KdlNode, usage: &str) -> Option<Vec<String>> {
        self.properties(node, &[]);
        self.arguments(node, usage, 1, usize::MAX)
    }

    /// The arguments of a node: texts, as many as said.
    pub(crate) fn arguments(&mut self, node: &KdlNode, usage: &str, least: usize, most: usize) -> Option<Vec<String>> {
        let name = node.name().value();
        let usage = format!("write: {name} {usage}");
        let entries: Vec<&KdlEntry> = node.entries().iter().filter(|entry| entry.name().is_none()).collect();
        if let Some(entry) = entries.get(most) {
            self.push(
                Problem::new(format!("one word too many for `{name}`"), entry.span(), "not expected").help(usage),
            );
            return None;
        }
        if entries.len() < least {
            self.push(Problem::new(format!("`{name}` lacks something"), line(node), "not enough").help(usage));
            return None;
        }
        let mut texts = Vec::new();
        for entry in entries {
            match entry.value().as_string() {
                Some(text) if entry.ty().is_none() => texts.push(text.to_owned()),
                _ => {
                    let problem = Problem::new(format!("`{name}` takes texts"), entry.span(), "not a text");
                    self.push(problem.help("put it in quotes"));
                    return None;
                }
            }
        }
        Some(texts)
    }

    /// The properties of a node, each once and known.
    pub(crate) fn properties<'k>(&mut self, node: &'k KdlNode, known: &[&str]) -> Vec<&'k KdlEntry> {
        let mut properties: Vec<&KdlEntry> = Vec::new();
        for entry in node.entries() {
            let Some(name) = entry.name() else { continue };
            if !known.contains(&name.value()) {
                let kind = format!("property of `{}`", node.name().value());
                if known.is_empty() {
                    self.push(Problem::new(
                        format!("`{}` has no properties", node.name().value()),
                        entry.span(),
                        "not expected",
                    ));
                } else {
                    self.unknown(&kind, name.value(), entry.span(), known);
                }
            } else if properties.iter().any(|other| other.name() == Some(name)) {
                self.push(Problem::new(format!("`{}` is given twice", name.value()), entry.span(), "again here"));
            } else {
                properties.push(entry);
            }
        }
        properties
    }
}

/// The name that is few slips of a finger away.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    known
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), known), known))
        .filter(|&(distance, known)| distance <= allowed && distance < known.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known)
}
