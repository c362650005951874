//! What the user expects of the planned cases.

use super::Verdict;
use serde::{Deserialize, Serialize};

/// A baseline as far as it is about the planned cases, and the cases that are too new to gate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectations {
    /// The file of the baseline, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<String>,
    /// What it expects of planned cases; one for a case at most.
    pub cases: Vec<Expectation>,
    /// The findings of monitors that it knows.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<ExpectedFinding>,
    /// Only cases gate that are in the corpus of this version, if one is named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub corpus: Option<String>,
    /// The planned cases that were added later than that.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub later: Vec<String>,
}

/// What is expected of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The case id.
    pub case: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// For what reason; any without one. `crash`, broken rules as `STATEMENT RULE` with commas between them, or words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What is known of it.
    #[serde(flatten)]
    pub note: Note,
}

/// A finding that is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedFinding {
    /// `3.1.1` or `5.0`; both without one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// The statement, or what is wrong in words.
    pub what: String,
    /// What is known of it.
    #[serde(flatten)]
    pub note: Note,
}

/// What people wrote beside an entry of a baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Why it is so.
    pub why: String,
    /// Where more is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
    /// The last day on which the entry holds: `2027-06-30`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// That day had passed when the run began.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stale: bool,
    /// `file:line:column` of the entry.
    pub place: String,
}
