//! What Clients may do wrong and a Server must answer, and which cases play it.

use mqttspec_codec::Version;
use mqttspec_engine::plan::{Case, Selection};
use mqttspec_engine::statement::{Catalogue, Statement};
use serde::Serialize;

/// A statement that Clients break in cases, and the answer that the Server owes.
#[derive(Clone, Debug, Serialize)]
pub struct Played {
    /// The Client's statement.
    pub id: String,
    /// What it asks of the Client, in our words.
    pub summary: String,
    /// The statement by which the Server must answer.
    pub answer: String,
    /// Whether the text says so of this very breach; if not, it follows from a general rule.
    pub stated: bool,
    /// The cases in which a Client breaks it.
    pub cases: Vec<String>,
}

impl Played {
    /// Whether the text says so, in a word.
    #[must_use]
    pub const fn basis(&self) -> &'static str {
        if self.stated { "stated" } else { "derived" }
    }
}

/// Every breach of a version that a Server must answer, by id.
#[must_use]
pub fn played(version: Version, catalogue: &Catalogue, cases: &[Case]) -> Vec<Played> {
    catalogue
        .statements(version)
        .values()
        .filter_map(|statement| of_statement(version, statement, catalogue, cases))
        .collect()
}

/// How a breach of this statement is played, if a Server must answer it.
#[must_use]
pub fn of_statement(version: Version, statement: &Statement, catalogue: &Catalogue, cases: &[Case]) -> Option<Played> {
    let breach = statement.breach.as_ref()?;
    let of_version = |case: &&Case| case.version == version && !case.is_control;
    let could: Vec<Case> = cases.iter().filter(of_version).cloned().collect();
    // A corpus of the user's own has none of them.
    let select = |selector: &String| Selection::new(std::slice::from_ref(selector)).select(could.clone(), catalogue);
    let selected = breach.played.iter().filter_map(|selector| select(selector).ok()).flatten();
    Some(Played {
        id: statement.id.clone(),
        summary: statement.summary.clone(),
        answer: breach.answer.clone(),
        stated: breach.stated,
        cases: selected.map(|case| case.id).collect(),
    })
}
