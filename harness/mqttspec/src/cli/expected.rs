//! What is expected of a run: the baseline and the corpus that gates, from the arguments to the event.

use super::args::ExpectArgs;
use super::failure::Failure;
use super::{output, suggest};
use crate::baseline::{Baseline, BaselineError, Date, Known};
use crate::corpus::Corpus;
use crate::report::text::Shown;
use crate::transport::Transport;
use mqttspec_engine::event::{Expectations, PlannedCase};
use mqttspec_engine::plan::Case;
use mqttspec_engine::scenario::Release;
use std::collections::BTreeSet;

/// What is known before a run begins: the baseline is read and right.
pub(super) struct Expected {
    baseline: Option<Baseline>,
    known: Known,
    cases: Vec<Case>,
    corpus: Option<Release>,
    today: Date,
}

impl Expected {
    /// Reads what the arguments name; nothing is expected without any. Tells what was renamed. The cases of a run that
    /// was made with other scenarios are known as well.
    pub(super) fn new(args: &ExpectArgs, corpus: &Corpus, planned: &[PlannedCase]) -> Result<Self, Failure> {
        if let Some(asked) = args.corpus.filter(|asked| *asked > Release::this()) {
            let message = format!("the corpus of {asked} is not known here: this is mqttspec {}", Release::this());
            return Err(Failure::usage(message, "name the version whose verdicts gate, this one or one before"));
        }
        let baseline = args.baseline.as_deref().map(Baseline::from_file).transpose()?;
        let cases = if baseline.is_some() || args.corpus.is_some() { corpus.cases() } else { Vec::new() };
        let known = known(&cases, corpus, planned);
        let today = args.today.unwrap_or_else(Date::today);
        let expected = Self { baseline, known, cases, corpus: args.corpus, today };
        expected.read(None, true)?;
        Ok(expected)
    }

    /// What is expected of the planned cases over this transport; `None` where nothing is.
    pub(super) fn of(
        &self,
        planned: &[PlannedCase],
        transport: Option<Transport>,
    ) -> Result<Option<Expectations>, Failure> {
        let Some(mut expectations) = self.read(transport, false)? else { return Ok(None) };
        let planned: BTreeSet<&str> = planned.iter().map(|planned| planned.case.as_str()).collect();
        expectations.cases.retain(|expected| planned.contains(expected.case.as_str()));
        expectations.later.retain(|case| planned.contains(case.as_str()));
        Ok(Some(expectations))
    }

    fn read(&self, transport: Option<Transport>, tell: bool) -> Result<Option<Expectations>, Failure> {
        let mut expectations = match &self.baseline {
            Some(baseline) => Some(resolved(baseline, &self.known, &self.cases, transport, self.today, tell)?),
            None => self.corpus.map(|_| Expectations::default()),
        };
        if let (Some(expectations), Some(corpus)) = (&mut expectations, self.corpus) {
            let later = self.cases.iter().filter(|case| case.scenario.since > corpus);
            expectations.later = later.map(|case| case.id.clone()).collect();
            expectations.corpus = Some(corpus.to_string());
        }
        Ok(expectations)
    }
}

/// What a baseline says of the known cases; what is to be noted is told.
pub(super) fn resolved(
    baseline: &Baseline,
    known: &Known,
    cases: &[Case],
    transport: Option<Transport>,
    today: Date,
    tell: bool,
) -> Result<Expectations, BaselineError> {
    let near = |name: &str| {
        let near = suggest::selectors(name, cases);
        (!near.is_empty()).then(|| suggest::did_you_mean(&near, "`mqttspec list` lists the cases"))
    };
    let resolved = baseline.resolve(known, transport, today, near)?;
    if tell {
        resolved.notes.iter().for_each(|note| output::error(&format!("note: {}\n", Shown(note))));
    }
    Ok(resolved.expectations)
}

/// The cases of the corpus, and others of a run.
pub(super) fn known(cases: &[Case], corpus: &Corpus, planned: &[PlannedCase]) -> Known {
    let mut all: Vec<_> = cases.iter().map(|case| (case.id.clone(), case.version.to_string())).collect();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let others = planned.iter().filter(|planned| !ids.contains(planned.case.as_str()));
    all.extend(others.map(|planned| (planned.case.clone(), planned.version.clone())));
    Known { cases: all, renamed: corpus.renamed() }
}

/// The transport of a run, as its environment has it.
pub(super) fn transport(word: Option<&str>) -> Option<Transport> {
    Transport::ALL.into_iter().find(|transport| Some(transport.word()) == word)
}

/// Selectors under the names of today; what was renamed is told.
pub(super) fn renamed(selectors: &[String], corpus: &Corpus) -> Vec<String> {
    let known = Known { cases: Vec::new(), renamed: corpus.renamed() };
    let now = |selector: &String| match known.renamed(selector) {
        Some(now) => {
            output::error(&format!("note: `{}` is called `{}` now\n", Shown(selector), Shown(&now)));
            now
        }
        None => selector.clone(),
    };
    selectors.iter().map(now).collect()
}
