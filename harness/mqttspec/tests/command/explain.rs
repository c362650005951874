//! `mqttspec explain`.

use crate::{run, text, told};
use insta::assert_snapshot;
use serde_json::Value;

const OWN: [&str; 2] = ["--scenarios", "fixtures"];

fn explained(arguments: &[&str]) -> String {
    let (code, told) = told(&[&["explain"], arguments, &OWN].concat());
    assert_eq!(code, 0, "{told}");
    told
}

#[test]
fn a_statement_is_explained() {
    assert_snapshot!("explain_both_versions", explained(&["MQTT-3.8.4-1"]));
    assert_snapshot!("explain_client", explained(&["-V", "5", "3.1.0-1"]));
    assert_snapshot!("explain_unobservable", explained(&["[MQTT-4.7.3-3]", "-V", "5"]));
}

/// A statement with clauses is told by clause; a clause is told alone.
#[test]
fn clauses_are_explained() {
    let whole = explained(&["4.3.3-10", "-V", "5"]);
    assert_snapshot!("explain_clauses", whole);
    assert!(
        whole.contains("\nread      docs/interpretations/qos2-delivery.md: When a QoS 2 message goes on\n"),
        "{whole}"
    );
    let clause = explained(&["[MQTT-4.3.3-10/b]"]);
    assert!(clause.starts_with("MQTT-4.3.3-10/b of MQTT 5.0\n"), "{clause}");
    assert!(clause.contains("saboteurs repeated-qos2-delivered-twice") && !clause.contains("4.3.3-10/a"), "{clause}");
}

#[test]
fn an_id_is_known_however_it_is_written() {
    let expected = explained(&["MQTT-3.8.4-1"]);
    for written in ["[MQTT-3.8.4-1]", "3.8.4-1", "mqtt-3.8.4-1", "[3.8.4-1]"] {
        assert_eq!(explained(&[written]), expected, "{written}");
    }
}

/// The same number is Keep Alive in one version and Maximum Packet Size in the other.
#[test]
fn both_versions_are_told_unless_one_is_asked_for() {
    let both = explained(&["3.1.2-24"]);
    assert_eq!(both.matches("MQTT-3.1.2-24 of MQTT").count(), 2, "{both}");
    let one = explained(&["3.1.2-24", "-V", "5"]);
    assert!(one.starts_with("MQTT-3.1.2-24 of MQTT 5.0\n") && both.ends_with(&one), "{one}");
}

#[test]
fn for_programs() {
    let document: Value = serde_json::from_str(&explained(&["3.8.4-1", "--json"])).expect("JSON");
    let versions: Vec<&Value> =
        document["statements"].as_array().expect("a list").iter().map(|one| &one["version"]).collect();
    assert_eq!(versions, ["3.1.1", "5.0"]);
    let of_v5 = &document["statements"][1];
    assert_eq!((&of_v5["who"], &of_v5["level"]), (&"Server".into(), &"must".into()));
    let rule = &of_v5["proved"]["rules"][0];
    assert_eq!(rule["scenario"], "own/granted");
    assert_eq!(rule["cases"], serde_json::json!(["own/granted@v5,qos=1", "own/granted@v5,qos=2"]));
}

#[test]
fn an_unknown_id_comes_with_what_may_be_meant() {
    for (arguments, wanted) in [
        (&["MQTT-4.3.3-99"][..], "did you mean `MQTT-4.3.3-"),
        (&["MQTT-4.3.3-10/f"], "or `MQTT-4.3.3-10/a` or `MQTT-4.3.3-10/b`"),
        (&["gibberish"], "`mqttspec coverage -v` lists"),
        (&["4.13.1-1", "-V", "3.1.1"], "MQTT 3.1.1 has no statement `4.13.1-1`"),
        (&["4.13.1-1", "-V", "3.1.1"], "MQTT 5.0 has: leave -V out"),
    ] {
        let output = run(&[&["explain"], arguments].concat());
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{error}");
        assert!(error.contains(wanted), "{error}");
    }
}
