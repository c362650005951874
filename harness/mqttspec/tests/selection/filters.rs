//! The filter language over the cases that are built in.

use mqttspec::corpus::Corpus;
use mqttspec_engine::plan::{Case, Selection};
use mqttspec_engine::statement::whole;
use std::sync::LazyLock;
use std::time::Duration;

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| Corpus::built_in().expect("scenarios"));
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| CORPUS.cases());

/// The ids of what a filter means, controls that the others need included.
fn meant(filter: &str) -> Vec<String> {
    let selection = Selection::new(&[]).filtered(&[filter.to_owned()]).unwrap_or_else(|error| panic!("{error}"));
    let cases = selection.select(CASES.clone(), &CORPUS.catalogue).unwrap_or_else(|error| panic!("{error}"));
    cases.into_iter().map(|case| case.id).collect()
}

/// The ids of the cases of which this holds, with their controls.
fn of(holds: impl Fn(&Case) -> bool) -> Vec<String> {
    let named: Vec<&Case> = CASES.iter().filter(|case| holds(case)).collect();
    let needed = |case: &&Case| holds(case) || named.iter().any(|other| other.control.as_ref() == Some(&case.id));
    CASES.iter().filter(needed).map(|case| case.id.clone()).collect()
}

#[test]
fn predicates() {
    let of_5 = |case: &Case| case.id.contains("@v5");
    let names = |case: &Case, id: &str| case.statements().any(|statement| statement == id || whole(statement) == id);
    type Holds = Box<dyn Fn(&Case) -> bool>;
    let rows: Vec<(&str, Holds)> = vec![
        ("case(qos/qos1-handshake@v5)", Box::new(|case| case.id == "qos/qos1-handshake@v5")),
        ("case(qos/*@v5*)", Box::new(move |case| case.id.starts_with("qos/") && of_5(case))),
        ("area(qos)", Box::new(|case| case.scenario.area == "qos")),
        ("area({qos,will})", Box::new(|case| ["qos", "will"].contains(&case.scenario.area.as_str()))),
        ("scenario(qos1-handshake)", Box::new(|case| case.scenario.path() == "qos/qos1-handshake")),
        ("scenario(qos/qos1*)", Box::new(|case| case.scenario.path().starts_with("qos/qos1"))),
        ("statement(MQTT-4.3.3-10)", Box::new(move |case| names(case, "MQTT-4.3.3-10"))),
        ("statement(4.3.3-10)", Box::new(move |case| names(case, "MQTT-4.3.3-10"))),
        ("statement(4.3.3-10/b)", Box::new(move |case| names(case, "MQTT-4.3.3-10/b"))),
        ("version(5)", Box::new(of_5)),
        ("version(v3.1.1)", Box::new(move |case| !of_5(case))),
        ("version(311)", Box::new(move |case| !of_5(case))),
        ("slow()", Box::new(|case| case.waits() > Duration::from_millis(900))),
        ("control()", Box::new(|case| case.is_control)),
        ("exclusive()", Box::new(|case| case.scenario.exclusive || !case.operations().is_empty())),
        ("requires(shared)", Box::new(|case| case.scenario.requires.iter().any(|needed| needed.key == "shared"))),
        ("transport(tcp)", Box::new(|case| !case.scenario.needs_web_socket())),
        ("transport(wss)", Box::new(|case| !case.half_closes())),
        ("transport(tls)", Box::new(|case| !case.half_closes() && !case.scenario.needs_web_socket())),
        ("all()", Box::new(|_| true)),
        ("none()", Box::new(|_| false)),
    ];
    for (filter, holds) in rows {
        let ids = meant(filter);
        assert_eq!(ids, of(holds), "{filter}");
        assert_eq!(ids.is_empty(), filter == "none()", "{filter}");
        // No case that is built in closes one direction.
        assert!(ids.len() < CASES.len() || ["all()", "transport(wss)"].contains(&filter), "{filter}");
    }
    let count = |filter: &str| meant(filter).len();
    assert!(0 < count("level(should)") && count("level(should)") < count("level(MUST)"));
}

#[test]
fn operators() {
    let a = |case: &Case| case.scenario.area == "qos";
    let b = |case: &Case| case.id.contains("@v5");
    let c = |case: &Case| case.waits() > Duration::from_millis(900);
    type Holds = Box<dyn Fn(&Case) -> bool>;
    let rows: Vec<(&str, Holds)> = vec![
        ("area(qos) & version(5)", Box::new(move |case| a(case) && b(case))),
        ("area(qos) and version(5)", Box::new(move |case| a(case) && b(case))),
        ("area(qos)&&version(5)", Box::new(move |case| a(case) && b(case))),
        ("area(qos) - version(5)", Box::new(move |case| a(case) && !b(case))),
        ("area(qos)|slow()", Box::new(move |case| a(case) || c(case))),
        ("area(qos) or slow()", Box::new(move |case| a(case) || c(case))),
        ("area(qos) + slow()", Box::new(move |case| a(case) || c(case))),
        ("!version(5)", Box::new(move |case| !b(case))),
        ("not version(5)", Box::new(move |case| !b(case))),
        ("not(version(5))", Box::new(move |case| !b(case))),
        ("!!version(5)", Box::new(b)),
        // Both bind closer than either, from the left.
        ("area(qos) | version(5) & slow()", Box::new(move |case| a(case) || b(case) && c(case))),
        ("(area(qos) | version(5)) & slow()", Box::new(move |case| (a(case) || b(case)) && c(case))),
        ("area(qos) - version(5) & slow()", Box::new(move |case| a(case) && !b(case) && c(case))),
        ("version(5) - slow() - area(qos)", Box::new(move |case| b(case) && !c(case) && !a(case))),
        (" ( area( qos ) )\n& version(\"5\") ", Box::new(move |case| a(case) && b(case))),
    ];
    for (filter, holds) in rows {
        assert_eq!(meant(filter), of(holds), "{filter}");
    }
}

#[test]
fn what_is_named_in_several_ways_is_meant_by_each() {
    let ids = |selectors: &[&str], filters: &[&str], versions: &[mqttspec_codec::Version]| -> Vec<String> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(&texts(selectors)).of_versions(versions).filtered(&texts(filters));
        let cases = selection.expect("filters").select(CASES.clone(), &CORPUS.catalogue).expect("cases");
        cases.into_iter().map(|case| case.id).collect()
    };
    let both = ids(&["qos", "will"], &["!slow()"], &[mqttspec_codec::Version::V5]);
    assert_eq!(both, meant("area({qos,will}) & version(5) & !slow()"));
    assert_eq!(ids(&[], &["area(qos)", "area(will)"], &[]), meant("area({qos,will})"));
    assert!(both.len() < ids(&["qos", "will"], &[], &[]).len());
}

/// The control of what is selected runs whatever the filter says of it.
#[test]
fn controls_come_along() {
    let ids = meant("scenario(qos/qos2-duplicate-publish) - control()");
    assert_eq!(ids, meant("scenario(qos/qos2-duplicate-publish)"));
    assert!(ids.iter().any(|id| id.contains(".control@")), "{ids:?}");
}
