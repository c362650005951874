//! The catalogue's files are read whole, and what is wrong in them is told.

use crate::support::CATALOGUE;
use mqttspec_codec::Version;
use mqttspec_engine::scenario::LoadError;
use mqttspec_engine::statement::{Catalogue, Level, Texts};

#[test]
fn both_catalogues_are_read_whole() {
    let keep_alive = CATALOGUE.get(Version::V311, "MQTT-3.1.2-24").expect("a statement of 3.1.1");
    assert_eq!((keep_alive.section.as_str(), keep_alive.level), ("3.1.2.10", Level::Must));
    assert!(keep_alive.binds_server && !keep_alive.binds_client && keep_alive.unobservable.is_none());
}

fn read(statement: &str) -> Result<Catalogue, LoadError> {
    let none = Texts { numbered: "", prose: "" };
    Catalogue::load(none, Texts { numbered: statement, prose: "" })
}

const WITH_CLAUSES: &str = "statement A-1 section=\"1\" who=both level=must observe=wire \"What it asks\" {
  clause a form=#true \"Of both\"
  clause b who=server level=should \"Of the Server\"
  clause c observe=none why=\"it is thought\" \"Hidden\"
}";

#[test]
fn clauses_are_as_their_statement_but_for_what_they_say() {
    let catalogue = read(WITH_CLAUSES).expect("a catalogue");
    let v5 = Version::V5;
    let whole = catalogue.get(v5, "A-1").expect("the statement");
    assert_eq!(whole.clauses, ["A-1/a", "A-1/b", "A-1/c"]);
    assert!(!whole.is_clause());
    let of = |id: &str| {
        let clause = catalogue.get(v5, id).expect(id);
        assert!(clause.is_clause() && clause.clauses.is_empty() && clause.section == "1", "{clause:?}");
        (clause.binds_client, clause.level, clause.unobservable.as_deref(), clause.summary.as_str())
    };
    assert_eq!(of("A-1/a"), (true, Level::Must, None, "Of both"));
    assert_eq!(of("A-1/b"), (false, Level::Should, None, "Of the Server"));
    assert_eq!(of("A-1/c"), (true, Level::Must, Some("it is thought"), "Hidden"));
    assert_eq!(["A-1", "A-2"].map(|id| catalogue.by_form(v5, id)), ["A-1/a", "A-2"]);
}

#[test]
fn what_a_server_must_answer_is_read() {
    let text = "statement A section=\"1\" who=client level=must observe=wire \"What it asks\" {\n  breach B basis=derived played=\"x/y x/z@v5*\"\n}";
    let catalogue = read(text).expect("a catalogue");
    let breach = catalogue.get(Version::V5, "A").and_then(|statement| statement.breach.clone()).expect("a breach");
    assert_eq!((breach.answer.as_str(), breach.stated), ("B", false));
    assert_eq!(breach.played, ["x/y", "x/z@v5*"]);
    refused(&text.replace("derived", "guessed"), "unknown value `guessed`");
    refused(&text.replace("breach B", "breach"), "a breach without an answer or `basis=`");
    refused(&text.replace("played", "player"), "unknown property `player` of a breach");
    refused(&text.replace("\n}", "\n  breach B basis=derived\n}"), "a second `breach`");
}

#[test]
fn broken_clauses_are_told() {
    for (from, to, message) in [
        ("clause b", "clause a", "a second statement `A-1/a`"),
        ("clause b", "clause bb", "`bb` cannot name a clause"),
        ("clause b", "clausse b", "unknown node `clausse`"),
        ("clause b", "clause", "a clause without a letter or a summary"),
        ("level=should", "level=shall", "unknown value `shall`"),
        ("#true", "yes", "`form` is a boolean"),
        (" why=\"it is thought\"", "", "an unobservable statement that does not say why"),
    ] {
        refused(&WITH_CLAUSES.replace(from, to), message);
    }
    let alone = "statement A section=\"1\" who=server level=must observe=wire \"What it asks\" {\n  clause a \"It\"\n}";
    refused(alone, "a statement with fewer than two clauses");
}

#[track_caller]
fn refused(statement: &str, message: &str) {
    let error = read(statement).expect_err("a broken catalogue");
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
