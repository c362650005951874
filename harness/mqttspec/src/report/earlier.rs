//! What an earlier run came to, from its events or its JSON document.

use super::Run;
use super::run::Case;
use super::stored::{self, StoredError};
use mqttspec_engine::event::Verdict;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::BufReader;
use std::path::Path;

/// The cases that failed, were inconclusive or flaky, or have no result.
///
/// # Errors
/// The file cannot be read, or holds neither.
pub fn wrong(path: &Path) -> Result<BTreeSet<String>, StoredError> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| StoredError::Unreadable { name: name.clone(), source })?;
    if let Ok(document) = serde_json::from_slice::<Value>(&bytes)
        && let Some(cases) = document["cases"].as_array()
    {
        let verdict = |case: &Value| case["verdict"].as_str().unwrap_or_default().to_owned();
        let is_wrong = |case: &&Value| {
            case["flaky"] == true || ["fail", "inconclusive", "missing"].contains(&verdict(case).as_str())
        };
        return Ok(cases.iter().filter(is_wrong).filter_map(|case| case["id"].as_str().map(str::to_owned)).collect());
    }
    let run = Run::of(&stored::read(&name, BufReader::new(bytes.as_slice()))?.events);
    let is_wrong =
        |case: &&Case| case.flaky || matches!(case.verdict(), None | Some(Verdict::Fail | Verdict::Inconclusive));
    Ok(run.cases.iter().filter(is_wrong).map(|case| case.planned.case.clone()).collect())
}
