//! Runs against the embedded broker and a served one.

#[cfg(unix)]
use crate::ended;
use crate::{folder, mqttspec, run, serve, text, told};
use insta::assert_snapshot;
use serde_json::Value;
use std::path::Path;

const OWN: [&str; 2] = ["--scenarios", "fixtures"];

/// As a text that is the same whatever the corpus is.
fn without_hash(told: &str) -> String {
    let (before, rest) = told.split_once("corpus ").expect("a plan line");
    format!("{before}corpus HASH{}", &rest[16..])
}

#[test]
fn pass() {
    let (code, told) = told(&[&["run", "embedded", "own/granted"][..], &OWN].concat());
    assert_eq!(code, 0);
    assert_snapshot!(without_hash(&told));
}

#[test]
fn fail() {
    let options = ["-u", "me", "-P", "hunter2", "-t", "a topic", "--timeout", "2.5"];
    let (code, told) = told(&[&["run", "embedded", "own/never-granted"][..], &OWN, &options].concat());
    assert_eq!(code, 1);
    assert_snapshot!(without_hash(&told));
}

#[test]
fn inconclusive_comes_after_a_failure() {
    let (code, told_) = told(&[&["run", "embedded", "own/nothing-comes"][..], &OWN].concat());
    assert_eq!(code, 6, "{told_}");
    assert!(told_.contains("INCONCLUSIVE  own/nothing-comes@v5\n"), "{told_}");
    let (code, told_) = told(&[&["run"][..], &OWN].concat());
    assert_eq!(code, 1, "{told_}");
    assert!(told_.contains("6 cases: 4 pass, 1 fail, 1 inconclusive"), "{told_}");
}

#[test]
fn the_same_every_time() {
    let folder = folder("the_same_every_time");
    let files = |number: u8| ["json", "events"].map(|kind| folder.join(format!("{number}.{kind}")));
    let outputs = [1, 2].map(|number| {
        let [json, events] = files(number);
        let output =
            mqttspec().arg("run").arg("--json").arg(&json).arg("--events").arg(&events).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
        (output.stdout, std::fs::read(json).expect("written"), std::fs::read(events).expect("written"))
    });
    assert!(outputs[0] == outputs[1], "two runs on the embedded broker differ");
    let document: Value = serde_json::from_slice(&outputs[0].1).expect("JSON");
    let count = |verdict: &str| document["totals"][verdict].as_u64().expect("a number");
    assert_eq!(count("planned"), count("pass") + count("unsupported"));
    assert_eq!(document["run"]["exit_code"], 0);
}

#[test]
fn shared_isolation_depends_on_its_seed_only() {
    let run = |seed: &str| told(&["run", "--case", "qos", "--isolation", "shared", "--seed", seed, "-v"]);
    let (code, told) = run("7");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("seed 7 "), "{told}");
    assert_eq!(run("7").1, told);
}

#[test]
fn no_output_holds_a_password() {
    let folder = folder("no_output_holds_a_password");
    let (json, events) = (folder.join("out.json"), folder.join("out.ndjson"));
    std::fs::write(folder.join("password"), "hunter2\r\n").expect("a file");
    let ways: [Vec<String>; 3] = [
        vec!["-P".into(), "hunter2".into()],
        vec!["--password-env".into(), "SECRET_OF_A_TEST".into()],
        vec!["--password-file".into(), folder.join("password").display().to_string()],
    ];
    for way in ways {
        let mut command = mqttspec();
        command.args(["run", "-v", "-u", "me"]).args(OWN).args(&way).env("SECRET_OF_A_TEST", "hunter2");
        let output = command.arg("--json").arg(&json).arg("--events").arg(&events).output().expect("it runs");
        let all = [
            output.stdout,
            output.stderr,
            std::fs::read(&json).expect("written"),
            std::fs::read(&events).expect("written"),
        ];
        let all = text(&all.concat());
        // The broker lets in who knows the password: the scenario that has its own does not.
        assert!(all.contains("4 pass"), "{way:?}: {all}");
        assert!(all.contains("**************\""), "{way:?}");
        assert!(!all.contains("***************"), "{way:?}: more bytes than the password has");
        for secret in ["hunter2", "hunter3", "68756e746572"] {
            assert!(!all.contains(secret), "{way:?}: {secret}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_told() {
    for option in ["--json", "--events"] {
        let (code, pass) = told(&[&["run", "--case", "own/granted", option, "/dev/full"][..], &OWN].concat());
        assert_eq!(code, 70, "{pass}");
        assert!(pass.contains("mqttspec: /dev/full cannot be written: "), "{pass}");
        assert!(pass.contains("4 cases: 4 pass") && pass.contains("exit 70: "), "{pass}");
        let (code, fail) = told(&[&["run", "--case", "own/never-granted", option, "/dev/full"][..], &OWN].concat());
        assert_eq!(code, 1, "{fail}");
        assert!(fail.contains("exit 1: ") && fail.contains("/dev/full cannot be written"), "{fail}");
    }
}

#[test]
fn nothing_is_written_before_all_is_right() {
    let folder = folder("nothing_is_written");
    let json = folder.join("out.json");
    let output = run(&["run", "--json", &json.display().to_string(), "--case", "nonsense"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!Path::new(&json).exists(), "a file for a run that never was");
}

#[test]
fn a_server_that_is_not_there() {
    let folder = folder("a_server_that_is_not_there");
    let json = folder.join("out.json").display().to_string();
    // The port is one that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let port = port.to_string();
    let (code, told) =
        told(&[&["run", "-h", "127.0.0.1", "-p", &port, "--timeout", "0.2", "--json", &json][..], &OWN].concat());
    assert_eq!(code, 5, "{told}");
    assert!(
        told.contains("6 cases: 6 missing")
            && told.contains("exit 5: mqtt://127.0.0.1:")
            && told.contains("is not ready: "),
        "{told}"
    );
    let document: Value = serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
    assert_eq!((&document["totals"]["missing"], &document["run"]["exit_code"]), (&6.into(), &5.into()));
}

#[test]
fn a_served_broker() {
    let served = serve::Served::start(&[], 1);
    let (code, told_) = told(&["run", &served.url, "own/granted", OWN[0], OWN[1]]);
    assert_eq!(code, 0, "{told_}");
    assert!(told_.contains(&format!("target {}", served.url)) && !told_.contains("reference broker"), "{told_}");
    let port = served.url.rsplit_once(':').expect("a port").1;
    let (code, told_) = told(&["run", "-h", "127.0.0.1", "-p", port, "own/never-granted", OWN[0], OWN[1]]);
    assert_eq!(code, 1, "{told_}");
    let again = format!("again     mqttspec run -h 127.0.0.1 -p {port} --scenarios fixtures own/never-granted@v5\n");
    assert!(told_.contains(&again), "{told_}");
    // What is somebody else's is not disturbed unasked.
    let (code, told_) = told(&["run", &served.url, "wildcard/dollar-topics-stay-apart"]);
    assert_eq!(code, 4, "{told_}");
    assert!(told_.contains("SKIPPED  it needs the server for itself; --exclusive lets it run"), "{told_}");
    let (code, told_) = told(&["run", &served.url, "wildcard/dollar-topics-stay-apart", "--exclusive"]);
    assert_eq!(code, 0, "{told_}");
}

/// A profile of a server that runs, with these lines in it.
fn profile(name: &str, served: &serve::Served, lines: &str) -> String {
    let path = folder(name).join("limited.kdl");
    let port = served.url.rsplit_once(':').expect("a port").1;
    let text = format!("profile limited {{\n  title \"A server\"\n  listen \"127.0.0.1\" port={port}\n{lines}\n}}\n");
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[test]
fn what_is_required_must_not_be_unsupported() {
    let served = serve::Served::start(&[], 1);
    let profile = profile("required", &served, "  limit max-qos=1");
    let run = |more: &[&str]| told(&[&["run", &profile, "own/granted"][..], &OWN, more].concat());
    let (code, told_) = run(&[]);
    assert_eq!(code, 0, "{told_}");
    assert!(told_.contains("4 cases: 2 pass, 2 unsupported"), "{told_}");
    assert_eq!(run(&["--require", "retain,qos1"]).0, 1, "a case that needs QoS 2 needs QoS 1");
    assert_eq!(run(&["--require", "retain,shared"]).0, 0);
    let (code, told_) = run(&["--require", "retain,qos2"]);
    assert_eq!(code, 1, "{told_}");
    assert!(told_.contains("the server does not support what --require names"), "{told_}");
    // Nothing ran at all: that comes first.
    assert_eq!(told(&[&["run", &profile, "own/granted@v5,qos=2", "--require", "qos2"][..], &OWN].concat()).0, 4);
}

#[test]
fn a_version_that_is_not_spoken() {
    let served = serve::Served::start(&[], 1);
    let profile = profile("not_spoken", &served, "  versions v5");
    let run = |more: &[&str]| told(&[&["run", &profile, "own/granted"][..], &OWN, more].concat());
    let (code, told_) = run(&[]);
    assert_eq!(code, 0, "{told_}");
    assert!(told_.contains("4 cases: 2 pass, 2 unsupported"), "{told_}");
    assert!(told_.contains("UNSUPPORTED  the server refuses MQTT 3.1.1"), "{told_}");
    assert_eq!(run(&["-V", "5"]).0, 0);
    let (code, told_) = run(&["-V", "5", "-V", "3.1.1"]);
    assert_eq!(code, 5, "{told_}");
    assert!(told_.contains("refuses version 3.1.1, which -V asks for") && told_.contains("4 missing"), "{told_}");
    // A server that mqttspec did not start is not disturbed unasked.
    let (code, told_) = told(&["run", &profile, "wildcard/dollar-topics-stay-apart", "-V", "5"]);
    assert_eq!(code, 4, "{told_}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_writes_its_reports() {
    let served = serve::Served::start(&[], 1);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = folder("interrupted");
    // A server that is being tested, and one that does not get ready.
    for url in [served.url.clone(), format!("mqtt://{}", silent.local_addr().expect("an address"))] {
        let (json, events) = (folder.join("out.json"), folder.join("out.ndjson"));
        let _ = std::fs::remove_file(&events);
        let mut command = mqttspec();
        command.args(["run", &url, "--scenarios", "slow", "--timeout", "30"]);
        let child = command
            .arg("--json")
            .arg(&json)
            .arg("--events")
            .arg(&events)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn();
        let mut child = child.expect("it runs");
        if url == served.url {
            let began = || std::fs::read_to_string(&events).is_ok_and(|text| text.contains("case-started"));
            while !began() {
                assert_eq!(child.try_wait().expect("a child"), None, "it ended by itself");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        } else {
            silent.accept().expect("a connection");
        }
        assert_eq!(ended(&mut child, "-INT"), Some(130), "{url}");
        let document: Value = serde_json::from_slice(&std::fs::read(&json).expect("written")).expect("JSON");
        assert_eq!((&document["run"]["exit_code"], &document["totals"]["planned"]), (&130.into(), &1.into()), "{url}");
    }
}
