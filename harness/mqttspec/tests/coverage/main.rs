//! Every statement that binds a Server and can be observed is proved.

use mqttspec::corpus::Corpus;
use mqttspec::coverage::{Coverage, Way, report};
use mqttspec::explain::{explained, text};
use mqttspec::interpretations::pages;
use mqttspec_codec::seeds::form;
use mqttspec_codec::{Sender, Version};
use mqttspec_engine::plan::Selection;
use mqttspec_engine::watch;

/// What nothing proves yet: a list that may only become shorter.
const UNCOVERED: &str = include_str!("uncovered.txt");

/// Breaches of Clients that no case plays yet: a list that may only become shorter.
const UNPLAYED: [&str; 0] = [];

fn coverages() -> (Corpus, Vec<Coverage>) {
    let corpus = Corpus::built_in().expect("scenarios");
    let cases = corpus.cases();
    let coverages = Version::ALL.map(|version| Coverage::new(version, &corpus.catalogue, &cases));
    (corpus, coverages.into())
}

#[test]
fn nothing_observable_is_uncovered() {
    let (_, coverages) = coverages();
    let uncovered = report::uncovered(&coverages);
    let lines: Vec<String> = uncovered.iter().map(|(version, id)| format!("{version} {id}")).collect();
    let known: Vec<&str> = UNCOVERED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let new: Vec<&String> = lines.iter().filter(|line| !known.contains(&line.as_str())).collect();
    assert!(new.is_empty(), "nothing proves these, write a scenario: {new:#?}\nuncovered:\n{}", lines.join("\n"));
}

/// The numbers that the standard has, and how many of them a test can speak to.
#[test]
fn the_catalogue_is_whole() {
    let (corpus, coverages) = coverages();
    for (coverage, all, server, observable) in [(&coverages[0], 141, 108, 104), (&coverages[1], 251, 206, 205)] {
        let version = coverage.version;
        let numbered = corpus.catalogue.statements(version).values();
        let numbered = numbered.filter(|statement| !statement.prose && !statement.is_clause());
        assert_eq!(numbered.count(), all, "{version}");
        assert_eq!(coverage.statements.len(), server, "{version}");
        assert_eq!(server - coverage.by(Way::Unobservable).count(), observable, "{version}");
    }
}

/// A page on what is disputed names statements that there are, in a list and in `explain`.
#[test]
fn interpretations_are_of_statements() {
    let (corpus, _) = coverages();
    let list = include_str!("../../../../docs/interpretations/README.md");
    let pages = pages();
    assert!(pages.len() >= 15, "{}", pages.len());
    for page in pages {
        let name = page.path.rsplit('/').next().expect("a name");
        assert!(list.contains(&format!("[{}]({name})", page.title)), "{name} is not in the list");
        assert!(!page.statements.is_empty() && !page.title.is_empty(), "{name}");
        for &(version, id) in &page.statements {
            let told = explained(version, id, &corpus.catalogue, &[]);
            let told = told.unwrap_or_else(|| panic!("{name}: {version} has no {id}"));
            assert!(text(&[told]).expect("text").contains(&page.path), "{id} of {version} does not lead to {name}");
        }
    }
}

/// What Clients do wrong is played by cases that have a control, each selector by one at least; the answer is a duty.
#[test]
fn breaches_of_clients_are_played() {
    let (corpus, coverages) = coverages();
    let cases = corpus.cases();
    let mut unplayed = Vec::new();
    for coverage in &coverages {
        let version = coverage.version;
        for breach in &coverage.breaches {
            let answer = corpus.catalogue.get(version, &breach.answer).unwrap_or_else(|| panic!("{breach:?}"));
            assert!(answer.binds_server && answer.clauses.is_empty(), "{version} {breach:?}");
            let statement = corpus.catalogue.get(version, &breach.id).expect("a statement");
            assert!(statement.binds_client, "{version} {}", breach.id);
            for selector in statement.breach.iter().flat_map(|breach| &breach.played) {
                let meant = Selection::new(std::slice::from_ref(selector)).select(cases.clone(), &corpus.catalogue);
                let meant = meant.unwrap_or_else(|error| panic!("{version} {}: {error}", breach.id));
                let lost = meant.iter().all(|case| case.version != version);
                assert!(!lost, "{version} {}: {selector} has no case of that version", breach.id);
            }
            let without = breach.cases.iter().filter(|id| cases.iter().any(|c| c.id == **id && c.control.is_none()));
            assert_eq!(without.count(), 0, "{version} {}: a case without a control", breach.id);
            if breach.cases.is_empty() {
                unplayed.push(format!("{version} {}", breach.id));
            }
        }
    }
    assert_eq!(unplayed, UNPLAYED);
}

/// An id of our own cannot be taken for one of the standard's, and is proved by a rule.
#[test]
fn prose_has_ids_of_its_own() {
    let (corpus, coverages) = coverages();
    for version in Version::ALL {
        for statement in corpus.catalogue.statements(version).values() {
            let prefix = if statement.prose { "PROSE-" } else { "MQTT-" };
            assert!(statement.id.starts_with(prefix), "{}", statement.id);
        }
    }
    for covered in coverages.iter().flat_map(|coverage| &coverage.prose) {
        assert_eq!(covered.way, Way::Rule, "{}", covered.id);
    }
}

/// What is watched is in the catalogue, binds the Server and can be observed.
#[test]
fn what_is_watched_is_a_statement() {
    let (corpus, _) = coverages();
    for watch in watch::ALL {
        let named = Version::ALL.into_iter().filter_map(|version| Some((version, watch.statement(version)?)));
        assert!(named.clone().count() > 0, "{}", watch.text);
        for (version, id) in named {
            let statement = corpus.catalogue.get(version, id).unwrap_or_else(|| panic!("{version} has no {id}"));
            let lawful = statement.binds_server && statement.unobservable.is_none() && statement.clauses.is_empty();
            assert!(lawful, "{}: {id} of {version}", watch.text);
        }
    }
}

/// What the codec says of a packet of the Server is a duty: where the statement has clauses, one is about the form.
#[test]
fn what_the_codec_names_is_a_duty() {
    let (corpus, _) = coverages();
    for version in Version::ALL {
        for row in form(version).into_iter().filter(|row| row.sender == Sender::Server) {
            let Some(id) = row.told() else { continue };
            let duty = corpus.catalogue.by_form(version, id);
            let statement = corpus.catalogue.get(version, duty).unwrap_or_else(|| panic!("{version} has no {duty}"));
            assert!(statement.clauses.is_empty(), "{version} {id}: no clause has `form=#true`");
        }
    }
}

/// A statement is proved as its clauses are, and its clauses are counted beside it.
#[test]
fn clauses_are_counted() {
    let (_, coverages) = coverages();
    for coverage in &coverages {
        let split = coverage.statements.iter().filter(|covered| !covered.clauses.is_empty());
        let more: usize = split.clone().map(|covered| covered.clauses.len() - 1).sum();
        assert!(more > 0, "{}", coverage.version);
        assert_eq!(coverage.duties().count(), coverage.statements.len() + more);
        for covered in split {
            assert!(covered.rules.is_empty() && covered.saboteurs.is_empty(), "{} is named as a whole", covered.id);
            let uncovered = covered.clauses.iter().any(|clause| clause.way == Way::Uncovered);
            assert_eq!(covered.way == Way::Uncovered, uncovered, "{}", covered.id);
        }
    }
}
