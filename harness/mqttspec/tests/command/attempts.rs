//! Cases that run more than once, and those that run again because of an earlier run.

use crate::serve::Served;
use crate::{folder, told};
use serde_json::Value;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

const CASE: &str = "qos/qos1-handshake@v5";

/// Leads to one server until the events of a run tell that a second attempt begins, and then to another.
fn proxy(events: PathBuf, [first, then]: [String; 2]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("mqtt://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let again = std::fs::read_to_string(&events).unwrap_or_default().contains("attempt-started");
            let url = if again { &then } else { &first };
            let address = url.strip_prefix("mqtt://").expect("TCP");
            let Ok(server) = TcpStream::connect(address) else { return };
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    url
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_case_that_passes_the_second_time_is_flaky() {
    let folder = folder("flaky");
    let broken = Served::start(&["--sabotage", "puback-missing"], 1);
    let whole = Served::start(&[], 1);
    let run = |name: &str, more: &[&str]| {
        let file = |kind: &str| folder.join(format!("{name}.{kind}")).display().to_string();
        let events = file("events");
        let url = proxy(PathBuf::from(&events), [broken.url.clone(), whole.url.clone()]);
        let formats = ["json", "junit", "markdown", "html"].map(|kind| [format!("--{kind}"), file(kind)]).concat();
        let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
        let arguments = ["run", &url, CASE, "--timeout", "1", "--events", &events];
        told(&[&arguments[..], more, &formats].concat())
    };
    let (code, told) = run("fail", &["--retries", "2"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("exit 1: some cases are flaky") && told.contains("1 case: 1 pass; 1 flaky"), "{told}");
    assert!(
        told.contains(&format!("FLAKY  {CASE}\n  attempt 1  fail: ")) && told.contains("\n  attempt 2  pass\n"),
        "{told}"
    );
    // With the evidence of the attempt that failed, in each form.
    let document: Value = serde_json::from_str(&read(&folder.join("fail.json"))).expect("JSON");
    let case = &document["cases"][0];
    assert_eq!((&case["verdict"], &case["attempt"], &case["flaky"]), (&"pass".into(), &2.into(), &true.into()));
    let other = &case["other_attempts"][0];
    assert_eq!((&other["attempt"], &other["verdict"]), (&1.into(), &"fail".into()));
    assert!(other["transcript"].as_array().is_some_and(|transcript| transcript.len() > 3), "{other}");
    assert!(case["started_us"].as_u64() > other["started_us"].as_u64(), "{case}");
    let schema = serde_json::from_str(include_str!("../../../../docs/run.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert_eq!(validator.iter_errors(&document).next().map(|error| error.to_string()), None);
    let junit = read(&folder.join("fail.junit"));
    assert!(
        junit.contains("<flakyFailure ") && junit.contains("MQTT-4.3.2-4") && !junit.contains("<failure"),
        "{junit}"
    );
    assert!(read(&folder.join("fail.markdown")).contains("### Flaky: 1 case"));
    let html = read(&folder.join("fail.html"));
    assert!(html.contains("Other attempts") && html.contains(">flaky</span>"), "{html}");

    let (code, told) = run("pass", &["--retries", "1", "--flaky", "pass"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("1 flaky"), "{told}");

    // Of repeats the worst counts, whatever flaky cases come to.
    let (code, told) = run("repeat", &["--repeat", "3", "--flaky", "pass"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("1 case: 1 fail; 1 flaky") && told.contains("attempt 3  pass"), "{told}");
    let junit = read(&folder.join("repeat.junit"));
    assert!(junit.contains("<failure"), "{junit}");
}

#[test]
fn what_fails_each_time_is_no_flake() {
    let folder = folder("no_flake");
    let junit = folder.join("out.xml");
    let broken = Served::start(&["--sabotage", "puback-missing"], 1);
    let path = junit.display().to_string();
    let (code, told) = told(&["run", &broken.url, CASE, "--timeout", "1", "--retries", "1", "--junit", &path]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("1 case: 1 fail  in") && told.contains("attempt 2\n"), "{told}");
    let junit = read(&junit);
    assert!(junit.contains("<failure") && junit.contains("<rerunFailure "), "{junit}");
}

#[test]
fn repeats_on_the_embedded_server_agree() {
    let (code, told) = told(&["run", "--case", "qos", "--isolation", "shared", "--seed", "3", "--repeat", "3"]);
    assert_eq!(code, 0, "{told}");
    assert!(!told.contains("flaky"), "{told}");
}

#[test]
fn what_went_wrong_runs_again() {
    let folder = folder("rerun");
    let file = |name: &str| folder.join(name).display().to_string();
    let (events, json, good) = (file("run.ndjson"), file("run.json"), file("good.ndjson"));
    let fixtures = ["--scenarios", "fixtures"];
    let (code, first) = told(&[&["run", "--events", &events, "--json", &json][..], &fixtures].concat());
    assert_eq!(code, 1, "{first}");
    for earlier in [&events, &json] {
        let (code, again) = told(&[&["run", "-v", "--rerun-failed", earlier][..], &fixtures].concat());
        assert_eq!(code, 1, "{again}");
        assert!(!again.contains("own/granted@") && again.contains("own/never-granted"), "{again}");
        // With a selection, only what is in both.
        let (code, none) =
            told(&[&["run", "--case", "own/granted", "--rerun-failed", earlier][..], &fixtures].concat());
        assert_eq!(code, 4, "{none}");
        assert!(none.contains("cannot be run again"), "{none}");
    }
    let (code, _) = told(&[&["run", "--case", "own/granted", "--events", &good][..], &fixtures].concat());
    assert_eq!(code, 0);
    let (code, nothing) = told(&[&["run", "--rerun-failed", &good][..], &fixtures].concat());
    assert_eq!(code, 4, "{nothing}");
    assert!(nothing.contains("no case went wrong in the run"), "{nothing}");
}
