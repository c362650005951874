//! Arguments that are not right, and those that have many names.

use crate::told;

const OWN: [&str; 2] = ["--scenarios", "fixtures"];

#[test]
fn what_is_not_right_is_told() {
    let long = "x".repeat(70_000);
    let rows: &[(&[&str], i32, &str)] = &[
        (
            &[],
            2,
            "name a command: run, report, merge, replay, bundle, baseline, diff, matrix, list, show, check, coverage, explain, selftest, serve, probe, choices, profile, corpus, init, completions or man",
        ),
        (&["rum"], 2, "unrecognized subcommand 'rum'"),
        (&["-h"], 2, "unexpected argument '-h'"),
        (&["-V"], 2, "unexpected argument '-V'"),
        (&["run", "--bogus"], 2, "unexpected argument '--bogus'"),
        (&["run", "qos"], 2, "`mqttspec run --case qos`"),
        (&["run", "qos/qos1-handshake"], 2, "`mqttspec run embedded qos/qos1-handshake`"),
        (&["run", "will/*"], 2, "`mqttspec run --case 'will/*'`"),
        (&["run", "mosquito"], 2, "did you mean `mosquitto`?"),
        (&["run", "embeded"], 2, "did you mean `embedded`?"),
        (&["run", "localhost:1883"], 2, "an address begins with mqtt:// (mqtt://localhost:1883)"),
        (&["run", "mqtt://"], 2, "the host is missing"),
        (&["run", "http://localhost"], 2, "unknown scheme"),
        (&["run", "/nowhere/profile.kdl"], 2, "cannot be read"),
        (&["run", "embedded", "qso"], 2, "did you mean `qos`?"),
        (&["run", "--case", "qos1-handshak"], 2, "did you mean `qos/qos1-handshake`"),
        (&["run", "--case", "MQTT-9.9.9-99"], 2, "`mqttspec list` lists the cases"),
        (&["run", "--case", "qos/*-nothing"], 2, "no case, scenario, area or statement is called"),
        (&["run", "-h", "localhost", "mqtt://localhost"], 2, "name two targets"),
        (&["run", "-p", "1883", "embedded"], 2, "name two targets"),
        (&["run", "-h", "localhost", "qso"], 2, "did you mean `qos`?"),
        (&["run", "-h", "a b"], 2, "in the host"),
        (&["run", "-h", "mqtt://a", "-p", "1"], 2, "`mqtt://a` is no host, but an address"),
        (&["run", "-p", "0"], 2, "0"),
        (&["run", "-p", "65536"], 2, "65536"),
        (&["run", "-V", "6"], 2, "3.1.1 or 5"),
        (&["run", "-P", "secret"], 2, "--username"),
        (&["run", "-u", "a", "-P", "b", "--password-env", "C"], 2, "cannot be used with"),
        (&["run", "-u", "a", "--password-env", "MQTTSPEC_NOT_SET"], 2, "MQTTSPEC_NOT_SET is not set"),
        (&["run", "-u", "a", "--password-file", "/nowhere/password"], 2, "/nowhere/password cannot be read"),
        (&["run", "-u", &long], 2, "65535 bytes at most"),
        (&["run", "--timeout", "0"], 2, "between 0.001 and 86400 seconds"),
        (&["run", "--timeout", "soon"], 2, "a number of seconds"),
        (&["run", "-j", "0"], 2, "at least 1"),
        (&["run", "--connect-rate", "0"], 2, "at least 1"),
        (&["run", "--isolation", "none"], 2, "per-case"),
        (&["run", "mqtt://localhost", "--isolation", "shared"], 2, "--isolation is for the embedded broker"),
        (&["run", "mqtt://localhost", "--choose", "no-retain"], 2, "--choose is for the embedded broker"),
        (&["run", "--choose", "no-retian"], 2, "did you mean `no-retain`?"),
        (&["serve", "--choose", "max-qos-1,all"], 2, "`mqttspec choices` lists them"),
        (&["run", "--require", "teleport"], 2, "subscription-identifier"),
        (&["run", "--require", "qos2,retan"], 2, "a similar value exists: 'retain'"),
        (&["run", "--scenarios", "fixtures", "--json", "/nowhere/out.json"], 2, "/nowhere/out.json cannot be created"),
        (
            &["run", "--scenarios", "fixtures", "--events", "/nowhere/out.json"],
            2,
            "/nowhere/out.json cannot be created",
        ),
        (&["run", "--scenarios", "/nowhere"], 2, "/nowhere cannot be read"),
        (&["run", "--scenarios", "fixtures/own/granted.kdl"], 2, "cannot be read"),
        (&["run", "--scenarios", "wrong"], 3, "SUBSCRIB"),
        (&["report"], 2, "--from <FILE>"),
        (&["report", "--from", "/nowhere.ndjson"], 2, "/nowhere.ndjson cannot be read"),
        (&["report", "--from", "fixtures/own/granted.kdl"], 2, "`mqttspec run --events FILE` wrote"),
        (&["list", "--scenarios", "wrong"], 3, "SUBSCRIB"),
        (&["list", "qso"], 2, "did you mean `qos`?"),
        (&["show"], 2, "<CASE>"),
        (&["show", "qos/qos1-handshak"], 2, "did you mean `qos/qos1-handshake`"),
        (&["check"], 2, "<FILE>"),
        (&["check", "/nowhere.kdl"], 2, "/nowhere.kdl cannot be read"),
        (&["check", "wrong/wrong.kdl"], 3, "SUBSCRIB"),
        (&["check", "wrong", "fixtures"], 3, "1 problem in 1 file"),
        (&["check", "wrong/wrong.kdl", "/nowhere.kdl"], 2, "SUBSCRIB"),
        (&["selftest", "--saboteur", "puback-mising"], 2, "`puback-missing`"),
        (&["selftest", "--saboteur", "puback-missing", "--saboteur", "x"], 2, "no saboteur is called `x`"),
        (&["selftest", "qso"], 2, "did you mean `qos`?"),
        (&["selftest", "-j", "0"], 2, "at least 1"),
        (
            &["selftest", "own/never-granted", "-V", "311", "--scenarios", "fixtures"],
            4,
            "no saboteur breaks a statement",
        ),
        (&["selftest", "--scenarios", "wrong"], 3, "SUBSCRIB"),
        (&["selftest", "qos/qos1-handshake", "--json", "/nowhere/out.json"], 2, "/nowhere/out.json cannot be created"),
        (&["profile"], 2, "profile"),
        (&["profile", "show", "mosquito"], 2, "did you mean `mosquitto`?"),
        (&["corpus"], 2, "corpus"),
        (&["corpus", "export"], 2, "<DIR>"),
        (&["corpus", "export", "fixtures/own/granted.kdl/x"], 2, "granted.kdl/x cannot be written"),
        (&["serve", "--port", "65536"], 2, "65536"),
        (&["serve", "--sabotage", "puback-mising"], 2, "`puback-missing`"),
        (&["serve", "--bind", "somewhere"], 2, "somewhere"),
        (&["serve", "--bind", "192.0.2.1", "-p", "0"], 2, "cannot be listened on"),
    ];
    for (arguments, code, part) in rows {
        let (exit_code, told) = told(arguments);
        // Diagnostics are broken into lines.
        let unbroken = told.replace("\n        ", " ").replace("\n  │ ", " ");
        assert!(unbroken.contains(part), "{arguments:?}: no `{part}` in:\n{told}");
        assert_eq!(exit_code, *code, "{arguments:?}: {told}");
        assert!(!told.contains("internal error") && !told.contains("\u{1b}"), "{arguments:?}: {told}");
        assert!(!told.contains("secret"), "{arguments:?}: {told}");
    }
}

#[test]
fn names_of_versions() {
    let count = |version: &str| {
        let (code, told) = told(&[&["run", "embedded", "own/granted", "-V", version][..], &OWN].concat());
        assert_eq!(code, 0, "{told}");
        told.lines().next().unwrap_or_default().to_owned()
    };
    for version in ["5", "5.0", "v5", "mqttv5"] {
        assert!(count(version).contains("2 cases (2 of 5.0)"), "{version}: {}", count(version));
    }
    for version in ["3.1.1", "311", "v3.1.1", "mqttv311"] {
        assert!(count(version).contains("2 cases (2 of 3.1.1)"), "{version}: {}", count(version));
    }
    assert!(count("5,311").contains("4 cases (2 of 3.1.1, 2 of 5.0)"));
    let (code, told) = told(&[&["run", "embedded", "own/never-granted", "-V", "311"][..], &OWN].concat());
    assert_eq!(code, 4, "{told}");
    assert!(told.contains("plan  0 cases") && told.contains("exit 4: nothing ran"), "{told}");
}

#[test]
fn ways_to_select() {
    for arguments in [
        &["run", "embedded", "own/granted@v5,qos=1"][..],
        &["run", "--case", "own/granted@v5,qos=1"],
        &["run", "embedded", "own/*@v5,qos=1"],
    ] {
        let (code, told) = told(&[arguments, &OWN].concat());
        assert_eq!(code, 0, "{told}");
        assert!(told.starts_with("plan  1 case (1 of 5.0)  target embedded"), "{told}");
    }
    let (_, told) =
        told(&[&["run", "--case", "own/granted@v5,qos=1", "--case", "own/granted@v5,qos=2"][..], &OWN].concat());
    assert!(told.starts_with("plan  2 cases"), "{told}");
}
