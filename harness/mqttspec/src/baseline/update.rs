//! A baseline, brought to what a run came to. The text is changed where it must be and nowhere else: comments, order and
//! what was written by hand stay.

use super::{Baseline, BaselineError, Entry, Known, What};
use crate::overlay::{Overlay, Overlays, reason};
use crate::report::Run;
use crate::transport::Transport;
use kdl::KdlValue;
use mqttspec_engine::event::{CaseResult, Expectation, Expectations, Note, Verdict};
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What became of a baseline.
#[derive(Debug)]
pub struct Updated {
    /// The new text.
    pub text: String,
    /// What is new and needs its `why`.
    pub added: Vec<String>,
    /// The entries that expect something else now: id or glob, as it was written.
    pub changed: Vec<String>,
    /// The entries that are gone.
    pub removed: Vec<String>,
    /// What has to be done by hand, a line each.
    pub by_hand: Vec<String>,
}

/// What the run says of the cases of an entry.
#[derive(Default)]
struct Heard {
    /// They are as it says.
    held: usize,
    /// The first that does not fail any more.
    better: Option<String>,
    /// Known cases of which this run says nothing.
    silent: usize,
    /// It was changed.
    changed: bool,
}

/// What a baseline has to hold: what could gate.
const fn is_known_by_entry(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Nonstrict | Verdict::Inconclusive)
}

impl Baseline {
    /// The baseline that the run meets.
    ///
    /// # Errors
    /// An entry names no known case.
    pub fn updated(
        &self,
        run: &Run,
        known: &Known,
        transport: Option<Transport>,
        suggest: impl Fn(&str) -> Option<String>,
    ) -> Result<Updated, BaselineError> {
        let meant = self.meant(known, transport, suggest, &mut Vec::new())?;
        let mut heard: Vec<Heard> = meant.iter().map(|_| Heard::default()).collect();
        let mut updated =
            Updated { text: String::new(), added: vec![], changed: vec![], removed: vec![], by_hand: vec![] };
        let (mut edits, mut new): (Vec<(Range<usize>, String)>, String) = Default::default();
        for (id, version) in &known.cases {
            let result = run.cases.iter().find(|case| case.planned.case == *id).and_then(|case| case.result.as_ref());
            let at = meant.iter().position(|meant| meant.means(id, version));
            let Some(result) = result else {
                if let Some(at) = at {
                    heard[at].silent += 1;
                }
                continue;
            };
            let Some(at) = at else {
                if is_known_by_entry(result.verdict) {
                    updated.added.push(id.clone());
                    add(&mut new, result);
                }
                continue;
            };
            let (entry, case) = (meant[at].entry, meant[at].case);
            match overlay(case.verdict, case.reason.clone(), result) {
                Some(Overlay::Xfail) => heard[at].held += 1,
                None => heard[at].silent += 1,
                Some(_) if !is_known_by_entry(result.verdict) => {
                    heard[at].better.get_or_insert_with(|| id.clone());
                }
                // The id itself comes before the glob.
                Some(_) if meant[at].glob.is_some() => {
                    updated.added.push(id.clone());
                    add(&mut new, result);
                }
                Some(_) => {
                    heard[at].changed = true;
                    updated.changed.push(case.case.clone());
                    edits.push((range(case.verdict_span), format!("verdict={}", result.verdict.word())));
                    let told = format!("reason={}", quoted(&reason(result)));
                    match case.reason_span {
                        Some(span) => edits.push((range(span), told)),
                        None => edits.push((end(range(entry.span)), format!(" {told}"))),
                    }
                }
            }
        }
        for (meant, heard) in meant.iter().zip(&heard) {
            let Some(better) = &heard.better else { continue };
            let (place, case) = (self.place(meant.entry), &meant.case.case);
            if heard.held > 0 {
                updated.by_hand.push(format!("{place}: `{case}` no longer holds for {better}: make it narrower"));
            } else if heard.silent > 0 && meant.glob.is_some() {
                updated.by_hand.push(format!("{place}: `{case}` does not hold for {better}; others of it did not run"));
            } else {
                updated.removed.push(case.clone());
                edits.push((self.lines_of(meant.entry), String::new()));
            }
        }
        self.add_findings(run, &mut new, &mut updated);
        updated.text = self.source.text.clone();
        edits.sort_by_key(|(range, _)| range.start);
        for (range, text) in edits.into_iter().rev() {
            updated.text.replace_range(range, &text);
        }
        if !new.is_empty() {
            let text = &mut updated.text;
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&new);
        }
        Ok(updated)
    }

    /// A finding that gates. That one is gone is never told by a run of some cases, so entries for findings stay.
    fn add_findings(&self, run: &Run, new: &mut String, updated: &mut Updated) {
        for first in run.grave_findings() {
            let what = first.statement.as_deref().unwrap_or(&first.text);
            let is_known = |entry: &Entry| {
                entry.version.is_none_or(|version| version.to_string() == first.version)
                    && matches!(&entry.what, What::Finding(known) if known == what)
            };
            if !self.entries.iter().any(is_known) {
                let version = if first.version == "5.0" { "v5" } else { "v3.1.1" };
                updated.added.push(format!("finding {what}"));
                let _ = write!(new, "finding {} version={version} {{\n  why \"\"\n}}\n", quoted(what));
            }
        }
    }

    /// The whole lines of an entry, where nothing else stands on them.
    fn lines_of(&self, entry: &Entry) -> Range<usize> {
        let text = &self.source.text;
        let whole = range(entry.whole);
        let mut start = entry.span.offset();
        let mut end = whole.end.max(range(entry.span).end);
        end = start + text[start..end].trim_end().len();
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let rest = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
        if text[end..rest].trim_matches(|c: char| c.is_whitespace() || c == ';').is_empty() {
            end = rest;
            if text[line..start].trim().is_empty() {
                start = line;
            }
        }
        start..end
    }
}

/// How a result stands to an entry.
fn overlay(verdict: Verdict, reason: Option<String>, result: &CaseResult) -> Option<Overlay> {
    let note = Note { why: String::new(), link: None, until: None, stale: false, place: String::new() };
    let cases = vec![Expectation { case: result.case.clone(), verdict, reason, note }];
    Overlays::new(Expectations { cases, ..Expectations::default() }).of(result)
}

fn add(new: &mut String, result: &CaseResult) {
    let reason = reason(result);
    let reason = if reason.is_empty() { String::new() } else { format!(" reason={}", quoted(&reason)) };
    let (case, verdict) = (quoted(&result.case), result.verdict.word());
    let _ = write!(new, "case {case} verdict={verdict}{reason} {{\n  why \"\"\n}}\n");
}

/// A text as KDL has it, always in quotes.
fn quoted(text: &str) -> String {
    let shown = KdlValue::String(text.to_owned()).to_string();
    if shown.starts_with(['"', '#']) { shown } else { format!("\"{shown}\"") }
}

fn range(span: miette::SourceSpan) -> Range<usize> {
    span.offset()..span.offset() + span.len()
}

const fn end(range: Range<usize>) -> Range<usize> {
    range.end..range.end
}

/// Writes a baseline in place of what the file held, whole or not at all.
///
/// # Errors
/// It cannot be written: the file is as it was.
pub fn write(path: &Path, text: &str) -> Result<(), BaselineError> {
    let unwritable = |source| BaselineError::Unwritable { path: path.to_owned(), source };
    // What a link leads to is replaced, not the link.
    let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(PathBuf::from("."), Path::to_owned);
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(unwritable)?;
    if let Ok(before) = file.metadata() {
        new.as_file().set_permissions(before.permissions()).map_err(unwritable)?;
    }
    new.persist(&file).map_err(|error| unwritable(error.error))?;
    Ok(())
}
