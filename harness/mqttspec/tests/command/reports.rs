//! `mqttspec report`: what was written as it happened becomes every other report.

use crate::{folder, told};
use serde_json::Value;
use std::path::{Path, PathBuf};

const OWN: [&str; 4] = ["run", "--scenarios", "fixtures", "--events"];

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A run of the fixtures: its exit code, what it told, and its events.
fn stored(folder: &Path, more: &[&str]) -> (i32, String, PathBuf) {
    let events = folder.join("run.ndjson");
    let path = events.display().to_string();
    let (code, text) = told(&[&OWN[..], &[&path], more].concat());
    (code, text, events)
}

#[test]
fn the_same_reports_come_of_the_events() {
    let folder = folder("the_same_reports");
    let file = |name: &str| folder.join(name).display().to_string();
    let kinds = ["json", "junit", "markdown", "pcapng", "badge"];
    let formats = |when: &str| kinds.map(|kind| [format!("--{kind}"), file(&format!("{when}.{kind}"))]).concat();
    let then = formats("then");
    let then: Vec<&str> = then.iter().map(String::as_str).collect();
    let (code, text, events) = stored(&folder, &then);
    assert_eq!(code, 1, "{text}");
    let (events, later) = (events.display().to_string(), formats("later"));
    let later: Vec<&str> = later.iter().map(String::as_str).collect();
    let (code, again) = told(&[&["report", "--from", &events][..], &later].concat());
    // The reports are written: that is all that was asked for.
    assert_eq!(code, 0, "{again}");
    assert_eq!(again, text);
    for kind in kinds {
        let written = |when| std::fs::read(folder.join(format!("{when}.{kind}"))).expect("written");
        let [then, later] = ["then", "later"].map(written);
        assert!(then == later, "{kind}: {} and {} bytes", then.len(), later.len());
    }
}

/// What a killed run leaves: lines up to some point, the last one perhaps not whole.
#[test]
fn a_run_that_was_killed_can_be_read() {
    let folder = folder("killed");
    let (_, _, events) = stored(&folder, &[]);
    let whole = read(&events);
    let lines: Vec<&str> = whole.lines().collect();
    let half = lines.len() / 2;
    let left = format!("{}\n{}", lines[..half].join("\n"), &lines[half][..lines[half].len() / 2]);
    std::fs::write(&events, left).expect("written");
    let (events, json) = (events.display().to_string(), folder.join("json").display().to_string());
    let (code, text) = told(&["report", "--from", &events, "--json", &json]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains(&format!("ends before its run does (line {} is cut short and left out)", half + 1)),
        "{text}"
    );
    assert!(text.contains("MISSING  planned, but without a result"), "{text}");
    assert!(text.contains("exit 130: the run was ended before it was over"), "{text}");
    let document: Value = serde_json::from_str(&read(Path::new(&json))).expect("JSON");
    assert_eq!(document["run"]["exit_code"], 130);
    assert!(document["totals"]["missing"].as_u64() > Some(0) && document["totals"]["pass"].as_u64() > Some(0));
}

#[test]
fn what_is_damaged_is_told_with_its_line() {
    let folder = folder("damaged");
    let (_, _, events) = stored(&folder, &[]);
    let text = read(&events).replacen("case-started", "case-begun", 1);
    let line = text.lines().position(|line| line.contains("case-begun")).expect("a line") + 1;
    std::fs::write(&events, text).expect("written");
    let json = folder.join("json");
    let (code, told) =
        told(&["report", "--from", &events.display().to_string(), "--json", &json.display().to_string()]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains(&format!("line {line} of ")) && told.contains(&format!("head -n {}", line - 1)), "{told}");
    assert!(!json.exists(), "no report of what is damaged");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_rest() {
    let folder = folder("full");
    let (code, text, events) = stored(&folder, &["--case", "own/granted", "--json", "/dev/full"]);
    assert_eq!(code, 70, "{text}");
    let again = format!("`mqttspec report --from {}`", events.display());
    assert!(text.contains("/dev/full cannot be written: ") && text.contains(&again), "{text}");
    let (code, text) = told(&["report", "--from", &events.display().to_string(), "--json", "/dev/full"]);
    assert_eq!(code, 70, "{text}");
}

#[test]
fn annotations_are_lines_of_their_own() {
    let (code, text) = told(&["run", "--scenarios", "fixtures", "--annotations", "github"]);
    assert_eq!(code, 1, "{text}");
    let notes: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(notes.len(), 2, "{text}");
    assert!(notes[0].starts_with(
        "::error file=fixtures/own/granted.kdl,line=22,col=3,title=fail own/never-granted@v5::MQTT-3.8.4-1: "
    ));
    assert!(notes[1].starts_with("::warning file=fixtures/own/inconclusive.kdl,line=1,col=10,title="), "{}", notes[1]);
}

#[test]
fn a_capture_for_each_case() {
    let folder = folder("captures");
    let captures = folder.join("captures/").display().to_string();
    let (code, text) = told(&["run", "--scenarios", "fixtures", "--pcapng", &captures]);
    assert_eq!(code, 1, "{text}");
    let mut names: Vec<String> = std::fs::read_dir(&captures)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 6);
    assert_eq!(names[0], "own_granted@v3.1.1,qos=1.pcapng");
}

/// What cannot be written as asked costs no file that is there.
#[test]
fn no_output_is_written_over_another() {
    let folder = folder("over_another");
    let (_, _, events) = stored(&folder, &[]);
    let whole = read(&events);
    let events = events.display().to_string();
    let same = folder.join("same").display().to_string();
    let nowhere = folder.join("nowhere/a").display().to_string();
    let from = ["report", "--from", &events];
    for (arguments, expected) in [
        ([&from[..], &["--json", &events]].concat(), "is read: it cannot be written as well"),
        ([&from[..], &["--json", &same, "--junit", &same]].concat(), "is named for two outputs"),
        ([&from[..], &["--json", &same, "--junit", &nowhere]].concat(), "cannot be created"),
        ([&OWN[..], &[&events, "--rerun-failed", &events]].concat(), "is read: it cannot be written as well"),
        ([&OWN[..], &[&events, "--json", &nowhere]].concat(), "cannot be created"),
        (["merge", &events, "--events", &events].to_vec(), "is read: it cannot be written as well"),
    ] {
        let (code, text) = told(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
        assert!(!Path::new(&same).exists(), "{arguments:?} left a file");
    }
    assert_eq!(read(Path::new(&events)), whole);
    // A device keeps nothing that could be lost.
    let (code, text) = told(&[&from[..], &["--json", "/dev/null", "--junit", "/dev/null"]].concat());
    assert_eq!(code, 0, "{text}");
}
