//! `mqttspec diff` and `mqttspec matrix`.

use crate::{folder, told};
use insta::assert_snapshot;
use serde_json::Value;
use std::path::Path;

/// Two runs of the fixtures, as events and as documents: in the second `never-granted` passes and `granted@v5,qos=1` fails.
fn runs(folder: &Path) -> [[String; 2]; 2] {
    let file = |name: &str| folder.join(name).display().to_string();
    let names = ["old", "new"].map(|name| ["ndjson", "json"].map(|kind| file(&format!("{name}.{kind}"))));
    let [events, document] = &names[0];
    assert_eq!(told(&["run", "--scenarios", "fixtures", "--events", events, "--json", document]).0, 1);
    let text = std::fs::read_to_string(events).expect("written");
    let changed = text.lines().map(|line| {
        let mut event: Value = serde_json::from_str(line).expect("an event");
        let to = |event: &mut Value, verdict: &str, state: &str| {
            event["verdict"] = verdict.into();
            event["rules"].as_array_mut().expect("rules").iter_mut().for_each(|rule| rule["state"] = state.into());
        };
        match (event["event"].as_str(), event["case"].as_str()) {
            (Some("case-finished"), Some("own/never-granted@v5")) => to(&mut event, "pass", "proved"),
            (Some("case-finished"), Some("own/granted@v5,qos=1")) => to(&mut event, "fail", "broken"),
            _ => {}
        }
        first_its_kind(&event) + "\n"
    });
    let [events, document] = &names[1];
    std::fs::write(events, changed.collect::<String>()).expect("written");
    assert_eq!(told(&["report", "--from", events, "--json", document]).0, 0);
    names
}

/// An event as it is written: its kind comes first.
fn first_its_kind(event: &Value) -> String {
    let mut rest = event.as_object().expect("an object").clone();
    let kind = rest.remove("event").expect("a kind");
    let rest = Value::Object(rest).to_string();
    format!("{{\"event\":{kind},{}", &rest[1..])
}

#[test]
fn what_changed() {
    let folder = folder("diff");
    let [old, new] = runs(&folder);
    let file = |name: &str| folder.join(name).display().to_string();
    let (markdown, json) = (file("diff.md"), file("diff.json"));
    let (code, text) = told(&["diff", &old[0], &new[0], "--markdown", &markdown, "--json", &json]);
    assert_eq!(code, 1, "{text}");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(json).expect("written")).expect("JSON");
    assert_eq!((&document["worse"], &document["changes"][0]["kind"]), (&true.into(), &"newly-failing".into()));
    let markdown = std::fs::read_to_string(markdown).expect("written");
    let hash = document["old"]["corpus"].as_str().expect("a hash");
    assert_snapshot!(format!("{text}\n{markdown}").replace(hash, "HASH"));
    // Documents hold the same; the other way round it is worse as well, and a run is like itself.
    assert_eq!(told(&["diff", &old[1], &new[1]]), (1, text));
    assert_eq!(told(&["diff", &new[0], &old[1]]).0, 1);
    let (code, text) = told(&["diff", &old[0], &old[1]]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("nothing got worse: no changes"), "{text}");
}

#[test]
fn what_was_added_or_left_out_is_told() {
    let folder = folder("diff_selected");
    let file = |name: &str| folder.join(name).display().to_string();
    let run = |name: &str, case: &str| {
        told(&["run", "--scenarios", "fixtures", "--case", case, "--events", &file(name)]);
    };
    run("all", "own/*granted*");
    run("some", "own/granted");
    let (code, text) = told(&["diff", &file("some"), &file("all")]);
    assert!(code == 0 && text.contains("appeared: 1 case\n  own/never-granted@v5"), "{code} {text}");
    let (code, text) = told(&["diff", &file("all"), &file("some")]);
    assert!(code == 0 && text.contains("vanished: 1 case\n  own/never-granted@v5"), "{code} {text}");
}

#[test]
fn side_by_side() {
    let folder = folder("matrix");
    let [old, new] = runs(&folder);
    let html = folder.join("matrix.html").display().to_string();
    let (code, text) = told(&["matrix", &old[0], &new[1], "--html", &html]);
    assert_eq!((code, text.as_str()), (0, ""));
    let page = std::fs::read_to_string(html).expect("written");
    assert!(page.contains("own/never-granted@v5") && page.contains(r#"data-verdict="differs fail pass""#), "{page}");
    let (code, text) = told(&["matrix", &old[0], &new[1]]);
    assert_eq!(code, 0, "{text}");
    assert_snapshot!(text.replace(&folder.display().to_string(), ""));
}

#[test]
fn what_is_no_run_is_told() {
    let folder = folder("compare_damaged");
    let [old, _] = runs(&folder);
    let bad = folder.join("bad").display().to_string();
    let whole = std::fs::read_to_string(&old[0]).expect("written");
    let document = std::fs::read_to_string(&old[1]).expect("written");
    let damaged = whole.replacen("case-started", "case-begun", 1);
    for (text, words) in [
        (damaged.as_str(), "is no event"),
        ("", "it is empty"),
        ("<html>", "bad is no run: "),
        (&document[..document.len() / 2], "bad is no run: EOF"),
        (&document.replacen("\"schema\":2", "\"schema\":99", 1), "it has form 99"),
    ] {
        std::fs::write(&bad, text).expect("a file");
        for arguments in [["diff", &old[0], &bad].as_slice(), &["diff", &bad, &old[0]], &["matrix", &bad]] {
            let (code, text) = told(arguments);
            assert!(code == 2 && text.contains(words), "{code} {text}");
        }
    }
    let missing = folder.join("none").display().to_string();
    let (code, text) = told(&["diff", &missing, &old[0]]);
    assert!(code == 2 && text.contains("none cannot be read: "), "{code} {text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_what_was_found() {
    let folder = folder("compare_full");
    let [old, new] = runs(&folder);
    for option in ["--json", "--markdown"] {
        let (code, text) = told(&["diff", &old[0], &new[0], option, "/dev/full"]);
        assert!(
            code == 70 && text.contains("/dev/full cannot be written") && text.contains("worse than before"),
            "{text}"
        );
    }
    let (code, text) = told(&["matrix", &old[0], "--html", "/dev/full"]);
    assert!(code == 70 && text.contains("/dev/full cannot be written"), "{code} {text}");
}
