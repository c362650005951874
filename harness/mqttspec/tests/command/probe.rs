//! `mqttspec probe`: what a server offers.

use crate::serve::Served;
use crate::{folder, run, text, told};
use serde_json::Value;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// The features of a version.
fn features(url: &str, version: &str) -> Value {
    let output = run(&["probe", url, "--json", "--timeout", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let sheet: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let versions = sheet["versions"].as_array().expect("versions").clone();
    versions.into_iter().find(|sheet| sheet["version"] == version).expect("the version")["features"].clone()
}

fn check(features: &Value, rows: &[(&str, Value, &str)]) {
    for (name, value, source) in rows {
        assert_eq!(
            (&features[name]["value"], &features[name]["source"]),
            (value, &Value::from(*source)),
            "{name}: {features}"
        );
    }
}

#[test]
fn what_the_reference_server_offers() {
    let served = Served::start(&[], 1);
    let rows = [
        ("maximum-qos", 2.into(), "trial"),
        ("retain", true.into(), "trial"),
        ("wildcard", true.into(), "trial"),
        ("empty-client-identifier", true.into(), "trial"),
    ];
    check(&features(&served.url, "3.1.1"), &rows);
    let of_5 = features(&served.url, "5.0");
    check(&of_5, &rows);
    let more = [
        ("shared", true.into(), "trial"),
        ("subscription-identifier", true.into(), "trial"),
        ("receive-maximum", 64.into(), "connack"),
        ("maximum-packet-size", 2_097_152.into(), "connack"),
        ("topic-alias-maximum", 16.into(), "connack"),
        ("server-keep-alive", Value::Null, "default"),
    ];
    check(&of_5, &more);
    let (code, told) = told(&["probe", &served.url]);
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("MQTT 3.1.1  accepted") && told.contains("receive maximum                 64 (CONNACK)"),
        "{told}"
    );
}

#[test]
fn what_a_smaller_server_says_becomes_a_profile() {
    let folder = folder("probe");
    let file = folder.join("small.kdl").display().to_string();
    let served = Served::start(
        &["--choose", "max-qos-1,no-retain,no-wildcards,no-shared-subscriptions,no-subscription-identifiers"],
        1,
    );
    let (code, told) = told(&["probe", &served.url, "--write-profile", &file]);
    assert_eq!(code, 0, "{told}");
    let of_5 = features(&served.url, "5.0");
    for name in ["retain", "wildcard", "shared", "subscription-identifier"] {
        check(&of_5, &[(name, false.into(), "connack")]);
    }
    check(&of_5, &[("maximum-qos", 1.into(), "connack")]);
    let profile = std::fs::read_to_string(&file).expect("written");
    assert!(
        profile.contains("limit max-qos=1 retain=#false wildcard=#false shared=#false subscription-identifier=#false"),
        "{profile}"
    );
    let (code, run) = self::told(&["run", &file, "qos/qos1-handshake", "qos/qos2-handshake", "--timeout", "2"]);
    assert_eq!(code, 0, "{run}");
    assert!(run.contains("pass") && run.contains("unsupported"), "{run}");
}

#[test]
fn a_version_that_is_refused_is_told() {
    let served = Served::start(&["--choose", "only-v5"], 1);
    let (code, told) = told(&["probe", &served.url]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("MQTT 3.1.1  refused") && told.contains("MQTT 5.0  accepted"), "{told}");
}

#[cfg(unix)]
#[test]
fn nothing_is_left_behind() {
    let folder = folder("probe_leaves_nothing");
    let state = folder.join("state");
    let mut served = Served::start(&["--state", &state.display().to_string()], 1);
    let (code, told) = told(&["probe", &served.url]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("retained messages               yes (kept and delivered)"), "{told}");
    assert_eq!(served.end("-TERM"), Some(0));
    let kept = std::fs::read(&state).expect("kept");
    let kept = String::from_utf8_lossy(&kept);
    assert!(!kept.contains("probe"), "{kept}");
}

#[test]
fn a_server_that_is_not_there_or_says_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    for address in [closed, silent.local_addr().expect("bound")] {
        let began = Instant::now();
        let (code, told) = told(&["probe", &format!("mqtt://{address}"), "--timeout", "1"]);
        assert_eq!(code, 5, "{told}");
        assert!(began.elapsed() < Duration::from_secs(30), "{told}");
    }
    for (arguments, part) in [
        (&["probe"][..], "no server is named"),
        (&["probe", "mosquitto"], "is no address of a server that runs"),
        (&["probe", "mqtt://localhost", "-p", "1883"], "name two servers"),
        (&["probe", "mqtt://localhost", "--write-profile", "/nowhere/x.kdl"], "/nowhere/x.kdl cannot be created"),
    ] {
        let (code, told) = told(arguments);
        assert_eq!((code, told.contains(part)), (2, true), "{told}");
    }
}
