//! `mqttspec corpus export`.

use crate::{folder, told};
use insta::assert_snapshot;
use mqttspec_codec::{Context, Decoded, Sender, Version, decode};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Every file below a folder, with what is in it.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            files.extend(contents(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            files.insert(name, fs::read(&path).expect("a file"));
        }
    }
    files
}

fn export(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (code, told) = told(&["corpus", "export", folder.to_str().expect("a path")]);
    assert_eq!(code, 0, "{told}");
    contents(folder)
}

#[test]
fn the_same_bytes_every_time() {
    let parent = folder("campaign-twice");
    assert_eq!(export(&parent.join("first")), export(&parent.join("a/second")));
}

#[test]
fn about_the_seeds() {
    let files = export(&folder("campaign-about"));
    let text = |name: &str| String::from_utf8(files[name].clone()).expect("text");
    assert_snapshot!("campaign_dictionary", text("mqtt.dict"));
    let readme = text("README.txt");
    assert!(readme.lines().all(|line| line.len() <= 120) && readme.contains("-dict=mqtt.dict"));
    let mut kinds: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for seed in files.keys().filter_map(|name| name.strip_prefix("seeds/")) {
        let (folder, name) = seed.rsplit_once('/').expect("a folder");
        kinds.entry(folder.to_owned()).or_default().push(name);
    }
    let folders: Vec<&String> = kinds.keys().collect();
    assert_eq!(folders.len(), 12, "{folders:?}");
    assert_snapshot!("campaign_conversations", kinds["from-client/5.0/conversation"].join("\n"));
}

/// The index has a line for each seed, and each seed is what its line says.
#[test]
fn each_seed_is_what_the_index_says() {
    let files = export(&folder("campaign-index"));
    let index = String::from_utf8(files["index.tsv"].clone()).expect("text");
    let mut listed = BTreeSet::new();
    for line in index.lines().skip(1) {
        let [path, version, sender, kind, what] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(path.starts_with(&format!("seeds/from-{sender}/{version}/{kind}/")), "{line}");
        assert!(listed.insert(path.to_owned()), "{line}");
        let version = if version == "5.0" { Version::V5 } else { Version::V311 };
        let sender = if sender == "client" { Sender::Client } else { Sender::Server };
        let mut rest = &files[path][..];
        let mut found = Vec::new();
        while !rest.is_empty() {
            match decode(rest, &Context::new(version, sender)) {
                Ok(Decoded::Packet { packet, len }) => {
                    found.push(match kind {
                        "valid" => packet.display(version).to_string(),
                        _ => packet.packet_type().to_string(),
                    });
                    rest = &rest[len..];
                }
                Ok(Decoded::Incomplete) => panic!("{line}"),
                Err(error) => {
                    let statement = error.statement(version, sender);
                    let statement = statement.map(|id| format!(" [{id}]")).unwrap_or_default();
                    found.push(format!("{} at offset {}{statement}", error.rule, error.offset));
                    rest = &[];
                }
            }
        }
        assert_eq!(found.join(" "), what, "{line}");
    }
    let seeds: BTreeSet<String> = files.into_keys().filter(|name| name.starts_with("seeds/")).collect();
    assert_eq!(seeds, listed);
}

#[test]
fn nothing_is_lost() {
    let parent = folder("campaign-there");
    let (own, readme) = (parent.join("own"), parent.join("README.txt"));
    fs::write(&own, "mine").expect("a file");
    fs::write(&readme, "mine too").expect("a file");
    let before = contents(&parent);
    let path = parent.to_str().expect("a path");
    let (code, told_without) = told(&["corpus", "export", path]);
    let unbroken = told_without.replace("\n        ", " ").replace("\n  │ ", " ");
    assert_eq!((code, contents(&parent)), (2, before), "{told_without}");
    assert!(unbroken.contains("is not empty") && unbroken.contains("--force"), "{told_without}");

    assert_eq!(told(&["corpus", "export", "--force", path]).0, 0);
    let after = contents(&parent);
    assert_eq!(after["own"], b"mine");
    assert!(after["README.txt"].starts_with(b"Seeds and a dictionary") && after.len() > 500);

    let (code, told_of_file) = told(&["corpus", "export", own.to_str().expect("a path")]);
    assert_eq!((code, fs::read(&own).expect("a file")), (2, b"mine".to_vec()), "{told_of_file}");
    assert!(told_of_file.contains("cannot be written"), "{told_of_file}");
}
