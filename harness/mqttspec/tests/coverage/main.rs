//! Every statement that binds a Server and can be observed is proved.

use mqttspec::corpus::Corpus;
use mqttspec::coverage::{Coverage, Way, report};
use mqttspec_codec::Version;
use mqttspec_engine::watch;

/// What nothing proves yet: a list that may only become shorter.
const UNCOVERED: &str = include_str!("uncovered.txt");

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
        assert_eq!(corpus.catalogue.statements(version).len(), all, "{version}");
        assert_eq!(coverage.statements.len(), server, "{version}");
        assert_eq!(server - coverage.by(Way::Unobservable).count(), observable, "{version}");
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
            assert!(statement.binds_server && statement.unobservable.is_none(), "{}: {id} of {version}", watch.text);
        }
    }
}
