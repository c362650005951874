//! What is done beside a run: replay, CI files, completions, manual pages, patience.

use crate::serve::Served;
use crate::{folder, mqttspec, run, text, told};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn a_case_is_replayed_as_it_was_run() {
    let folder = folder("replay");
    let file = |name: &str| folder.join(name).display().to_string();
    let (events, json, again) = (file("run.ndjson"), file("again.json"), file("again.ndjson"));
    let served = Served::start(&["--sabotage", "puback-missing", "--user", "me:hunter2"], 1);
    let case = "qos/qos1-handshake@v5";
    let options =
        ["-u", "me", "-P", "hunter2", "--timeout", "1.5", "--time-scale", "0.5", "-t", "my/topics", "--json", &json];
    let (code, first) =
        told(&[&["run", &served.url, "qos/qos1-handshake", "--events", &events][..], &options].concat());
    assert_eq!(code, 1, "{first}");
    let written = std::fs::metadata(&json).and_then(|file| file.modified()).expect("written");
    let replay = |case: &str| {
        let mut command = mqttspec();
        command.args(["replay", "--from", &events, case, "--events", &again]).env("MQTT_PASSWORD", "hunter2");
        let output = command.output().expect("it runs");
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, told) = replay(case);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("plan  1 case (1 of 5.0)") && told.contains(&format!("FAIL  {case}")), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    let head = |file: &str| -> Value {
        let text = std::fs::read_to_string(file).expect("written");
        serde_json::from_str(text.lines().next().expect("a line")).expect("JSON")
    };
    let (first, second) = (head(&events), head(&again));
    for key in ["target", "seed", "corpus"] {
        assert_eq!(first[key], second[key], "{key}");
    }
    assert_eq!(first["environment"]["options"], second["environment"]["options"]);
    assert_eq!(first["environment"]["options"]["time-scale"], "0.5");
    // What the first wrote stays as it is.
    assert_eq!(std::fs::metadata(&json).and_then(|file| file.modified()).expect("written"), written);
    let (code, told) = replay("qos/qos1-handshak@v5");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("did you mean `qos/qos1-handshake@v5`?"), "{told}");
}

#[test]
fn a_stored_command_that_is_none_of_ours_is_not_run() {
    let folder = folder("replay_other");
    let events = folder.join("run.ndjson").display().to_string();
    let (code, _) = told(&["run", "--case", "qos/qos1-handshake@v5", "--events", &events]);
    assert_eq!(code, 0);
    let stored = std::fs::read_to_string(&events).expect("written");
    for words in [r#"["mqttspec","corpus","export","x"]"#, r#"["sh","-c","true"]"#, "[]"] {
        let changed = stored.replacen(r#""again":["mqttspec","run","embedded"]"#, &format!("\"again\":{words}"), 1);
        assert_ne!(changed, stored);
        std::fs::write(&events, changed).expect("a file");
        let (code, told) = told(&["replay", "--from", &events, "qos/qos1-handshake@v5"]);
        assert_eq!(code, 2, "{told}");
        assert!(told.contains("has no command that this mqttspec knows"), "{told}");
    }
}

/// Whatever a file says: nothing is written but what is asked for.
#[test]
fn a_stored_command_writes_no_reports() {
    let folder = folder("replay_reports");
    let file = |name: &str| folder.join(name).display().to_string();
    let (events, json) = (file("run.ndjson"), file("planted.json"));
    let (code, _) = told(&["run", "--case", "qos/qos1-handshake@v5", "--events", &events]);
    assert_eq!(code, 0);
    let stored = std::fs::read_to_string(&events).expect("written");
    let planted = format!(r#""again":["mqttspec","run","--json","{json}","embedded"]"#);
    std::fs::write(&events, stored.replacen(r#""again":["mqttspec","run","embedded"]"#, &planted, 1)).expect("a file");
    let (code, told) = told(&["replay", "--from", &events, "qos/qos1-handshake@v5"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("planted.json") && !folder.join("planted.json").exists(), "{told}");
}

/// A server that takes its time: with little patience it fails, with more of it nothing is held against it.
#[test]
fn time_scale_is_patience() {
    let run = |factor: &str| {
        told(&[
            "run",
            "--case",
            "own/nothing-comes",
            "--scenarios",
            "fixtures",
            "--timeout",
            "2",
            "--time-scale",
            factor,
        ])
    };
    for (factor, seconds) in [("1", "in 2.0"), ("3", "in 6.0"), ("0.5", "in 1.0")] {
        let (code, told) = run(factor);
        assert_eq!(code, 6, "{told}");
        assert!(told.contains(seconds), "{factor}: {told}");
    }
    // What the standard times is as long as before.
    let keep_alive = |factor: &str| {
        let arguments = ["run", "-E", "area(expiry) & slow() & version(5)", "-v", "--time-scale", factor];
        let (code, told) = told(&arguments);
        assert_eq!(code, 0, "{told}");
        told.lines().filter(|line| line.starts_with("pass ")).count()
    };
    assert!(keep_alive("1") > 0 && keep_alive("1") == keep_alive("4"));
}

#[test]
fn ci_files_are_written_and_not_replaced() {
    let folder = folder("ci");
    for (service, file) in [("github", ".github/workflows/mqttspec.yml"), ("gitlab", ".gitlab-ci.yml")] {
        let init = |more: &[&str]| {
            let output = mqttspec().current_dir(&folder).args(["init", service]).args(more).output().expect("it runs");
            (output.status.code(), text(&output.stdout) + &text(&output.stderr))
        };
        let (code, told) = init(&[]);
        assert_eq!(code, Some(0), "{told}");
        let read = || std::fs::read_to_string(folder.join(file)).expect("written");
        assert!(read().contains("mqttspec run mqtt://localhost:1883 "), "{}", read());
        let (code, told) = init(&["--target", "mosquitto"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("is there already") && !read().contains("mosquitto"), "{told}");
        let (code, told) = init(&["--target", "mosquitto", "--force"]);
        assert_eq!(code, Some(0), "{told}");
        assert!(read().contains("mqttspec run mosquitto "), "{}", read());
        let (code, told) = init(&["-o", "/proc/nowhere/file.yml"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("/proc/nowhere/file.yml cannot be written"), "{told}");
    }
}

#[test]
fn shells_take_the_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script) = told(&["completions", shell]);
        assert_eq!(code, 0, "{script}");
        assert!(script.contains("rerun-failed") && script.contains("merge"), "{shell}");
    }
    let script = run(&["completions", "bash"]).stdout;
    let told = "complete -p mqttspec && COMP_WORDS=(mqttspec run --rerun) COMP_CWORD=2 && _mqttspec mqttspec --rerun run && echo \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    let bash = bash.args(["-c", &format!("source /dev/stdin && {told}")]);
    let bash = bash_with(bash, &script);
    assert!(bash.contains("-F _mqttspec") && bash.contains("--rerun-failed"), "{bash}");
    let (code, told) = self::told(&["completions", "bsh"]);
    assert_eq!(code, 2, "{told}");
}

fn bash_with(command: &mut Command, input: &[u8]) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash");
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    text(&child.wait_with_output().expect("it ends").stdout)
}

#[test]
fn manual_pages() {
    let (code, page) = told(&["man"]);
    assert_eq!(code, 0);
    assert!(page.contains(".TH mqttspec 1") && page.contains("EXIT") || page.contains("Exit codes"), "{page}");
    let (code, page) = told(&["man", "run"]);
    assert_eq!(code, 0);
    assert!(page.contains("rerun\\-failed") && page.contains(".TH mqttspec"), "{page}");
    let (code, told) = told(&["man", "rnu"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("did you mean `run`?"), "{told}");
}
