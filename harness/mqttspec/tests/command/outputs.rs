//! What the commands print that run nothing.

use crate::{mqttspec, run, text, told};
use insta::assert_snapshot;
use std::io::Read;
use std::process::Stdio;

#[test]
fn help() {
    for command in [
        "",
        "run",
        "report",
        "merge",
        "replay",
        "probe",
        "bundle",
        "init",
        "completions",
        "man",
        "baseline",
        "baseline update",
        "baseline check",
        "diff",
        "matrix",
        "list",
        "show",
        "check",
        "coverage",
        "explain",
        "selftest",
        "serve",
        "profile",
        "profile list",
        "profile show",
        "corpus",
        "corpus export",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let output = run(&arguments);
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{command}");
        let name = if command.is_empty() { "help".to_owned() } else { format!("help_{}", command.replace(' ', "_")) };
        assert_snapshot!(name, text(&output.stdout));
    }
}

#[test]
fn version() {
    let output = text(&run(&["--version"]).stdout);
    let (name, hash) = output.trim_end().split_once(" (corpus ").expect("version and corpus");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(name, format!("mqttspec {version}"));
    let hash = hash.strip_prefix(&format!("{version}, ")).expect("the corpus has that version");
    assert!(hash.len() == 17 && hash.ends_with(')'), "{output}");
}

#[test]
fn list() {
    assert_snapshot!(told(&["list", "--scenarios", "fixtures"]).1);
    let (code, listed) = told(&["list", "--scenarios", "fixtures", "-V", "5", "own/granted"]);
    assert_eq!((code, listed.lines().count()), (0, 2), "{listed}");
    let (code, listed) = told(&["list", "--scenarios", "fixtures", "-V", "311", "own/never-granted"]);
    assert_eq!((code, listed.as_str()), (4, ""));
    // A statement has its clauses with it.
    let [whole, first, second] = ["", "/a", "/b"].map(|clause| {
        let (code, listed) = told(&["list", &format!("MQTT-4.3.3-10{clause}"), "-V", "5"]);
        assert_eq!(code, 0, "{listed}");
        listed.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    });
    assert!(first != second && whole == &first | &second, "{whole:?}");
    let (code, listed) = told(&["list"]);
    assert_eq!(code, 0);
    assert!(
        listed
            .lines()
            .all(|line| line.split_once('\t').is_some_and(|(id, title)| id.contains('@') && !title.is_empty()))
    );
}

#[test]
fn show() {
    assert_snapshot!("show_case", told(&["show", "own/never-granted@v5", "--scenarios", "fixtures"]).1);
    assert_snapshot!("show_scenario", told(&["show", "own/granted", "--scenarios", "fixtures"]).1);
    let (code, shown) = told(&["show", "qos/qos2-duplicate-publish@v5,sub-qos=2"]);
    assert_eq!(code, 0);
    assert!(shown.contains("control   qos/qos2-duplicate-publish.control@v5,sub-qos=2\n"), "{shown}");
    let (code, shown) = told(&["show", "qos/qos2-duplicate-publish.control@v5,sub-qos=2"]);
    assert_eq!(code, 0);
    assert!(shown.contains("controls  qos/qos2-duplicate-publish@v5,sub-qos=2\n"), "{shown}");
}

#[test]
fn check() {
    let (code, checked) = told(&["check", "fixtures", "fixtures/own/granted.kdl"]);
    assert_eq!(code, 0, "{checked}");
    assert_snapshot!("check_right", checked);
    let output = run(&["check", "wrong/wrong.kdl"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(3), ""));
    assert_snapshot!("check_wrong", text(&output.stderr));
}

#[test]
fn profiles() {
    let (code, listed) = told(&["profile", "list"]);
    assert_eq!(code, 0);
    let mut names: Vec<&str> = listed.lines().collect();
    assert!(names.contains(&"mosquitto"), "{listed}");
    names.sort_unstable();
    assert_eq!(names, listed.lines().collect::<Vec<_>>());
    for name in names {
        let (code, shown) = told(&["profile", "show", name]);
        assert_eq!(code, 0);
        assert!(shown.contains(name), "{shown}");
    }
}

/// `mqttspec list | head -1`.
#[test]
fn a_reader_that_has_gone_is_no_error() {
    for arguments in [&["list"][..], &["--help"], &["run", "--case", "qos/qos0-delivery"]] {
        let mut child =
            mqttspec().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let status = child.wait().expect("it ends");
        let mut told = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut told).expect("text");
        assert_eq!((status.code(), told.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("Linux");
    let help = "make room or name another file";
    for arguments in [["--json", "/dev/full"], ["--events", "/dev/full"]] {
        let (code, told) = told(&[&["run", "--case", "qos/qos0-delivery"][..], &arguments].concat());
        assert_eq!(code, 70, "{told}");
        assert!(told.contains("/dev/full cannot be written: ") && told.contains(help), "{told}");
        assert!(told.contains("exit 70: an error of mqttspec's own"), "{told}");
    }
    for (arguments, code) in [
        (&["list"][..], 70),
        (&["run", "--case", "qos/qos0-delivery"], 70),
        (&["run", "--scenarios", "fixtures", "--case", "own/never-granted"], 1),
    ] {
        let output = mqttspec().args(arguments).stdout(full()).output().expect("it runs");
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains("the standard output stream cannot be written"), "{told}");
        assert!(!told.contains("internal error"), "{told}");
    }
}
