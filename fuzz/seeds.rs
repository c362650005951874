//! The committed seeds, for the tests that replay them.

use std::path::Path;

/// Name and bytes of each seed of a target, sorted by name; at least a few.
pub(crate) fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folder = above.find_map(|folder| Some(folder.join("fuzz/seeds")).filter(|seeds| seeds.is_dir()));
    let folder = folder.expect("the seeds lie in the repository").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let read = |path: std::path::PathBuf| (path.display().to_string(), std::fs::read(&path).expect("a file"));
    let mut seeds: Vec<_> = paths.map(read).collect();
    seeds.sort();
    assert!(seeds.len() > 10, "{} seeds in {}", seeds.len(), folder.display());
    seeds
}
