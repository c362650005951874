//! Every kind of mistake, and what its author is told: `diagnostics/NAME.kdl` beside `NAME.snap`.

use crate::support::{load, rendered};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

fn stems(extension: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).expect("the folder of this test");
    files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

/// Snapshots stand in the folder of the broken scenarios.
pub(crate) fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn every_mistake_is_told_as_before() {
    let settings = settings();
    let mut changed = Vec::new();
    for stem in stems("kdl") {
        let text = std::fs::read_to_string(folder().join(format!("{stem}.kdl"))).expect("a broken scenario");
        let told = match load(&format!("qos/{stem}.kdl"), &text) {
            Ok(_) => "loads without a word\n".to_owned(),
            Err(error) => rendered(&error),
        };
        // One snapshot that differs must not hide the others.
        let same = catch_unwind(AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(stem.as_str(), told))));
        if same.is_err() {
            changed.push(stem);
        }
    }
    assert!(changed.is_empty(), "told otherwise than before: {changed:?}");
}

#[test]
fn every_snapshot_has_its_scenario() {
    let orphans: Vec<String> = stems("snap").difference(&stems("kdl")).cloned().collect();
    assert_eq!(orphans, ["example-outline"]);
}
