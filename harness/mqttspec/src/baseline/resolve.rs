//! What a baseline says of the cases that are known.

use super::{Baseline, BaselineError, CaseEntry, Date, Entry, What};
use crate::transport::Transport;
use globset::{GlobBuilder, GlobMatcher};
use mqttspec_engine::event::{Expectation, Expectations, ExpectedFinding, Note};
use mqttspec_engine::scenario::{LoadError, Problem, Span};

/// The cases that there are.
#[derive(Debug, Default)]
pub struct Known {
    /// Every case id, and its version: `3.1.1` or `5.0`.
    pub cases: Vec<(String, String)>,
    /// Names that scenarios had before, and the names that they have now: `area/name` both.
    pub renamed: Vec<(String, String)>,
}

/// What a baseline says of the known cases.
#[derive(Debug)]
pub struct Resolved {
    /// For the event stream.
    pub expectations: Expectations,
    /// What its user should know, a line each.
    pub notes: Vec<String>,
}

/// An entry for cases, with what it means.
pub(super) struct Meant<'b> {
    pub(super) entry: &'b Entry,
    pub(super) case: &'b CaseEntry,
    /// The id or glob under the names of today.
    id: String,
    pub(super) glob: Option<GlobMatcher>,
}

impl Known {
    /// An id or a glob under the names of today, if its scenario had another name before.
    #[must_use]
    pub fn renamed(&self, id: &str) -> Option<String> {
        let (name, choice) = id.split_at(id.find('@').unwrap_or(id.len()));
        let (name, control) = name.strip_suffix(".control").map_or((name, ""), |name| (name, ".control"));
        let (_, now) = self.renamed.iter().find(|(before, _)| before == name)?;
        Some(format!("{now}{control}{choice}"))
    }
}

impl Baseline {
    /// What it says of the known cases, over this transport. Entries for others than the planned ones stay in.
    ///
    /// # Errors
    /// An entry names no known case.
    pub fn resolve(
        &self,
        known: &Known,
        transport: Option<Transport>,
        today: Date,
        suggest: impl Fn(&str) -> Option<String>,
    ) -> Result<Resolved, BaselineError> {
        let mut notes = Vec::new();
        let meant = self.meant(known, transport, suggest, &mut notes)?;
        let expectation = |(id, version): &(String, String)| {
            let meant = meant.iter().find(|meant| meant.means(id, version))?;
            Some(Expectation {
                case: id.clone(),
                verdict: meant.case.verdict,
                reason: meant.case.reason.clone(),
                note: self.note(meant.entry, today),
            })
        };
        let finding = |entry: &Entry| match &entry.what {
            What::Finding(what) => Some(ExpectedFinding {
                version: entry.version.map(|version| version.to_string()),
                what: what.clone(),
                note: self.note(entry, today),
            }),
            What::Case(_) => None,
        };
        let expectations = Expectations {
            baseline: Some(self.source.path.clone()),
            cases: known.cases.iter().filter_map(expectation).collect(),
            findings: self.entries.iter().filter_map(finding).collect(),
            ..Expectations::default()
        };
        Ok(Resolved { expectations, notes })
    }

    /// What each entry for cases means over this transport: what is looked at first comes first.
    pub(super) fn meant(
        &self,
        known: &Known,
        transport: Option<Transport>,
        suggest: impl Fn(&str) -> Option<String>,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Meant<'_>>, BaselineError> {
        let (mut meant, mut problems) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            let What::Case(case) = &entry.what else { continue };
            match Meant::new(entry, case, known) {
                Some(found) => {
                    if found.id != case.case {
                        let place = self.place(entry);
                        notes.push(format!("{place}: `{}` is called `{}` now", case.case, found.id));
                    }
                    meant.push(found);
                }
                None => {
                    let problem = Problem::new(format!("no case is called `{}`", case.case), entry.span, "unknown");
                    let help = suggest(&case.case).unwrap_or_else(|| "`mqttspec list` lists the cases".to_owned());
                    problems.push(problem.help(help));
                }
            }
        }
        if !problems.is_empty() {
            return Err(LoadError::new(&self.source, problems).into());
        }
        meant.retain(|meant| meant.case.transport.is_none_or(|only| Some(only) == transport));
        // Exact ids before globs, what is for one version or transport before what is for any.
        meant.sort_by_key(|meant| {
            (meant.glob.is_some(), meant.entry.version.is_none() && meant.case.transport.is_none())
        });
        Ok(meant)
    }

    pub(super) fn place(&self, entry: &Entry) -> String {
        self.source.place(Span::from(entry.span))
    }

    fn note(&self, entry: &Entry, today: Date) -> Note {
        Note {
            why: entry.why.clone(),
            link: entry.link.clone(),
            until: entry.until.map(|until| until.to_string()),
            stale: entry.until.is_some_and(|until| until < today),
            place: self.place(entry),
        }
    }
}

impl<'b> Meant<'b> {
    /// A text means itself before it means a glob; `None` if it means no case that is known.
    fn new(entry: &'b Entry, case: &'b CaseEntry, known: &Known) -> Option<Self> {
        [Some(case.case.clone()), known.renamed(&case.case)].into_iter().flatten().find_map(|id| {
            if known.cases.iter().any(|(known, _)| *known == id) {
                return Some(Self { entry, case, id, glob: None });
            }
            let glob = GlobBuilder::new(&id).literal_separator(false).build().ok()?.compile_matcher();
            let any = known.cases.iter().any(|(known, _)| glob.is_match(known));
            any.then_some(Self { entry, case, id, glob: Some(glob) })
        })
    }

    pub(super) fn means(&self, id: &str, version: &str) -> bool {
        self.entry.version.is_none_or(|only| only.to_string() == version)
            && self.glob.as_ref().map_or(self.id == id, |glob| glob.is_match(id))
    }
}
