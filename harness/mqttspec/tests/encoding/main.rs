//! The scenarios on malformed packets of Clients are made here: from the table of properties, and from what the fields
//! of each packet are. `INSTA_UPDATE=always cargo test -p mqttspec --test encoding` writes them.

mod breach;
mod place;
mod teeth;
mod text;

use mqttspec_codec::Version;
use std::collections::BTreeMap;
use std::path::Path;

const HEAD: &str = "// Made by `INSTA_UPDATE=always cargo test -p mqttspec --test encoding`: change harness/mqttspec/tests/encoding,\n// not this file.\n";

/// The text of each file.
fn files() -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let of_v311 = place::places(Version::V311);
    let known: Vec<String> = of_v311.iter().flat_map(breach::breaches).map(|breach| breach.name).collect();
    for version in Version::ALL {
        for place in place::places(version) {
            for breach in breach::breaches(&place) {
                let text = files.entry(format!("{}.kdl", place.name)).or_insert_with(|| HEAD.to_owned());
                text.push('\n');
                text::scenario(text, &place, &breach, known.contains(&breach.name)).expect("a text");
            }
        }
    }
    files
}

#[test]
fn the_scenarios_are_those_of_the_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/encoding");
    let update = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    for (name, text) in files() {
        let path = folder.join(&name);
        if update {
            std::fs::write(&path, &text).expect("a file that can be written");
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == text,
            "scenarios/encoding/{name} is not what the tables say: write it with INSTA_UPDATE=always"
        );
    }
}
