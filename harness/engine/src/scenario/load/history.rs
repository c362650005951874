//! Where a scenario comes from: the names that it had, and the version that it came with.

use super::cursor::{Cursor, span, text};
use super::head::{named, single};
use super::scope::Scope;
use crate::scenario::error::Problem;
use crate::scenario::{Release, Span};
use kdl::KdlDocument;

/// Reads every name that the scenario had before.
pub(super) fn aliases(scope: &mut Scope<'_>, block: &KdlDocument) -> Vec<(String, Span)> {
    let mut aliases = Vec::new();
    for node in named(block, "alias") {
        let mut cursor = Cursor::new(node, &mut scope.problems);
        let name = cursor.word().and_then(|word| Some((text(word, "a former name", &mut scope.problems)?, span(word))));
        let part = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        match name {
            Some((name, span)) if name.split_once('/').is_some_and(|(area, name)| part(area) && part(name)) => {
                aliases.push((name.to_owned(), span));
            }
            _ => scope.report(
                Problem::new("an alias that is no name", cursor.line(), "not AREA/NAME")
                    .help("the name that the scenario had before, such as `alias \"qos/old-name\"`"),
            ),
        }
        cursor.no_block("`alias`", &mut scope.problems);
        cursor.finish("`alias`", &[], &mut scope.problems);
    }
    aliases
}

/// Reads the version that the scenario came with; the first one if it does not say.
pub(super) fn since(scope: &mut Scope<'_>, block: &KdlDocument) -> Release {
    let Some(node) = single(scope, block, "since") else { return Release::FIRST };
    let mut cursor = Cursor::new(node, &mut scope.problems);
    let version = cursor.word().and_then(|word| text(word, "a version", &mut scope.problems));
    let release = version.and_then(|version| version.parse().ok());
    if release.is_none() {
        scope.report(
            Problem::new("this is no version of mqttspec", cursor.line(), "not three numbers")
                .help("the version that the scenario comes with, such as `since \"0.2.0\"`"),
        );
    }
    cursor.no_block("`since`", &mut scope.problems);
    cursor.finish("`since`", &[], &mut scope.problems);
    release.unwrap_or(Release::FIRST)
}
