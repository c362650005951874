//! `mqttspec explain`.

use super::args::ExplainArgs;
use super::failure::Failure;
use super::{code, corpus, output, suggest};
use crate::explain::{document, explained, normal, text};
use mqttspec_codec::Version;
use mqttspec_engine::statement::Catalogue;

pub(super) fn explain(args: &ExplainArgs) -> Result<u8, Failure> {
    let corpus = corpus(args.scenarios.as_deref())?;
    let cases = corpus.cases();
    let id = normal(&args.id);
    let versions = Version::ALL.into_iter().filter(|v| args.versions.is_empty() || args.versions.contains(v));
    let found: Vec<_> = versions.filter_map(|version| explained(version, &id, &corpus.catalogue, &cases)).collect();
    if found.is_empty() {
        return Err(unknown(&args.id, &id, &args.versions, &corpus.catalogue));
    }
    let internal = |error: &dyn std::fmt::Display| Failure::new(code::INTERNAL, error.to_string(), None);
    output::print(&if args.json {
        serde_json::to_string_pretty(&document(&found, &corpus.hash)).map_err(|error| internal(&error))? + "\n"
    } else {
        text(&found).map_err(|error| internal(&error))?
    })
}

fn unknown(written: &str, id: &str, asked: &[Version], catalogue: &Catalogue) -> Failure {
    let other = Version::ALL.into_iter().find(|&version| catalogue.get(version, id).is_some());
    if let Some(other) = other {
        let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
        let message = format!("MQTT {} has no statement `{written}`", asked.join(" and "));
        return Failure::usage(message, format!("MQTT {other} has: leave -V out"));
    }
    let known = Version::ALL.into_iter().flat_map(|version| catalogue.statements(version).keys().map(String::as_str));
    let near = suggest::nearest(id, known);
    Failure::usage(
        format!("no statement is called `{written}`"),
        suggest::did_you_mean(&near, "`mqttspec coverage -v` lists those that bind a Server"),
    )
}
