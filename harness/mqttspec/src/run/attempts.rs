//! Cases that run more than once: all of them so many times, or those again that went wrong.

use super::{Options, Summary};
use mqttspec_engine::event::{Attempt, CaseResult, Event, Settled, Verdict, micros};
use mqttspec_engine::plan::{Case, with_controls};
use std::collections::BTreeMap;
use std::time::Instant;

/// How often cases run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often each runs, whatever comes of it; at least once.
    pub repeat: u32,
    /// How often one runs again that failed or was inconclusive.
    pub retries: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { repeat: 1, retries: 0 }
    }
}

/// The attempts of a run, one after another.
#[derive(Debug)]
pub struct Attempts<'a> {
    policy: Policy,
    cases: &'a [Case],
    began: Instant,
    /// When the attempt began, in microseconds since the run did; 0 in virtual time.
    offset_us: u64,
    /// The attempt that is made, from 1; 0 before the first.
    number: u32,
    /// Attempt and result, by case.
    results: BTreeMap<String, Vec<(u32, CaseResult)>>,
    /// What was seen in all attempts.
    summary: Summary,
}

impl<'a> Attempts<'a> {
    /// Of these cases; a control stands before the case that it controls.
    #[must_use]
    pub fn new(policy: Policy, cases: &'a [Case]) -> Self {
        let (results, summary) = (BTreeMap::new(), Summary::default());
        Self { policy, cases, began: Instant::now(), offset_us: 0, number: 0, results, summary }
    }

    /// The cases of the next attempt and how it is made; `None` when there is none. Names are others in each attempt on
    /// a server, and so is the seed.
    pub fn next(
        &mut self,
        options: &Options,
        virtual_time: bool,
        events: &mut dyn FnMut(Event),
    ) -> Option<(Vec<Case>, Options)> {
        let number = self.number + 1;
        let wanted: Vec<bool> = self.cases.iter().map(|case| self.is_due(case, number)).collect();
        let over = self.summary.interrupted || self.summary.crash.is_some();
        if number > 1 && (over || !wanted.contains(&true)) {
            return None;
        }
        let cases = with_controls(self.cases.to_vec(), wanted);
        let mut options = options.clone();
        if number > 1 {
            self.offset_us = if virtual_time { 0 } else { micros(self.began.elapsed()) };
            options.seed = options.seed.wrapping_add(u64::from(number - 1));
            options.run_id = options.run_id.chars().map(|letter| next_letter(letter, number)).collect();
            let ids = cases.iter().map(|case| case.id.clone()).collect();
            events(Event::AttemptStarted(Attempt { number, cases: ids }));
        }
        self.number = number;
        Some((cases, options))
    }

    fn is_due(&self, case: &Case, number: u32) -> bool {
        let wrong =
            || self.results.get(&case.id).and_then(|all| all.last()).is_some_and(|(_, result)| is_wrong(result));
        number <= self.policy.repeat || number <= self.policy.repeat + self.policy.retries && wrong()
    }

    /// An event of the attempt as one of the run; `None` for what was told before.
    #[must_use]
    pub fn of_run(&self, event: Event) -> Option<Event> {
        match event {
            // The server's log is told from its beginning each time.
            Event::Log { at_us: 0, .. } if self.number > 1 => None,
            event => Some(later(event, self.offset_us)),
        }
    }

    /// An attempt is over.
    pub fn over(&mut self, summary: Summary) {
        // What the user cut short says nothing of the case.
        let cut =
            |result: &CaseResult| summary.interrupted && self.number > 1 && result.verdict == Verdict::Inconclusive;
        for result in summary.results.into_iter().filter(|result| !cut(result)) {
            self.results.entry(result.case.clone()).or_default().push((self.number, result));
        }
        self.summary.must_finding |= summary.must_finding;
        self.summary.should_finding |= summary.should_finding;
        self.summary.interrupted |= summary.interrupted;
        self.summary.crash = self.summary.crash.take().or(summary.crash);
    }

    /// What the run came to: for each case the attempt that counts.
    pub fn settle(mut self, events: &mut dyn FnMut(Event)) -> Summary {
        for case in self.cases {
            let Some(attempts) = self.results.remove(&case.id) else { continue };
            let several = self.number > 1;
            let (attempt, flaky, result) = settled(attempts, self.policy);
            if several {
                events(Event::CaseSettled(Settled { case: case.id.clone(), attempt, flaky }));
            }
            self.summary.flaky += usize::from(flaky);
            self.summary.results.push(result);
        }
        self.summary
    }
}

/// The same event, so much later in the run.
#[must_use]
pub fn later(event: Event, by_us: u64) -> Event {
    match event {
        Event::CaseStarted { case, at_us } => Event::CaseStarted { case, at_us: at_us + by_us },
        Event::Log { at_us, line } => Event::Log { at_us: at_us + by_us, line },
        event => event,
    }
}

const fn is_wrong(result: &CaseResult) -> bool {
    matches!(result.verdict, Verdict::Fail | Verdict::Inconclusive)
}

/// The attempt that counts: the worst, except that a case which went right in the end, when it was tried again, did. Other
/// verdicts may lawfully differ from one attempt to the next; it is flaky when one of them went wrong.
fn settled(attempts: Vec<(u32, CaseResult)>, policy: Policy) -> (u32, bool, CaseResult) {
    let worst = attempts.iter().map(|(_, result)| result.verdict).max().unwrap_or(Verdict::Inconclusive);
    let flaky = worst >= Verdict::Inconclusive && attempts.iter().any(|(_, result)| result.verdict != worst);
    let retried = attempts.last().is_some_and(|(number, result)| *number > policy.repeat && !is_wrong(result));
    // In the repeats, before any retry, the worst counts.
    let wrong_in_repeats =
        policy.repeat > 1 && attempts.iter().any(|(number, result)| *number <= policy.repeat && is_wrong(result));
    let at = match retried && !wrong_in_repeats {
        true => attempts.len() - 1,
        false => attempts.iter().position(|(_, result)| result.verdict == worst).unwrap_or_default(),
    };
    let (number, result) = attempts.into_iter().nth(at).expect("a case has an attempt");
    (number, flaky, result)
}

/// Another letter for each attempt, so that no name comes twice.
fn next_letter(letter: char, number: u32) -> char {
    let place = (u32::from(letter).wrapping_sub(u32::from('a')) + number - 1) % 26;
    char::from_u32(u32::from('a') + place).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Fail, Inconclusive, Info, Nonstrict, Pass, Unsupported};

    fn result(verdict: Verdict) -> CaseResult {
        CaseResult::bare("", verdict)
    }

    #[test]
    fn the_attempt_that_counts() {
        let retries = Policy { repeat: 1, retries: 2 };
        let repeat = Policy { repeat: 3, retries: 0 };
        let rows = [
            (retries, &[Pass][..], (1, false)),
            (retries, &[Fail, Pass], (2, true)),
            (retries, &[Inconclusive, Nonstrict], (2, true)),
            (retries, &[Fail, Fail, Pass], (3, true)),
            (retries, &[Fail, Fail, Fail], (1, false)),
            (retries, &[Inconclusive, Fail, Fail], (2, true)),
            (repeat, &[Pass, Pass, Pass], (1, false)),
            (repeat, &[Pass, Fail, Pass], (2, true)),
            (repeat, &[Pass, Inconclusive, Fail], (3, true)),
            // What a server may choose, it may choose otherwise the next time.
            (repeat, &[Pass, Info, Unsupported], (3, false)),
            (repeat, &[Pass, Nonstrict, Pass], (2, false)),
            // A fail in a repeat stays one, whatever comes of a retry.
            (Policy { repeat: 2, retries: 1 }, &[Pass, Fail, Pass], (2, true)),
        ];
        for (policy, verdicts, expected) in rows {
            let attempts = (1..).zip(verdicts.iter().copied().map(result)).collect();
            let (number, flaky, _) = settled(attempts, policy);
            assert_eq!((number, flaky), expected, "{policy:?} {verdicts:?}");
        }
    }

    #[test]
    fn what_is_cut_short_is_no_flake() {
        let cases = crate::corpus::Corpus::built_in().expect("scenarios").cases();
        let cases: Vec<Case> = cases.into_iter().filter(|case| case.id == "qos/qos1-handshake@v5").collect();
        let mut attempts = Attempts::new(Policy { repeat: 3, retries: 0 }, &cases);
        let of = |verdict| vec![CaseResult { case: cases[0].id.clone(), ..result(verdict) }];
        for (verdict, interrupted) in [(Pass, false), (Inconclusive, true)] {
            assert!(attempts.next(&Options::default(), true, &mut |_| {}).is_some());
            attempts.over(Summary { results: of(verdict), interrupted, ..Summary::default() });
        }
        assert!(attempts.next(&Options::default(), true, &mut |_| {}).is_none());
        let mut settled = Vec::new();
        let summary = attempts.settle(&mut |event| settled.push(event));
        assert_eq!((summary.flaky, summary.results[0].verdict, summary.interrupted), (0, Pass, true));
        assert_eq!(settled, [Event::CaseSettled(Settled { case: cases[0].id.clone(), attempt: 1, flaky: false })]);
    }

    #[test]
    fn attempts_have_names_of_their_own() {
        let ids: std::collections::BTreeSet<String> =
            (1..=26).map(|number| "zebra".chars().map(|letter| next_letter(letter, number)).collect()).collect();
        assert_eq!(ids.len(), 26);
        assert!(ids.contains("zebra"));
    }
}
