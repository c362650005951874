//! Runs in parts, and the whole that is made of them.

use crate::{folder, told};
use serde_json::Value;
use std::path::Path;

const CASES: &str = "area({qos,keepalive})";

fn part(folder: &Path, name: &str, shard: &str, more: &[&str]) -> (i32, String) {
    let events = folder.join(name).display().to_string();
    told(&[&["run", "-E", CASES, "--shard", shard, "--events", &events][..], more].concat())
}

fn merged(folder: &Path, parts: &[&str]) -> (i32, String, Value) {
    let files: Vec<String> = parts.iter().map(|name| folder.join(name).display().to_string()).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let json = folder.join("merged.json").display().to_string();
    let _ = std::fs::remove_file(&json);
    let (code, told) = told(&[&["merge", "--json", &json][..], &files].concat());
    let document = std::fs::read(&json).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    (code, told, document.unwrap_or_default())
}

fn verdicts(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let cases = document["cases"].as_array().expect("cases");
    cases.iter().map(|case| (text(&case["id"]), text(&case["verdict"]))).collect()
}

#[test]
fn parts_make_the_whole() {
    let folder = folder("parts");
    let json = folder.join("whole.json").display().to_string();
    let (code, told) = told(&["run", "-E", CASES, "--json", &json]);
    assert_eq!(code, 0, "{told}");
    let whole: Value = serde_json::from_slice(&std::fs::read(&json).expect("written")).expect("JSON");
    for (name, shard) in [("1", "1/3"), ("2", "2/3"), ("3", "3/3")] {
        let (code, told) = part(&folder, name, shard, &[]);
        assert_eq!(code, 0, "{told}");
    }
    // In any order; the plan is that of the whole.
    let (code, told, document) = merged(&folder, &["2", "3", "1"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(verdicts(&document), verdicts(&whole));
    assert_eq!(document["totals"], whole["totals"]);

    let (code, told, document) = merged(&folder, &["1", "3"]);
    assert_eq!(code, 6, "{told}");
    assert!(told.contains("the part 2/3 with ") && told.contains("exit 6: planned cases are missing"), "{told}");
    assert_eq!(document["totals"]["planned"], whole["totals"]["planned"]);
    assert!(document["totals"]["missing"].as_u64() > Some(0));

    // A part that was killed.
    let text = std::fs::read_to_string(folder.join("2")).expect("written");
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(folder.join("killed"), lines[..lines.len() / 2].join("\n") + "\n").expect("a file");
    let (code, told, _) = merged(&folder, &["1", "killed", "3"]);
    assert_eq!(code, 6, "{told}");
    assert!(told.contains("killed ends before its run does") && told.contains("killed has no result of "), "{told}");

    let (code, told, _) = merged(&folder, &["1", "2", "3", "2"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("/2 and in "), "{told}");
    let (code, told, _) = merged(&folder, &["1", "nowhere"]);
    assert_eq!((code, told.contains("nowhere cannot be read")), (2, true), "{told}");
}

#[test]
fn what_is_no_part_of_the_same_run_is_refused() {
    let folder = folder("other_parts");
    assert_eq!(part(&folder, "1", "1/2", &[]).0, 0);
    let rows: [(&str, &[&str], &str); 4] = [
        ("seed", &["--seed", "7"], "of different seeds: 0 and 7"),
        ("plan", &["-V", "5"], "parts of different plans"),
        ("corpus", &["--scenarios", "../../../../scenarios"], "of different corpora"),
        ("fewer", &[], "parts of different plans"),
    ];
    for (name, more, told) in rows {
        let (_, run) = part(&folder, name, if name == "fewer" { "2/3" } else { "2/2" }, more);
        let (code, merged, _) = merged(&folder, &["1", name]);
        assert_eq!(code, 2, "{run}{merged}");
        assert!(merged.contains(told), "{name}: {merged}");
    }
    let mut text = std::fs::read_to_string(folder.join("1")).expect("written");
    text = text.replacen("\"target\":\"embedded\"", "\"target\":\"mosquitto\"", 1);
    std::fs::write(folder.join("target"), text).expect("a file");
    let (code, merged, _) = merged(&folder, &["1", "target"]);
    assert_eq!(code, 2, "{merged}");
    assert!(merged.contains("of different targets: embedded and mosquitto"), "{merged}");
}

#[test]
fn a_failure_in_a_part_is_one_of_the_whole() {
    let folder = folder("failing_part");
    let fixtures = ["--scenarios", "fixtures"];
    let mut codes = Vec::new();
    for (name, shard) in [("1", "1/2"), ("2", "2/2")] {
        let events = folder.join(name).display().to_string();
        codes.push(told(&[&["run", "--shard", shard, "--events", &events][..], &fixtures].concat()).0);
    }
    assert!(codes.contains(&1), "{codes:?}");
    let (code, told, _) = merged(&folder, &["1", "2"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("FAIL  own/never-granted"), "{told}");
    // What fails is told before what is missing.
    let failing = if codes[0] == 1 { "1" } else { "2" };
    assert_eq!(merged(&folder, &[failing]).0, 1);
}

#[test]
fn an_empty_part_is_no_success() {
    let (code, told) = told(&["run", "--case", "qos/qos1-handshake@v5", "--shard", "1/999"]);
    assert_eq!(code, 4, "{told}");
    assert!(told.contains("part 1 of 999, which has 1 case"), "{told}");
}
