//! What monitors saw: one entry for each statement that is broken, however often.

use mqttspec_engine::event::Finding;
use serde::Serialize;

/// A breach, and the cases that saw it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Seen {
    /// As it was seen first.
    #[serde(flatten)]
    pub(super) first: Finding,
    /// How often it was seen.
    pub(super) times: usize,
    /// The cases that saw it.
    pub(super) cases: Vec<String>,
}

/// All breaches of a run, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Seen>);

impl Findings {
    pub(super) fn add(&mut self, case: &str, finding: &Finding) {
        let known = self.0.iter_mut().find(|seen| same(&seen.first, finding));
        match known {
            Some(seen) => {
                seen.times += 1;
                if !seen.cases.iter().any(|other| other == case) {
                    seen.cases.push(case.to_owned());
                }
            }
            None => self.0.push(Seen { first: finding.clone(), times: 1, cases: vec![case.to_owned()] }),
        }
    }

    pub(super) fn all(&self) -> &[Seen] {
        &self.0
    }
}

/// The same statement of the same version, since an id means one thing in 3.1.1 and another in 5.0, or, where none has a number, the same words but for the numbers in them.
fn same(one: &Finding, other: &Finding) -> bool {
    fn words(finding: &Finding) -> impl Iterator<Item = char> + '_ {
        finding.text.chars().filter(|c| !c.is_ascii_digit())
    }
    let statements = (&one.statement, &other.statement);
    one.version == other.version
        && match statements {
            (Some(one), Some(other)) => one == other,
            (None, None) => words(one).eq(words(other)),
            _ => false,
        }
}
