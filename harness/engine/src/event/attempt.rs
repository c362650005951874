//! Cases that run more than once, and runs that are a part of one.

use super::PlannedCase;
use serde::{Deserialize, Serialize};

/// These cases run again, because the user asked for it: what comes of them from here on is of this attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The number of the attempt; the first has none of these, so from 2 on.
    pub number: u32,
    /// The cases.
    pub cases: Vec<String>,
}

/// What the attempts of a case come to, when it had several. In a run that was killed before this the last one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The case.
    pub case: String,
    /// The attempt whose result counts.
    pub attempt: u32,
    /// It failed or was inconclusive in one attempt, and came to something else in another.
    pub flaky: bool,
}

/// The run is one part of several, which go on elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// Every case of all parts, in the order of the plan.
    pub whole: Vec<PlannedCase>,
}
