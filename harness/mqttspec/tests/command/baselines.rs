//! What is expected of a run: baselines, the corpus that gates, and cases that were renamed.

use crate::{folder, told};
use insta::assert_snapshot;
use mqttspec::baseline::{Baseline, Date, Known};
use mqttspec::corpus::Corpus;
use mqttspec_engine::statement::whole;
use serde_json::Value;
use std::path::Path;

const OWN: [&str; 2] = ["--scenarios", "fixtures"];
const FAILS: &str = "case \"own/never-granted@v5\" verdict=fail reason=\"MQTT-3.8.4-1 more\" { why \"known\"; }\n";
const INCONCLUSIVE: &str = "case \"own/nothing-*\" verdict=inconclusive { why \"nobody sends it\"; }\n";

/// A run of the fixtures against this baseline.
fn against(folder: &Path, baseline: &str, more: &[&str]) -> (i32, String) {
    let file = folder.join("b.kdl");
    std::fs::write(&file, baseline).expect("a file");
    told(&[&["run", "--baseline", &file.display().to_string()], &OWN[..], more].concat())
}

#[test]
fn exit_codes() {
    let folder = folder("baseline_codes");
    let until = |text: &str| format!("{INCONCLUSIVE}{}", FAILS.replace("why", &format!("until \"{text}\"; why")));
    let both = format!("{FAILS}{INCONCLUSIVE}");
    for (baseline, code, words) in [
        (both.clone(), 0, "b.kdl: 2 as expected"),
        // Nothing of it is known, and nothing of it is expected.
        (String::new(), 1, "b.kdl: no case of this run in it"),
        (FAILS.to_owned(), 6, "INCONCLUSIVE  own/nothing-comes@v5"),
        (INCONCLUSIVE.to_owned(), 1, "FAIL  own/never-granted@v5"),
        // Any reason, and one by its statement alone.
        (both.replace(" reason=\"MQTT-3.8.4-1 more\"", ""), 0, "2 as expected"),
        (both.replace("MQTT-3.8.4-1 more", "MQTT-3.8.4-1"), 0, "2 as expected"),
        // Another failure than the one that is known.
        (both.replace("MQTT-3.8.4-1 more", "MQTT-3.8.4-1 less"), 1, "CHANGED  own/never-granted@v5"),
        (both.replace("verdict=fail", "verdict=nonstrict"), 1, "CHANGED  own/never-granted@v5"),
        // What is known to fail passes.
        (
            format!("{both}case \"own/granted@v5,qos=1\" verdict=fail {{ why \"no\"; }}"),
            1,
            "XPASS  own/granted@v5,qos=1",
        ),
        // Of another version or transport: it says nothing here.
        (both.replace("verdict=fail", "verdict=fail version=v3.1.1"), 1, "FAIL  own/never-granted@v5"),
        (both.replace("verdict=fail", "verdict=fail transport=tls"), 1, "FAIL  own/never-granted@v5"),
        (until("2026-06-30"), 7, "held until 2026-06-30"),
        (until("2026-07-01"), 0, "2 as expected"),
    ] {
        let (exit_code, text) = against(&folder, &baseline, &["--today", "2026-07-01"]);
        assert_eq!(exit_code, code, "{baseline}\n{text}");
        assert!(text.contains(words) && text.contains(&format!("exit {code}: ")), "{baseline}\n{text}");
    }
    // An entry for what was not selected is left alone.
    assert_eq!(against(&folder, &both, &["--case", "own/granted"]).0, 0);
    assert_eq!(against(&folder, &both, &["--case", "own/nothing-comes"]).0, 0);
}

#[test]
fn what_is_wrong_in_a_baseline_is_told_with_its_place() {
    let folder = folder("baseline_wrong");
    let text = "case \"own/never-grnted@v5\" verdict=fail { why \"known\"; }\n\
                case \"own/nothing*\" verdict=passes { why \"\"; until \"2026-02-30\"; }\n\
                case \"own/granted@v5,*\" reason=\"\" { link \"x\"; because \"y\"; }\n\
                cases \"own\"\n";
    let file = folder.join("b.kdl");
    std::fs::write(&file, text).expect("a file");
    let name = file.display().to_string();
    let (code, wrong) = told(&[&["run", "--baseline", &name], &OWN[..]].concat());
    assert_eq!(code, 2, "{wrong}");
    let unknown = text.lines().next().expect("a line");
    std::fs::write(&file, unknown).expect("a file");
    let (code, unknown) = told(&[&["baseline", "check", &name], &OWN[..]].concat());
    assert_eq!(code, 2, "{unknown}");
    std::fs::write(&file, FAILS.replace("known", " ")).expect("a file");
    let (code, empty) = told(&[&["baseline", "check", &name], &OWN[..]].concat());
    assert_eq!(code, 2, "{empty}");
    let all = format!("{wrong}{unknown}{empty}").replace(&folder.display().to_string(), "");
    assert_snapshot!(all);
    let (code, text) = told(&["run", "--baseline", &folder.join("none").display().to_string()]);
    assert!(code == 2 && text.contains("none cannot be read: "), "{code} {text}");
    let (code, text) = told(&["run", "--baseline", "/dev/zero"]);
    assert!(code == 2 && text.contains("too long for a baseline"), "{code} {text}");
}

#[test]
fn check_tells_what_is_past_its_last_day() {
    let folder = folder("baseline_check");
    let file = folder.join("b.kdl");
    std::fs::write(&file, FAILS.replace("why", "until \"2026-06-30\"; why")).expect("a file");
    let name = file.display().to_string();
    let check = |today: &str| told(&[&["baseline", "check", &name, "--today", today], &OWN[..]].concat());
    assert_eq!(check("2026-06-30").0, 0);
    let (code, text) = check("2026-07-01");
    assert_eq!(code, 7, "{text}");
    assert!(text.contains("b.kdl:1:1: held until 2026-06-30: known"), "{text}");
}

#[test]
fn update_keeps_what_was_written_by_hand() {
    let folder = folder("baseline_update");
    let (file, events) = (folder.join("b.kdl"), folder.join("run.ndjson").display().to_string());
    let name = file.display().to_string();
    assert_eq!(told(&[&["run", "--events", &events], &OWN[..]].concat()).0, 1);
    let update = || told(&[&["baseline", "update", &name, "--from", &events], &OWN[..]].concat());

    // There is no file yet.
    let (code, text) = update();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("2 added, 0 changed, 0 removed") && text.contains("2 entries without a `why`"), "{text}");
    let made = std::fs::read_to_string(&file).expect("made");
    let (code, text) = told(&[&["run", "--baseline", &name], &OWN[..]].concat());
    assert!(code == 2 && text.contains("an empty `why`"), "{code} {text}");
    let filled = made.replace("why \"\"", "why \"known\"");
    assert_eq!(against(&folder, &filled, &[]).0, 0);
    // Nothing to do, nothing done.
    assert!(update().1.contains("0 added, 0 changed, 0 removed"));
    assert_eq!(std::fs::read_to_string(&file).expect("there"), filled);

    let by_hand = "// Ours.\n\n// These pass.\ncase \"own/granted@v5,*\" verdict=fail { why \"x\"; }\n\
                   case \"own/never-granted@v5\"   verdict=nonstrict \\\n  reason=\"MQTT-1.1.1-1 a\" {\n    // inside\n    \
                   why #\"by \"hand\"\"#\n    link \"https://example.org/7\"\n} // behind\n\
                   case \"own/*@v3.1.1*\" verdict=fail { why \"y\"; }\n/- case \"own/old\" verdict=fail\n// the end";
    std::fs::write(&file, by_hand).expect("a file");
    let (code, text) = update();
    assert_eq!(code, 0, "{text}");
    let updated = std::fs::read_to_string(&file).expect("there");
    assert_snapshot!(format!("{}\n{updated}", text.replace(&folder.display().to_string(), "")));
    assert_eq!(against(&folder, &updated.replace("why \"\"", "why \"known\""), &[]).0, 0);

    // A glob of which some hold and some do not is for people to narrow.
    std::fs::write(&file, format!("{INCONCLUSIVE}case \"own/*granted*@v5*\" verdict=fail {{ why \"z\"; }}\n"))
        .expect("a file");
    let (code, text) = update();
    assert!(
        code == 1 && text.contains("b.kdl:2:1: `own/*granted*@v5*` no longer holds for own/granted@v5,qos=1"),
        "{text}"
    );
}

#[test]
fn update_writes_all_or_nothing() {
    let folder = folder("baseline_unwritable");
    let events = folder.join("run.ndjson").display().to_string();
    assert_eq!(told(&[&["run", "--events", &events], &OWN[..]].concat()).0, 1);
    let missing = folder.join("none/b.kdl").display().to_string();
    let (code, text) = told(&[&["baseline", "update", &missing, "--from", &events], &OWN[..]].concat());
    assert!(code == 70 && text.contains("none/b.kdl cannot be written: "), "{code} {text}");
    let file = folder.join("b.kdl").display().to_string();
    let (code, text) = told(&["baseline", "update", &file, "--from", "/dev/null"]);
    assert!(code == 2 && text.contains("it is empty") && !Path::new(&file).exists(), "{code} {text}");
    // What did not run is no fault of the server.
    let whole = std::fs::read_to_string(&events).expect("written");
    std::fs::write(&events, &whole[..whole.len() / 2]).expect("a file");
    let (code, text) = told(&[&["baseline", "update", &file, "--from", &events], &OWN[..]].concat());
    assert!(code == 2 && text.contains("did not come to its end") && !Path::new(&file).exists(), "{code} {text}");
}

/// The events know what was expected, and another baseline can be laid over them.
#[test]
fn a_stored_run_is_told_against_a_baseline() {
    let folder = folder("baseline_stored");
    let (events, other) =
        (folder.join("run.ndjson").display().to_string(), folder.join("other.ndjson").display().to_string());
    let both = format!("{FAILS}{INCONCLUSIVE}");
    let (code, with) = against(&folder, &both, &["--events", &events]);
    assert_eq!(code, 0, "{with}");
    assert_eq!(told(&["report", "--from", &events]), (0, with.clone()));
    let (code, _) = told(&[&["run", "--events", &other], &OWN[..]].concat());
    assert_eq!(code, 1);
    let baseline = folder.join("b.kdl").display().to_string();
    let json = folder.join("out.json").display().to_string();
    let later = told(&[&["report", "--from", &other, "--baseline", &baseline, "--json", &json], &OWN[..]].concat());
    assert_eq!(later, (0, with));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(json).expect("written")).expect("JSON");
    assert_eq!(document["run"]["exit_code"], 0);
    assert_eq!((&document["expected"]["xfail"], &document["expected"]["changed"]), (&2.into(), &0.into()));
}

#[test]
fn a_case_that_was_renamed_keeps_its_old_name() {
    let folder = folder("baseline_renamed");
    let own = ["--scenarios", "fixtures-renamed"];
    let (code, text) = told(&[&["run", "--case", "own/alive@v5"], &own[..]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("note: `own/alive@v5` is called `own/pinged@v5` now") && text.contains("1 case: 1 pass"),
        "{text}"
    );
    let file = folder.join("b.kdl");
    std::fs::write(&file, "case \"own/alive@*\" verdict=fail { why \"x\"; }").expect("a file");
    let arguments = ["run", "--case", "own/pinged", "--baseline", &file.display().to_string()];
    let (code, text) = told(&[&arguments, &own[..]].concat());
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("b.kdl:1:1: `own/alive@*` is called `own/pinged@*` now"), "{text}");
    assert!(text.contains("XPASS  own/pinged@v3.1.1"), "{text}");
    // A name is never used again.
    let (code, text) = told(&["run", "--scenarios", "fixtures-taken"]);
    assert!(code == 3 && text.contains("`own/other` is taken") && text.contains("pinged.kdl:3:"), "{code} {text}");
}

#[test]
fn cases_that_were_added_later_do_not_gate() {
    let own = ["--scenarios", "fixtures-renamed"];
    let run = |more: &[&str]| told(&[&["run"], &own[..], more].concat());
    assert_eq!(run(&[]).0, 1);
    let (code, text) = run(&["--corpus", "0.1.0"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 case later than 0.1.0, does not gate: 1 fail; own/later@v5"), "{text}");
    assert!(text.contains("FAIL  own/later@v5"), "it is told all the same: {text}");
    let (code, text) = run(&["--corpus", "99.0.0"]);
    assert!(code == 2 && text.contains("the corpus of 99.0.0 is not known here"), "{code} {text}");
    assert_eq!(run(&["--corpus", "one"]).0, 2);
}

#[test]
fn every_command_takes_former_names() {
    let own = ["--scenarios", "fixtures-renamed"];
    for (command, selector) in [("list", "own/alive"), ("show", "own/alive@v5"), ("show", "own/alive")] {
        let (code, text) = told(&[&[command, selector], &own[..]].concat());
        assert!(code == 0 && text.contains("own/pinged@v5"), "{command} {selector}: {code} {text}");
    }
}

/// The baseline that comes with mqttspec says what the known verdicts say, no more and no less.
#[test]
fn the_baseline_of_mosquitto_is_what_is_known() {
    let verdicts = [
        include_str!("../snapshots/mosquitto__mosquitto-2.0.11.snap"),
        include_str!("../snapshots/mosquitto__mosquitto-2.0.11-web-socket.snap"),
    ];
    let lines: Vec<&str> = verdicts.iter().flat_map(|text| text.lines().skip(3)).collect();
    let mut known: Vec<String> = Vec::new();
    for pair in lines.chunks(2) {
        let (verdict, case) = pair[0].split_once(' ').expect("a verdict and a case");
        if ["fail", "nonstrict", "inconclusive"].contains(&verdict) {
            let statement = pair[1].trim().split(':').next().expect("a statement");
            // The baseline names statements as a whole.
            known.push(format!("{} {verdict} {}", case.trim(), whole(statement)));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/baselines/mosquitto-2.0.11.kdl");
    let corpus = Corpus::built_in().expect("scenarios");
    let cases = corpus.cases().iter().map(|case| (case.id.clone(), case.version.to_string())).collect();
    let baseline = Baseline::from_file(&path).expect("a baseline");
    let resolved = baseline.resolve(&Known { cases, renamed: corpus.renamed() }, None, Date::today(), |_| None);
    let expected = resolved.expect("known cases").expectations.cases;
    let mut expected: Vec<String> = expected
        .iter()
        .map(|entry| format!("{} {} {}", entry.case, entry.verdict.word(), entry.reason.as_deref().unwrap_or_default()))
        .collect();
    known.sort();
    expected.sort();
    assert_eq!(expected, known);
}
