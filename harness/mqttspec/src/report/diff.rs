//! What changed from one run to another: of two versions of a server, or of mqttspec.

use super::run::{Case, Run};
use super::text::{Shown, counted};
use crate::overlay::reason;
use mqttspec_engine::event::{Finding, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, Write};

/// The version of the form of [`Diff::write_json`].
pub const SCHEMA: u32 = 1;
/// How many changes of a kind a page of Markdown lists.
const ROWS: usize = 25;

/// How a case changed. What is worse comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It fails, and did not.
    NewlyFailing,
    /// It was right, or nearly, and now is less so: not strict, inconclusive, or without a result.
    Worse,
    /// It failed, and does not any more.
    Fixed,
    /// Less wrong than it was.
    Better,
    /// As wrong as it was, for another reason.
    Reason,
    /// Another verdict that is neither worse nor better: a choice, or what was not tried.
    Otherwise,
    /// It was not planned before.
    Appeared,
    /// It is not planned any more.
    Vanished,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::NewlyFailing,
        Self::Worse,
        Self::Fixed,
        Self::Better,
        Self::Reason,
        Self::Otherwise,
        Self::Appeared,
        Self::Vanished,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly failing",
            Self::Worse => "worse",
            Self::Fixed => "fixed",
            Self::Better => "better",
            Self::Reason => "another reason",
            Self::Otherwise => "otherwise",
            Self::Appeared => "appeared",
            Self::Vanished => "vanished",
        }
    }
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct State {
    verdict: &'static str,
    /// As a baseline has it: the same from run to run.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip)]
    is: Option<Verdict>,
}

#[derive(Debug, Serialize)]
struct Change {
    kind: Kind,
    /// The id under the name of today.
    case: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<State>,
}

/// One of the two runs.
#[derive(Debug, Serialize)]
struct Side {
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    tool: String,
    corpus: String,
    cases: usize,
}

/// What changed, in the order of its kinds.
#[derive(Debug, Serialize)]
pub struct Diff {
    schema: u32,
    old: Side,
    new: Side,
    worse: bool,
    changes: Vec<Change>,
}

impl Diff {
    /// From one run to another. `renamed` gives a case id the name of today, if it has another.
    #[must_use]
    pub fn new(old: &Run, new: &Run, renamed: impl Fn(&str) -> Option<String>) -> Self {
        let states = |run: &Run| -> BTreeMap<String, State> {
            let id = |id: &str| renamed(id).unwrap_or_else(|| id.to_owned());
            let cases = run.cases.iter().map(|case| (id(&case.planned.case), state(case)));
            cases.chain(run.grave_findings().map(finding)).collect()
        };
        let (was, is) = (states(old), states(new));
        let ids = was.keys().chain(is.keys().filter(|id| !was.contains_key(*id)));
        let change = |id: &String| {
            let (was, is) = (was.get(id), is.get(id));
            let kind = kind(id, was, is)?;
            Some(Change { kind, case: id.clone(), was: was.cloned(), is: is.cloned() })
        };
        let mut changes: Vec<Change> = ids.filter_map(change).collect();
        changes.sort_by(|a, b| (a.kind, &a.case).cmp(&(b.kind, &b.case)));
        let worse = changes.iter().any(|change| change.kind <= Kind::Worse);
        Self { schema: SCHEMA, old: side(old), new: side(new), worse, changes }
    }

    /// Whether anything got worse.
    #[must_use]
    pub const fn is_worse(&self) -> bool {
        self.worse
    }

    /// For a terminal.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_text(&self, mut out: impl Write) -> io::Result<()> {
        let mut text = String::new();
        self.text(&mut text).map_err(io::Error::other)?;
        out.write_all(text.as_bytes())
    }

    fn text(&self, text: &mut String) -> fmt::Result {
        for (name, side) in [("old", &self.old), ("new", &self.new)] {
            writeln!(text, "{name}  {}", Shown(&side.to_string()))?;
        }
        for (kind, changes) in self.kinds() {
            writeln!(text, "\n{}: {}", kind.words(), counted(changes.len(), "case"))?;
            for change in changes {
                writeln!(text, "  {}\n    {}", Shown(&change.case), Shown(&change.to_string()))?;
            }
        }
        let told = if self.worse { "worse than before" } else { "nothing got worse" };
        writeln!(text, "\n{told}: {}", self.counts())
    }

    /// A page of Markdown.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_markdown(&self, mut out: impl Write) -> io::Result<()> {
        use super::markdown::{Cell, Code};
        let mut text = String::new();
        let mut page = || -> fmt::Result {
            let sign = if self.worse { "❌ worse than before" } else { "✅ nothing got worse" };
            writeln!(text, "## {sign}\n\n{}\n", self.counts())?;
            writeln!(text, "- old: {}\n- new: {}", Cell(&self.old.to_string()), Cell(&self.new.to_string()))?;
            for (kind, changes) in self.kinds() {
                writeln!(
                    text,
                    "\n### {}: {}\n\n| case | what |\n|---|---|",
                    kind.words(),
                    counted(changes.len(), "case")
                )?;
                for change in changes.iter().take(ROWS) {
                    writeln!(text, "| <code>{}</code> | {} |", Code(&change.case), Cell(&change.to_string()))?;
                }
                if changes.len() > ROWS {
                    writeln!(text, "\nand {} more.", changes.len() - ROWS)?;
                }
            }
            Ok(())
        };
        page().map_err(io::Error::other)?;
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// One JSON document.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    fn kinds(&self) -> impl Iterator<Item = (Kind, Vec<&Change>)> {
        let of = |kind: Kind| self.changes.iter().filter(|change| change.kind == kind).collect::<Vec<_>>();
        Kind::ALL.into_iter().map(move |kind| (kind, of(kind))).filter(|(_, changes)| !changes.is_empty())
    }

    fn counts(&self) -> String {
        let told: Vec<String> =
            self.kinds().map(|(kind, changes)| format!("{} {}", changes.len(), kind.words())).collect();
        if told.is_empty() { "no changes".to_owned() } else { told.join(", ") }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        for more in [&self.server, &self.image].into_iter().flatten() {
            write!(f, ", {more}")?;
        }
        write!(f, ", {}, corpus {}, mqttspec {}", counted(self.cases, "case"), self.corpus, self.tool)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason.is_empty() { f.write_str(self.verdict) } else { write!(f, "{}, {}", self.verdict, self.reason) }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.was, &self.is) {
            (Some(was), Some(is)) => write!(f, "{was} -> {is}"),
            (Some(only), None) | (None, Some(only)) => write!(f, "{only}"),
            (None, None) => Ok(()),
        }
    }
}

fn side(run: &Run) -> Side {
    Side {
        target: run.target.clone(),
        server: run.environment.server.clone(),
        image: run.image.as_ref().map(|image| image.digest.clone().unwrap_or_else(|| image.id.clone())),
        tool: run.tool.clone(),
        corpus: run.corpus.clone(),
        cases: run.cases.len(),
    }
}

fn state(case: &Case) -> State {
    let told = |verdict: Verdict| !matches!(verdict, Verdict::Pass);
    let reason = case.result.as_ref().filter(|result| told(result.verdict)).map(reason).unwrap_or_default();
    State { verdict: case.word(), reason, is: case.verdict() }
}

/// A breach beside the cases, as if it were one.
fn finding(finding: &Finding) -> (String, State) {
    let what = finding.statement.as_deref().unwrap_or(&finding.text);
    let state = State { verdict: "fail", reason: String::new(), is: Some(Verdict::Fail) };
    (format!("{FINDING}{what} of {}", finding.version), state)
}

const FINDING: &str = "finding ";

/// How wrong a verdict is; `None` for what was not tried.
const fn wrong(verdict: Option<Verdict>) -> Option<u8> {
    match verdict {
        Some(Verdict::Pass | Verdict::Info) => Some(0),
        Some(Verdict::Nonstrict) => Some(1),
        Some(Verdict::Inconclusive) | None => Some(2),
        Some(Verdict::Fail) => Some(3),
        Some(Verdict::Skipped | Verdict::Unsupported) => None,
    }
}

fn kind(id: &str, was: Option<&State>, is: Option<&State>) -> Option<Kind> {
    let (was, is) = match (was, is) {
        (Some(was), Some(is)) => (was, is),
        (None, Some(_)) => return Some(if id.starts_with(FINDING) { Kind::NewlyFailing } else { Kind::Appeared }),
        (Some(_), None) => return Some(if id.starts_with(FINDING) { Kind::Fixed } else { Kind::Vanished }),
        (None, None) => return None,
    };
    if was.is == is.is {
        let of_interest = wrong(is.is).is_some_and(|wrong| wrong > 0);
        return (of_interest && was.reason != is.reason).then_some(Kind::Reason);
    }
    Some(match (wrong(was.is), wrong(is.is)) {
        (_, Some(3)) => Kind::NewlyFailing,
        (Some(3), Some(0)) => Kind::Fixed,
        (Some(was), Some(is)) if is > was => Kind::Worse,
        (Some(was), Some(is)) if is < was => Kind::Better,
        _ => Kind::Otherwise,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(was: Option<Verdict>, is: Option<Verdict>, reasons: [&str; 2]) -> Option<Kind> {
        let state = |is: Option<Verdict>, reason: &str| State { verdict: "", reason: reason.to_owned(), is };
        kind("a@v5", Some(&state(was, reasons[0])), Some(&state(is, reasons[1])))
    }

    #[test]
    fn kinds() {
        use Verdict::{Fail, Inconclusive, Info, Nonstrict, Pass, Skipped, Unsupported};
        for (was, is, expected) in [
            (Pass, Pass, None),
            (Pass, Fail, Some(Kind::NewlyFailing)),
            (Nonstrict, Fail, Some(Kind::NewlyFailing)),
            (Unsupported, Fail, Some(Kind::NewlyFailing)),
            (Fail, Pass, Some(Kind::Fixed)),
            (Fail, Nonstrict, Some(Kind::Better)),
            (Inconclusive, Pass, Some(Kind::Better)),
            (Pass, Nonstrict, Some(Kind::Worse)),
            (Info, Inconclusive, Some(Kind::Worse)),
            (Fail, Inconclusive, Some(Kind::Better)),
            (Pass, Info, Some(Kind::Otherwise)),
            (Fail, Unsupported, Some(Kind::Otherwise)),
            (Skipped, Pass, Some(Kind::Otherwise)),
        ] {
            assert_eq!(of(Some(was), Some(is), ["", ""]), expected, "{was:?} {is:?}");
        }
        assert_eq!(of(Some(Fail), Some(Fail), ["a", "b"]), Some(Kind::Reason));
        assert_eq!(of(Some(Info), Some(Info), ["a", "b"]), None);
        assert_eq!(of(Some(Pass), None, ["", ""]), Some(Kind::Worse));
    }
}
