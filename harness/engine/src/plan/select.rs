//! Which cases a user means.

use super::Case;
use crate::statement::whole;
use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;

/// What the user asked for; empty asks for everything.
#[derive(Debug, Default)]
pub struct Selection(Vec<Selector>);

#[derive(Debug)]
struct Selector {
    text: String,
    glob: Option<GlobMatcher>,
}

/// A selector that no case answers to.
#[derive(Debug, Error)]
#[error("no case, scenario, area or statement is called `{0}`")]
pub struct UnknownSelector(pub String);

impl Selection {
    /// Case ids, scenarios (`qos/name`), areas (`qos`), statement ids (`MQTT-4.3.3-10`, which has
    /// its clauses with it, or `MQTT-4.3.3-10/b`) and globs of case ids. A
    /// text means itself before it means a glob.
    #[must_use]
    pub fn new(selectors: &[String]) -> Self {
        let selector = |text: &String| {
            let glob = GlobBuilder::new(text).literal_separator(false).build().ok();
            Selector { text: text.clone(), glob: glob.map(|glob| glob.compile_matcher()) }
        };
        Self(selectors.iter().map(selector).collect())
    }

    /// The cases that are meant, in their order, with the controls that they need.
    ///
    /// # Errors
    /// A selector means nothing.
    pub fn select(&self, cases: Vec<Case>) -> Result<Vec<Case>, UnknownSelector> {
        if self.0.is_empty() {
            return Ok(cases);
        }
        let mut wanted = vec![false; cases.len()];
        for selector in &self.0 {
            let named: Vec<usize> = (0..cases.len()).filter(|&at| selector.names(&cases[at])).collect();
            let meant = if named.is_empty() {
                (0..cases.len()).filter(|&at| selector.globs(&cases[at])).collect()
            } else {
                named
            };
            if meant.is_empty() {
                return Err(UnknownSelector(selector.text.clone()));
            }
            meant.into_iter().for_each(|at| wanted[at] = true);
        }
        for at in 0..cases.len() {
            if let Some(control) = cases[at].control.as_ref().filter(|_| wanted[at]) {
                cases.iter().position(|case| case.id == *control).into_iter().for_each(|at| wanted[at] = true);
            }
        }
        Ok(cases.into_iter().zip(wanted).filter_map(|(case, wanted)| wanted.then_some(case)).collect())
    }
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
