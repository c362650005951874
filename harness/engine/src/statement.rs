//! The catalogue of normative statements: the numbered ones, their clauses, and what the text asks without a number.

mod load;

pub use load::Texts;

use mqttspec_codec::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much a statement asks. Ordered: what asks more is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A choice that is only recorded.
    Info,
    /// SHOULD.
    Should,
    /// MUST.
    Must,
}

/// What a breach of a Client's statement asks of the Server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The statement by which the Server must answer.
    pub answer: String,
    /// Whether the text says so of this very breach; if not, it follows from a general rule.
    pub stated: bool,
    /// The cases that play it, as selectors; none if no case does.
    pub played: Vec<String>,
}

/// A normative statement of a version, or a clause of one: a duty that can be kept or broken by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `MQTT-3.1.2-24`, its clause `MQTT-4.3.3-10/b`, or `PROSE-...` for what the text asks without a number. Ids of
    /// the two versions overlap and mean different things.
    pub id: String,
    /// Whether the standard gives it no number; the id is then this project's own.
    pub prose: bool,
    /// The ids of its clauses, in their order. A statement that has some is named by clause only.
    pub clauses: Vec<String>,
    /// How the Server must answer a Client that breaks it, where it must.
    pub breach: Option<Breach>,
    /// Whether this is the clause that a packet breaks whose form is wrong: the codec knows whole statements.
    pub form: bool,
    /// The section that holds it.
    pub section: String,
    /// What it asks.
    pub level: Level,
    /// Whether the Server must obey it.
    pub binds_server: bool,
    /// Whether the Client must obey it.
    pub binds_client: bool,
    /// Why it cannot be observed on the wire, if it cannot.
    pub unobservable: Option<String>,
    /// What it asks, in our words.
    pub summary: String,
}

impl Statement {
    /// What a statement is made from when it is read.
    const fn nothing() -> Self {
        Self {
            id: String::new(),
            prose: false,
            clauses: Vec::new(),
            breach: None,
            form: false,
            section: String::new(),
            level: Level::Info,
            binds_server: false,
            binds_client: false,
            unobservable: None,
            summary: String::new(),
        }
    }

    /// Whether it is a clause of a statement.
    #[must_use]
    pub fn is_clause(&self) -> bool {
        whole(&self.id) != self.id
    }
}

/// The id of the statement that this is a clause of; of all others the id itself.
#[must_use]
pub fn whole(id: &str) -> &str {
    id.split_once('/').map_or(id, |(statement, _)| statement)
}

/// The statements of both versions.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    v311: BTreeMap<String, Statement>,
    v5: BTreeMap<String, Statement>,
}

impl Catalogue {
    /// A statement of a version.
    #[must_use]
    pub fn get(&self, version: Version, id: &str) -> Option<&Statement> {
        self.statements(version).get(id)
    }

    /// What a packet breaks that breaks this statement by its form: the clause that says so, or the statement itself.
    #[must_use]
    pub fn by_form<'i>(&'i self, version: Version, id: &'i str) -> &'i str {
        let clauses = self.get(version, id).map_or(&[][..], |statement| &statement.clauses);
        let form = |clause: &&String| self.get(version, clause).is_some_and(|clause| clause.form);
        clauses.iter().find(form).map_or(id, String::as_str)
    }

    /// The statements of a version, and the clauses of those that have some, by id.
    #[must_use]
    pub const fn statements(&self, version: Version) -> &BTreeMap<String, Statement> {
        match version {
            Version::V311 => &self.v311,
            Version::V5 => &self.v5,
        }
    }
}
