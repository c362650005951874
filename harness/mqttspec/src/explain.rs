//! One statement, explained: what it asks, of whom, and what proves it.

use crate::coverage::breach::{Played, of_statement};
use crate::coverage::report::{proofs, word};
use crate::coverage::{Coverage, Covered};
use crate::interpretations::{Page, pages};
use crate::report::text::{Shown, counted};
use mqttspec_codec::Version;
use mqttspec_engine::plan::Case;
use mqttspec_engine::statement::{Catalogue, Level, Statement};
use serde::Serialize;
use std::fmt::{self, Write};

/// The version of the JSON document's form.
pub const SCHEMA: u32 = 1;

/// A statement of one version.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// `3.1.1` or `5.0`.
    pub version: String,
    /// `MQTT-4.3.3-2`.
    pub id: String,
    /// The section that holds it.
    pub section: String,
    /// Whom it binds.
    pub who: &'static str,
    /// What it asks.
    pub level: Level,
    /// What it asks, in our words.
    pub summary: String,
    /// Why it cannot be observed, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unobservable: Option<String>,
    /// Its clauses: who each binds, and what it asks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
    /// Where it can be read in more ways than one: the pages that say which outcomes are lawful.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interpretations: Vec<Page>,
    /// How the Server must answer a Client that breaks it, where it must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breach: Option<Played>,
    /// What proves that a Server obeys it; nothing where it binds the Client alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved: Option<Covered>,
}

/// A clause of a statement, in short.
#[derive(Debug, Serialize)]
pub struct Clause {
    /// `MQTT-4.3.3-10/b`.
    pub id: String,
    /// Whom it binds.
    pub who: &'static str,
    /// What it asks.
    pub level: Level,
    /// What it asks, in our words.
    pub summary: String,
}

/// All that was asked for as one document.
#[derive(Debug, Serialize)]
pub struct Document<'e> {
    schema: u32,
    tool: &'static str,
    corpus: &'e str,
    statements: &'e [Explained],
}

/// The JSON document.
#[must_use]
pub const fn document<'e>(statements: &'e [Explained], corpus: &'e str) -> Document<'e> {
    Document { schema: SCHEMA, tool: env!("CARGO_PKG_VERSION"), corpus, statements }
}

/// The id that is meant by what people write: with the brackets of the standard or without, with `MQTT-` or without,
/// in capitals or not, of a clause or of the whole.
#[must_use]
pub fn normal(written: &str) -> String {
    let bare: String = written.trim().chars().filter(|c| !matches!(c, '[' | ']')).collect();
    let bare = bare.as_str();
    let (id, clause) = bare.split_once('/').map_or((bare, None), |(id, clause)| (id, Some(clause)));
    let id = match id.split_once('-') {
        _ if id.starts_with(|c: char| c.is_ascii_digit()) => format!("MQTT-{id}"),
        Some((prefix, rest)) => format!("{}-{}", prefix.to_uppercase(), rest.to_lowercase()),
        None => id.to_owned(),
    };
    clause.map_or(id.clone(), |clause| format!("{id}/{}", clause.to_lowercase()))
}

/// What there is to know of a statement; nothing if the version has none of that id.
#[must_use]
pub fn explained(version: Version, id: &str, catalogue: &Catalogue, cases: &[Case]) -> Option<Explained> {
    let statement = catalogue.get(version, id)?;
    let coverage = Coverage::new(version, catalogue, cases);
    let all = coverage.statements.into_iter().chain(coverage.prose);
    Some(Explained {
        version: version.to_string(),
        id: statement.id.clone(),
        section: statement.section.clone(),
        who: who(statement),
        level: statement.level,
        summary: statement.summary.clone(),
        unobservable: statement.unobservable.clone(),
        interpretations: pages().into_iter().filter(|page| page.is_about(version, id)).collect(),
        breach: of_statement(version, statement, catalogue, cases),
        clauses: statement.clauses.iter().filter_map(|id| catalogue.get(version, id)).map(clause).collect(),
        proved: all
            .flat_map(|covered| [covered.clauses.clone(), vec![covered]].concat())
            .find(|c| c.id == statement.id),
    })
}

fn clause(clause: &Statement) -> Clause {
    Clause { id: clause.id.clone(), who: who(clause), level: clause.level, summary: clause.summary.clone() }
}

const fn who(statement: &Statement) -> &'static str {
    match (statement.binds_server, statement.binds_client) {
        (true, true) => "Server and Client",
        (true, false) => "Server",
        (false, _) => "Client",
    }
}

/// For people at a terminal.
///
/// # Errors
/// Never: text can always be written.
pub fn text(explained: &[Explained]) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for (at, explained) in explained.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        one(&mut out, explained)?;
    }
    Ok(out)
}

fn one(out: &mut String, explained: &Explained) -> fmt::Result {
    let Explained { id, version, section, who, level, summary, .. } = explained;
    writeln!(out, "{id} of MQTT {version}\n  {}\n", Shown(summary))?;
    writeln!(out, "section   {section}\nwho       {who}\nlevel     {}", word(*level))?;
    if let Some(why) = &explained.unobservable {
        writeln!(out, "observed  never: {}", Shown(why))?;
    } else {
        writeln!(out, "observed  on the wire")?;
    }
    for page in &explained.interpretations {
        writeln!(out, "read      {}: {}", page.path, page.title)?;
    }
    for (at, Clause { id, who, level, summary }) in explained.clauses.iter().enumerate() {
        let name = if at == 0 { "\nclauses\n" } else { "" };
        writeln!(out, "{name}  {id} {} of {who}: {}", word(*level), Shown(summary))?;
    }
    if let Some(breach) = &explained.breach {
        let (answer, basis, cases) = (&breach.answer, breach.basis(), counted(breach.cases.len(), "case"));
        writeln!(out, "\nanswered by the Server when a Client breaks it\n  by {answer} ({basis}), played in {cases}")?;
        breach.cases.first().map_or(Ok(()), |first| writeln!(out, "  {}", Shown(first)))?;
    }
    writeln!(out, "\nproved by")?;
    match &explained.proved {
        None => writeln!(out, "  nothing: it binds the Client alone"),
        Some(covered) => {
            proofs(out, covered)?;
            if covered.duties().iter().any(|duty| !duty.rules.is_empty()) {
                writeln!(out, "\n`mqttspec list -V {version} {id}` lists the cases")?;
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_as_people_write_them() {
        for written in ["MQTT-4.3.3-10", "[MQTT-4.3.3-10]", "4.3.3-10", " mqtt-4.3.3-10", "[4.3.3-10]"] {
            assert_eq!(normal(written), "MQTT-4.3.3-10", "{written}");
        }
        for written in ["MQTT-4.3.3-10/b", "[MQTT-4.3.3-10/b]", "[MQTT-4.3.3-10]/b", "4.3.3-10/B"] {
            assert_eq!(normal(written), "MQTT-4.3.3-10/b", "{written}");
        }
        assert_eq!(normal("prose-3.8.4-Retained"), "PROSE-3.8.4-retained");
    }
}
