//! Every statement that binds a Server is cited at the code that obeys it, or stands below with the reason why no
//! code of the broker could. What a citation looks like: see the crate documentation.

#![expect(clippy::disallowed_methods, reason = "the test reads the sources; the broker reads no files")]

use kdl::KdlDocument;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const V311: &str = "v3.1.1";
const V5: &str = "v5";

/// Statements that bind a Server and that no code of the broker obeys: why, and which.
const EXCEPTIONS: &[(&str, &str, &[&str])] = &[
    (
        "the encoder: an Application Message carries no such field unless the packet has it, and reserved bits, \
         empty Property Lengths and the order of the fields are not the caller's to choose",
        V311,
        &["MQTT-2.2.2-1", "MQTT-3.3.2-1"],
    ),
    ("the encoder, as above", V5, &["MQTT-2.2.2-1", "MQTT-3.2.2-1", "MQTT-3.3.2-1"]),
    (
        "the codec: strings are slices of the packet, byte for byte, and what is not UTF-8 is Rule::Utf8",
        V311,
        &["MQTT-1.5.3-3"],
    ),
    ("the codec, as above", V5, &["MQTT-1.5.4-3", "MQTT-3.3.2-13", "MQTT-3.3.2-19"]),
    (
        "the codec: Rule::TopicNameWildcard, Rule::TopicNameEmpty and Rule::TopicFilterEmpty; the broker sends no topic \
         that it was not sent",
        V311,
        &["MQTT-3.3.2-2", "MQTT-4.7.1-1", "MQTT-4.7.3-1"],
    ),
    ("the codec: Rule::NullCharacter, and the two bytes of a string's length", V311, &["MQTT-4.7.3-2", "MQTT-4.7.3-3"]),
    ("the codec, as above", V5, &["MQTT-4.7.3-2", "MQTT-4.7.3-3"]),
    ("the transport, which the caller owns", V311, &["MQTT-6.0.0-1", "MQTT-6.0.0-2", "MQTT-6.0.0-4", "MQTT-7.1.1-1"]),
    ("the transport, as above", V5, &["MQTT-4.2.0-1", "MQTT-6.0.0-1", "MQTT-6.0.0-2", "MQTT-6.0.0-4"]),
    ("the broker opens no connection to another Server", V311, &["MQTT-7.0.0-1"]),
    ("about the whole: there are no extensions that a Client would have to know", V311, &["MQTT-7.0.0-2"]),
];

/// Version and id.
type Id = (String, String);

fn id(version: &str, id: &str) -> Id {
    (version.to_owned(), id.to_owned())
}

/// Each statement of the catalogue, and whether it binds a Server.
fn catalogue() -> BTreeMap<Id, bool> {
    let mut statements = BTreeMap::new();
    for (version, file) in [(V311, "mqtt-3.1.1.kdl"), (V5, "mqtt-5.0.kdl")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/statements").join(file);
        let text = std::fs::read_to_string(path).expect("the catalogue");
        let document: KdlDocument = text.parse().expect("KDL");
        for node in document.nodes() {
            let word = |value: Option<&kdl::KdlValue>| value.and_then(|value| value.as_string()).map(str::to_owned);
            let (name, who) = (word(node.get(0)).expect("an id"), word(node.get("who")).expect("who"));
            statements.insert((version.to_owned(), name), who != "client");
        }
    }
    statements
}

/// The citations in the sources, each with the files that have it.
fn citations() -> BTreeMap<Id, BTreeSet<String>> {
    fn read(folder: &Path, citations: &mut BTreeMap<Id, BTreeSet<String>>) {
        for entry in std::fs::read_dir(folder).expect("the sources") {
            let path = entry.expect("an entry").path();
            // A saboteur names what it breaks, not what it obeys.
            if path.ends_with("saboteur") {
                continue;
            }
            if path.is_dir() {
                read(&path, citations);
                continue;
            }
            let file = path.file_name().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a source");
            // The crate documentation shows what a citation looks like.
            let text: String = text.lines().filter(|line| !line.starts_with("//!")).collect();
            for version in [V311, V5] {
                let opening = format!("[{version}:");
                for (at, _) in text.match_indices(&opening) {
                    let cited = text[at + opening.len()..].split(']').next().expect("a citation");
                    citations.entry(id(version, cited)).or_default().insert(file.clone());
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

fn exceptions() -> Vec<Id> {
    EXCEPTIONS.iter().flat_map(|(_, version, ids)| ids.iter().map(|name| id(version, name))).collect()
}

#[test]
fn the_catalogue_is_whole() {
    let catalogue = catalogue();
    let of_server = |version| catalogue.iter().filter(|((of, _), server)| of == version && **server).count();
    assert_eq!((of_server(V311), of_server(V5)), (108, 206));
}

#[test]
fn each_statement_of_a_server_is_cited_or_excepted() {
    let (citations, exceptions) = (citations(), exceptions());
    let neither: Vec<_> = catalogue()
        .into_iter()
        .filter(|(id, server)| *server && !citations.contains_key(id) && !exceptions.contains(id))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(neither, Vec::<Id>::new());
}

#[test]
fn what_is_cited_exists() {
    let catalogue = catalogue();
    let unknown: Vec<_> = citations().into_iter().filter(|(id, _)| !catalogue.contains_key(id)).collect();
    assert_eq!(unknown, []);
}

#[test]
fn an_exception_is_one() {
    let (catalogue, citations, exceptions) = (catalogue(), citations(), exceptions());
    let wrong: Vec<_> =
        exceptions.iter().filter(|id| catalogue.get(*id) != Some(&true) || citations.contains_key(*id)).collect();
    assert_eq!(wrong, Vec::<&Id>::new(), "not of a Server, or cited all the same");
    assert_eq!(exceptions.iter().collect::<BTreeSet<_>>().len(), exceptions.len(), "named twice");
}
