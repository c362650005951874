//! `mqttspec coverage`.

use super::args::{CoverageArgs, CoverageFormat};
use super::failure::Failure;
use super::{code, corpus, output};
use crate::coverage::{Coverage, report};
use mqttspec_codec::Version;

pub(super) fn coverage(args: &CoverageArgs) -> Result<u8, Failure> {
    let corpus = corpus(args.scenarios.as_deref())?;
    let cases = corpus.cases();
    let versions = Version::ALL.into_iter().filter(|v| args.versions.is_empty() || args.versions.contains(v));
    let coverages: Vec<Coverage> = versions.map(|v| Coverage::new(v, &corpus.catalogue, &cases)).collect();
    let internal = |error: &dyn std::fmt::Display| Failure::new(code::INTERNAL, error.to_string(), None);
    let text = match args.format {
        CoverageFormat::Text => report::text(&coverages, args.verbose).map_err(|error| internal(&error))?,
        CoverageFormat::Markdown => report::markdown(&coverages).map_err(|error| internal(&error))?,
        CoverageFormat::Json => {
            let document = report::document(&coverages, &corpus.hash);
            serde_json::to_string_pretty(&document).map_err(|error| internal(&error))? + "\n"
        }
    };
    output::print(&text)
}
