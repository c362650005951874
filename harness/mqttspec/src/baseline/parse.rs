//! From the text of a baseline to its entries.

use super::{CaseEntry, Date, Entry, What};
use crate::transport::Transport;
use crate::words::{Reader, document, line};
use kdl::{KdlEntry, KdlNode};
use miette::SourceSpan;
use mqttspec_codec::Version;
use mqttspec_engine::event::Verdict;
use mqttspec_engine::scenario::Problem;

const CASE: &str = "ID verdict=fail reason=\"STATEMENT RULE\" { why \"...\"; }";
const FINDING: &str = "STATEMENT { why \"...\"; }";
const WHY: &str = "say what the server does and where that is known from: without it nobody can tell later whether the \
                   entry may go";
const NOTES: [&str; 3] = ["why", "link", "until"];
/// What an entry may expect: all that is no plain pass, and that the server has a part in.
const VERDICTS: [Verdict; 5] =
    [Verdict::Fail, Verdict::Nonstrict, Verdict::Inconclusive, Verdict::Unsupported, Verdict::Info];

/// Reads every entry of a file. In a draft a `why` may be empty.
pub(super) fn entries(text: &str, draft: bool) -> Result<Vec<Entry>, Vec<Problem>> {
    let document = document(text, "baseline")?;
    let mut reader = Reader::default();
    let mut entries: Vec<Entry> = Vec::new();
    for node in document.nodes() {
        let entry = match node.name().value() {
            "case" => reader.case(node),
            "finding" => reader.finding(node),
            other => {
                reader.unknown("node", other, node.name().span(), &["case", "finding"]);
                continue;
            }
        };
        let Some(entry) = entry else { continue };
        if let Some(first) = entries.iter().find(|first| first.is_for_the_same(&entry)) {
            let problem = Problem::new("a second entry for the same", entry.span, "again here");
            reader.push(problem.note(first.span.into(), "first here"));
        }
        entries.push(entry);
    }
    for entry in entries.iter().filter(|entry| !draft && entry.why.trim().is_empty()) {
        reader.push(Problem::new("an empty `why`", entry.why_span, "to be filled in").help(WHY));
    }
    if reader.problems.is_empty() { Ok(entries) } else { Err(reader.problems) }
}

impl Entry {
    fn is_for_the_same(&self, other: &Self) -> bool {
        self.version == other.version
            && match (&self.what, &other.what) {
                (What::Case(one), What::Case(other)) => one.case == other.case && one.transport == other.transport,
                (What::Finding(one), What::Finding(other)) => one == other,
                _ => false,
            }
    }
}

/// The value of a property that is a text, and where it stands.
fn text<'k>(properties: &[&'k KdlEntry], key: &str) -> Option<(&'k str, SourceSpan)> {
    let entry = properties.iter().find(|entry| entry.name().is_some_and(|name| name.value() == key))?;
    Some((entry.value().as_string().unwrap_or_default(), entry.span()))
}

impl Reader {
    fn case(&mut self, node: &KdlNode) -> Option<Entry> {
        let properties = self.properties(node, &["verdict", "reason", "version", "transport"]);
        let case = self.arguments(node, CASE, 1, 1).and_then(|mut texts| texts.pop());
        let verdict = self.verdict(node, &properties);
        let transport = text(&properties, "transport").and_then(|(word, span)| {
            let known = Transport::ALL.into_iter().find(|transport| transport.word() == word);
            if known.is_none() {
                self.unknown("transport", word, span, &Transport::ALL.map(Transport::word));
            }
            known
        });
        let reason = text(&properties, "reason");
        if let Some((_, span)) = reason.filter(|(reason, _)| reason.trim().is_empty()) {
            let problem = Problem::new("an empty reason", span, "says nothing");
            self.push(problem.help("leave it out for any reason, or write \"STATEMENT RULE\", as `update` does"));
        }
        let what = case.zip(verdict).map(|(case, (verdict, verdict_span))| {
            let (reason, reason_span) = (reason.map(|(reason, _)| reason.to_owned()), reason.map(|(_, span)| span));
            What::Case(CaseEntry { case, transport, verdict, verdict_span, reason, reason_span })
        });
        self.entry(node, &properties, what)
    }

    fn finding(&mut self, node: &KdlNode) -> Option<Entry> {
        let properties = self.properties(node, &["version"]);
        let what = self.arguments(node, FINDING, 1, 1).and_then(|mut texts| texts.pop());
        self.entry(node, &properties, what.map(What::Finding))
    }

    fn verdict(&mut self, node: &KdlNode, properties: &[&KdlEntry]) -> Option<(Verdict, SourceSpan)> {
        let Some((word, span)) = text(properties, "verdict") else {
            let problem = Problem::new("an entry without a verdict", line(node), "no `verdict=`");
            self.push(problem.help(format!("write: case {CASE}")));
            return None;
        };
        let verdict = VERDICTS.into_iter().find(|verdict| verdict.word() == word);
        if verdict.is_none() {
            self.unknown("verdict", word, span, &VERDICTS.map(Verdict::word));
        }
        Some((verdict?, span))
    }

    /// What every entry has.
    fn entry(&mut self, node: &KdlNode, properties: &[&KdlEntry], what: Option<What>) -> Option<Entry> {
        let version = text(properties, "version").and_then(|(word, span)| {
            let known = [("v3.1.1", Version::V311), ("v5", Version::V5)].into_iter().find(|(known, _)| *known == word);
            if known.is_none() {
                self.unknown("version", word, span, &["v3.1.1", "v5"]);
            }
            known.map(|(_, version)| version)
        });
        let mut notes: [Option<(String, SourceSpan)>; 3] = Default::default();
        for child in node.iter_children() {
            let name = child.name().value();
            let Some(at) = NOTES.iter().position(|known| *known == name) else {
                self.unknown("node", name, child.name().span(), &NOTES);
                continue;
            };
            if notes[at].is_some() {
                self.push(Problem::new(format!("`{name}` is given twice"), line(child), "again here"));
            }
            notes[at] = self.one_text(child, "TEXT").map(|text| (text, line(child)));
        }
        let [why, link, until] = notes;
        let until = until.and_then(|(text, span)| match text.parse::<Date>() {
            Ok(date) => Some(date),
            Err(told) => {
                self.push(Problem::new(format!("`{text}` is no day"), span, format!("not {told}")));
                None
            }
        });
        let Some((why, why_span)) = why else {
            self.push(Problem::new("an entry without its `why`", line(node), "no `why`").help(WHY));
            return None;
        };
        Some(Entry {
            what: what?,
            version,
            why,
            why_span,
            link: link.map(|(link, _)| link),
            until,
            span: line(node),
            whole: node.span(),
        })
    }
}
