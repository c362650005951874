//! The catalogue's files are read whole, and what is wrong in them is told.

use crate::support::{read, rendered};
use mqttspec_codec::Version;
use mqttspec_engine::statement::{Catalogue, Level};

#[test]
fn both_catalogues_are_read_whole() {
    let (v311, v5) = (read("scenarios/statements/mqtt-3.1.1.kdl"), read("scenarios/statements/mqtt-5.0.kdl"));
    let catalogue = Catalogue::load(&v311, &v5).unwrap_or_else(|error| panic!("{}", rendered(&error)));
    assert_eq!(Version::ALL.map(|version| catalogue.statements(version).len()), [141, 251]);
    let keep_alive = catalogue.get(Version::V311, "MQTT-3.1.2-24").expect("a statement of 3.1.1");
    assert_eq!((keep_alive.section.as_str(), keep_alive.level), ("3.1.2.10", Level::Must));
    assert!(keep_alive.binds_server && !keep_alive.binds_client && keep_alive.unobservable.is_none());
    let hidden = catalogue.statements(Version::V5).values().filter(|statement| statement.unobservable.is_some());
    assert_eq!(hidden.count(), 1);
}

#[track_caller]
fn refused(statement: &str, message: &str) {
    let error = Catalogue::load("", statement).expect_err("a broken catalogue");
    let messages: Vec<&str> = error.problems().iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, [message], "{statement}");
}

#[test]
fn a_broken_statement_is_told() {
    let whole = "statement A section=\"1\" who=server level=must observe=wire \"What it asks\"";
    refused(&format!("{whole}\n{whole}"), "a second statement `A`");
    refused(&whole.replace("section", "sektion"), "a statement without `section=`");
    refused(&whole.replace("server", "servr"), "unknown value `servr`");
    refused(&whole.replace("level=must", "level=shall"), "unknown value `shall`");
    refused(&whole.replace("wire", "none"), "an unobservable statement that does not say why");
    refused(&whole.replace(" \"What it asks\"", ""), "a statement without a summary");
    refused(&whole.replace("statement", "sentence"), "unknown node `sentence`");
    refused(&whole.replace("server", "true"), "`true` without `#`");
}
