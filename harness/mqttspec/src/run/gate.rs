//! The exit code of a run.

use super::Summary;
use mqttspec_engine::event::Verdict;

/// Whether a run met its gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// 0, 1, 4, 6, 7 or 130.
    pub exit_code: u8,
    /// Why, in a few words.
    pub reason: &'static str,
}

/// The gate of a run in which nothing was worse than flaky cases.
pub(crate) const FLAKY: Gate = Gate { exit_code: 1, reason: "some cases are flaky" };

/// The gate of a run that took place: failures before inconclusive cases, nothing run before everything.
#[must_use]
pub fn gate(summary: &Summary, strict: bool) -> Gate {
    let any = |verdict: Verdict| summary.results.iter().any(|result| result.verdict == verdict);
    let idle = |verdict: Verdict| matches!(verdict, Verdict::Skipped | Verdict::Unsupported);
    let (exit_code, reason) = if summary.interrupted {
        (130, "interrupted")
    } else if summary.results.iter().all(|result| idle(result.verdict)) {
        (4, "nothing ran")
    } else if any(Verdict::Fail) || summary.must_finding || summary.crash.is_some() {
        (1, "the server breaks the standard")
    } else if strict && (any(Verdict::Nonstrict) || summary.should_finding) {
        (1, "the server is not strict")
    } else if any(Verdict::Inconclusive) {
        (6, "some cases are inconclusive")
    } else {
        (0, "the gate is met")
    };
    Gate { exit_code, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqttspec_engine::event::CaseResult;

    fn code(verdicts: &[Verdict], strict: bool) -> u8 {
        let result = |&verdict: &Verdict| CaseResult::bare("", verdict);
        gate(&Summary { results: verdicts.iter().map(result).collect(), ..Summary::default() }, strict).exit_code
    }

    #[test]
    fn codes() {
        use Verdict::{Fail, Inconclusive, Info, Nonstrict, Pass, Skipped, Unsupported};
        assert_eq!(code(&[Pass, Info, Unsupported, Skipped], false), 0);
        assert_eq!(code(&[Pass, Fail, Inconclusive], false), 1);
        assert_eq!(code(&[Pass, Nonstrict], false), 0);
        assert_eq!(code(&[Pass, Nonstrict], true), 1);
        assert_eq!(code(&[], false), 4);
        assert_eq!(code(&[Skipped, Unsupported], false), 4);
        assert_eq!(code(&[Pass, Inconclusive], false), 6);
        let crashed = Summary { crash: Some("died".to_owned()), ..Summary::default() };
        assert_eq!(gate(&crashed, false).exit_code, 4);
        assert_eq!(gate(&Summary { interrupted: true, ..Summary::default() }, false).exit_code, 130);
    }
}
