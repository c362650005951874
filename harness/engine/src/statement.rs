//! The catalogue of normative statements.

mod load;

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

/// A numbered statement of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `MQTT-3.1.2-24`. Ids of the two versions overlap and mean different things.
    pub id: String,
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

    /// The statements of a version by id.
    #[must_use]
    pub const fn statements(&self, version: Version) -> &BTreeMap<String, Statement> {
        match version {
            Version::V311 => &self.v311,
            Version::V5 => &self.v5,
        }
    }
}
