//! A badge in the form that shields.io reads from an endpoint.

use super::run::Run;
use mqttspec_engine::event::Verdict;
use serde_json::json;
use std::io::{self, Write};

/// Writes the badge.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run, mut out: impl Write) -> io::Result<()> {
    let totals = run.totals();
    let (pass, fail) = (totals.count(Verdict::Pass), totals.count(Verdict::Fail));
    let exit_code = run.finished.as_ref().map(|finished| finished.exit_code);
    let ran = totals.planned - totals.count(Verdict::Unsupported) - totals.count(Verdict::Skipped);
    let (message, color) = match exit_code {
        Some(0) => (format!("{pass} of {ran} pass"), "brightgreen"),
        Some(1) if fail > 0 => (format!("{fail} of {ran} fail"), "red"),
        Some(1) => ("gate not met".to_owned(), "red"),
        Some(7) => ("baseline past its last day".to_owned(), "yellow"),
        Some(6) => (format!("{} inconclusive", totals.count(Verdict::Inconclusive)), "yellow"),
        Some(4) => ("nothing ran".to_owned(), "lightgrey"),
        Some(5) => ("server not ready".to_owned(), "lightgrey"),
        _ => ("run not over".to_owned(), "lightgrey"),
    };
    let mut versions: Vec<&str> = run.cases.iter().map(|case| case.planned.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let label = format!("MQTT {}", versions.join(" + "));
    let badge = json!({ "schemaVersion": 1, "label": label.trim_end(), "message": message, "color": color });
    writeln!(out, "{badge}")?;
    out.flush()
}
