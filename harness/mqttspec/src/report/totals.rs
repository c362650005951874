//! How many cases came to what.

use mqttspec_engine::event::Verdict;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Counts over the planned cases; one that has no result is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) planned: usize,
    /// Those that went wrong in one attempt and not in another, whatever their verdict.
    pub(super) flaky: usize,
    verdicts: [usize; Verdict::ALL.len()],
}

impl Totals {
    pub(super) fn of(results: impl Iterator<Item = Option<Verdict>>) -> Self {
        let mut totals = Self::default();
        for result in results {
            totals.planned += 1;
            if let Some(at) = Verdict::ALL.iter().position(|verdict| Some(*verdict) == result) {
                totals.verdicts[at] += 1;
            }
        }
        totals
    }

    pub(super) fn with_flaky(self, flaky: usize) -> Self {
        Self { flaky, ..self }
    }

    pub(super) fn count(&self, verdict: Verdict) -> usize {
        Verdict::ALL.iter().position(|other| *other == verdict).map_or(0, |at| self.verdicts[at])
    }

    pub(super) fn missing(&self) -> usize {
        self.planned - self.verdicts.iter().sum::<usize>()
    }

    /// Word and count of each kind, in the order in which they are told.
    pub(super) fn words(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let missing = ("missing", self.missing());
        Verdict::ALL.iter().map(|verdict| (verdict.word(), self.count(*verdict))).chain([missing])
    }
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("planned", &self.planned)?;
        for (word, count) in self.words() {
            map.serialize_entry(word, &count)?;
        }
        map.serialize_entry("flaky", &self.flaky)?;
        map.end()
    }
}
