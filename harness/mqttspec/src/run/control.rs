//! What the result of a control means for the case that it controls.

use mqttspec_engine::event::{CaseResult, Verdict};
use mqttspec_engine::plan::Case;

/// The result of a case whose control did not pass; `None` when it did, and the case runs.
pub(super) fn blocked(case: &Case, control: &CaseResult) -> Option<CaseResult> {
    let (verdict, reason) = match control.verdict {
        Verdict::Pass | Verdict::Info | Verdict::Nonstrict => return None,
        Verdict::Unsupported => (Verdict::Unsupported, format!("so is its control: {}", control.reason)),
        Verdict::Skipped => (Verdict::Skipped, format!("so is its control: {}", control.reason)),
        Verdict::Inconclusive | Verdict::Fail => {
            (Verdict::Inconclusive, format!("blocked by {}, which is {}", control.case, control.verdict.word()))
        }
    };
    Some(without_run(case, verdict, reason))
}

/// The result of a case that was not run.
pub(super) fn without_run(case: &Case, verdict: Verdict, reason: String) -> CaseResult {
    CaseResult {
        case: case.id.clone(),
        verdict,
        reason,
        rules: Vec::new(),
        tags: Vec::new(),
        left_behind: Vec::new(),
        duration_us: 0,
    }
}
