//! `mqttspec list`.

use super::args::ListArgs;
use super::failure::Failure;
use super::{code, corpus, expected, output, plan};
use crate::report::text::Shown;
use std::fmt::Write;
use std::io::IsTerminal;

pub(super) fn list(args: &ListArgs) -> Result<u8, Failure> {
    let corpus = corpus(args.scenarios.as_deref())?;
    let selectors = expected::renamed(&args.selectors, &corpus);
    let cases = plan::select(&corpus, &selectors, &args.filters, &args.versions)?;
    let rows: Vec<(String, &str)> =
        cases.iter().map(|case| (Shown(&case.id).to_string(), case.scenario.title.as_str())).collect();
    let aligned = std::io::stdout().is_terminal();
    let width = rows.iter().map(|(id, _)| id.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (id, title) in &rows {
        let title = Shown(title);
        let _ = if aligned { writeln!(text, "{id:width$}  {title}") } else { writeln!(text, "{id}\t{title}") };
    }
    output::print(&text)?;
    Ok(if rows.is_empty() { code::NOTHING } else { 0 })
}
