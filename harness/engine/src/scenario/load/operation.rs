//! What is done to the server, and what it has to have kept.

use super::cursor::{Cursor, key, list, span, text, unknown};
use super::scope::Scope;
use crate::operation::Operation;
use crate::scenario::error::Problem;
use kdl::KdlEntry;

/// The operations that end a server, so that something may be lost.
const ENDS: [&str; 2] = [Operation::Restart.word(), Operation::Kill.word()];

/// The operation of a `server` step: its word, or an axis of which every value is one.
pub(super) fn step(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<String> {
    let known = Operation::ALL.map(Operation::word);
    let Some(entry) = cursor.word() else {
        scope.report(
            Problem::new("what is done to the server?", cursor.line(), "no operation")
                .help(format!("one of {}, or `$AXIS`", list(&known))),
        );
        return None;
    };
    let word = text(entry, "what is done to the server", &mut scope.problems)?;
    if let Some(values) = axis(scope, word) {
        let wrong = values.into_iter().find(|value| !known.contains(&value.as_str()));
        if let Some(value) = wrong {
            let label = format!("`{word}` may be `{value}`");
            scope.report(
                Problem::new("an axis that is not only of operations", span(entry), label)
                    .help(format!("operations are {}; a `when` around this leaves others out", list(&known))),
            );
            return None;
        }
    } else if !known.contains(&word) {
        scope.report(unknown("operation", word, "", span(entry), &known));
        return None;
    }
    Some(word.to_owned())
}

/// The value of `sessions-survive` and `retained-survive`: `restart`, `kill`, or an axis. For the other values of the
/// axis nothing is required.
pub(super) fn survived(scope: &mut Scope<'_>, entry: &KdlEntry) -> Option<String> {
    let what = key(entry).to_owned();
    let word = text(entry, &format!("`{what}`"), &mut scope.problems)?;
    match axis(scope, word) {
        Some(values) if values.iter().all(|value| !ENDS.contains(&value.as_str())) => {
            let label = format!("`{word}` is never one of {}", list(&ENDS));
            scope.report(Problem::new("a requirement that is never one", span(entry), label));
            None
        }
        None if !ENDS.contains(&word) => {
            scope.report(unknown("value", word, &format!("`{what}`"), span(entry), &ENDS));
            None
        }
        _ => Some(word.to_owned()),
    }
}

/// The values of `$AXIS`.
fn axis(scope: &Scope<'_>, word: &str) -> Option<Vec<String>> {
    let name = word.strip_prefix('$')?;
    scope.axes.iter().find(|axis| axis.name == name).map(|axis| axis.values.clone())
}
