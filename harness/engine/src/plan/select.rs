//! Which cases a user means.

use super::{Case, Filter};
use crate::scenario::LoadError;
use crate::statement::{Catalogue, whole};
use globset::{GlobBuilder, GlobMatcher};
use mqttspec_codec::Version;
use std::collections::BTreeMap;
use thiserror::Error;

/// What the user asked for; empty asks for everything. What is named in several ways has to be meant by each: selectors,
/// filters and versions.
#[derive(Debug, Default)]
pub struct Selection {
    selectors: Vec<Selector>,
    filters: Vec<Filter>,
    versions: Vec<Version>,
}

#[derive(Debug)]
struct Selector {
    text: String,
    glob: Option<GlobMatcher>,
}

/// Why nothing can be selected.
#[derive(Debug, Error)]
pub enum SelectionError {
    /// A selector that no case answers to.
    #[error("no case, scenario, area or statement is called `{0}`")]
    Unknown(String),
    /// A filter that is none, or has a pattern that matches nothing.
    #[error(transparent)]
    Filter(#[from] LoadError),
}

impl Selection {
    /// Case ids, scenarios (`qos/name`), areas (`qos`), statement ids (`MQTT-4.3.3-10`, which has its clauses with it, or
    /// `MQTT-4.3.3-10/b`) and globs of case ids: what any of them means. A text means itself before it means a glob.
    #[must_use]
    pub fn new(selectors: &[String]) -> Self {
        let selector = |text: &String| {
            let glob = GlobBuilder::new(text).literal_separator(false).build().ok();
            Selector { text: text.clone(), glob: glob.map(|glob| glob.compile_matcher()) }
        };
        Self { selectors: selectors.iter().map(selector).collect(), ..Self::default() }
    }

    /// Only what one of these filters means, if there are any.
    ///
    /// # Errors
    /// A text is no filter.
    pub fn filtered(mut self, filters: &[String]) -> Result<Self, SelectionError> {
        for text in filters {
            self.filters.push(Filter::parse(text)?);
        }
        Ok(self)
    }

    /// Only cases of these versions, if there are any.
    #[must_use]
    pub fn of_versions(mut self, versions: &[Version]) -> Self {
        self.versions = versions.to_vec();
        self
    }

    /// The cases that are meant, in their order, with the controls that they need.
    ///
    /// # Errors
    /// A selector or a pattern means nothing.
    pub fn select(&self, cases: Vec<Case>, catalogue: &Catalogue) -> Result<Vec<Case>, SelectionError> {
        let mut wanted = self.named(&cases)?;
        if !self.filters.is_empty() {
            let mut filtered = vec![false; cases.len()];
            for filter in &self.filters {
                let meant = filter.wanted(&cases, catalogue)?;
                filtered.iter_mut().zip(meant).for_each(|(filtered, meant)| *filtered |= meant);
            }
            wanted.iter_mut().zip(filtered).for_each(|(wanted, filtered)| *wanted &= filtered);
        }
        if !self.versions.is_empty() {
            let of_version = cases.iter().map(|case| self.versions.contains(&case.version));
            wanted.iter_mut().zip(of_version).for_each(|(wanted, of_version)| *wanted &= of_version);
        }
        Ok(with_controls(cases, wanted))
    }

    /// For each case whether a selector names it; all without any.
    fn named(&self, cases: &[Case]) -> Result<Vec<bool>, SelectionError> {
        let mut wanted = vec![self.selectors.is_empty(); cases.len()];
        for selector in &self.selectors {
            let named: Vec<usize> = (0..cases.len()).filter(|&at| selector.names(&cases[at])).collect();
            let meant = if named.is_empty() {
                (0..cases.len()).filter(|&at| selector.globs(&cases[at])).collect()
            } else {
                named
            };
            if meant.is_empty() {
                return Err(SelectionError::Unknown(selector.text.clone()));
            }
            meant.into_iter().for_each(|at| wanted[at] = true);
        }
        Ok(wanted)
    }
}

/// Those of the cases that are wanted, in their order, with the controls that they need.
#[must_use]
pub fn with_controls(cases: Vec<Case>, mut wanted: Vec<bool>) -> Vec<Case> {
    let places: BTreeMap<String, usize> = cases.iter().enumerate().map(|(at, case)| (case.id.clone(), at)).collect();
    for at in 0..cases.len() {
        if let Some(control) = cases[at].control.as_ref().filter(|_| wanted[at])
            && let Some(&control) = places.get(control)
        {
            wanted[control] = true;
        }
    }
    cases.into_iter().zip(wanted).filter_map(|(case, wanted)| wanted.then_some(case)).collect()
}

fn is_called(id: &str, text: &str) -> bool {
    id == text || id.strip_prefix("MQTT-") == Some(text)
}

impl Selector {
    fn names(&self, case: &Case) -> bool {
        let text = self.text.as_str();
        text == case.id
            || text == case.scenario.path()
            || text == case.scenario.area
            || case.statements().any(|id| [id, whole(id)].into_iter().any(|id| is_called(id, text)))
    }

    fn globs(&self, case: &Case) -> bool {
        self.glob.as_ref().is_some_and(|glob| glob.is_match(&case.id))
    }
}
