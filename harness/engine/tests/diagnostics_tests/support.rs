//! What these tests share.

pub(crate) use crate::judge::rendered;
use mqttspec_engine::scenario::{self, LoadError, Scenario, Source};
use mqttspec_engine::statement::{Catalogue, Texts};
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// A file of the repository.
pub(crate) fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The catalogue, with two statements of kinds that no version has yet.
pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut v5 = read("scenarios/statements/mqtt-5.0.kdl");
    v5.push_str(
        "statement TEST-choice section=\"0\" who=server level=may observe=wire \"A choice\"\n\
         statement TEST-unobservable section=\"0\" who=server level=must observe=none why=\"it happens inside\" \"Hidden\"\n",
    );
    let v311 = read("scenarios/statements/mqtt-3.1.1.kdl");
    let prose = ["3.1.1", "5.0"].map(|version| read(&format!("scenarios/statements/prose-{version}.kdl")));
    Catalogue::load(Texts { numbered: &v311, prose: &prose[0] }, Texts { numbered: &v5, prose: &prose[1] })
        .unwrap_or_else(|error| panic!("{}", rendered(&error)))
});

/// Loads a text.
pub(crate) fn load(path: &str, text: &str) -> Result<Vec<Scenario>, LoadError> {
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    scenario::load(Arc::new(source), "qos", &CATALOGUE)
}

/// Loads a text that is right.
pub(crate) fn loaded(text: &str) -> Vec<Scenario> {
    load("qos/test.kdl", text).unwrap_or_else(|error| panic!("{}", rendered(&error)))
}

/// The example of the language's description.
pub(crate) fn example() -> String {
    let page = read("docs/scenario-language.md");
    let (_, rest) = page.split_once("```kdl\n").expect("an example");
    rest.split_once("```").expect("its end").0.to_owned()
}
