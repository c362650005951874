//! From text to KDL nodes. Where KDL's own parser gives up, the usual slips are named for what they are.

use super::slips;
use crate::scenario::error::{LoadError, Problem};
use crate::scenario::{Source, Span};
use kdl::{KdlDiagnostic, KdlDocument};

/// The parser recurses at every place where it loses the thread: a text that has more of them is not given to it.
const MOST_SLIPS: usize = 20;

/// Parses a file as KDL v2.
pub(crate) fn parse(source: &Source) -> Result<KdlDocument, LoadError> {
    let mut scan = slips::scan(&source.text);
    if let Some(span) = scan.too_deep {
        let problem = Problem::new("blocks or comments in one another without end", span, "too deep");
        return Err(LoadError::new(source, vec![problem]));
    }
    if scan.slips.len() > MOST_SLIPS {
        scan.slips.truncate(MOST_SLIPS);
        return Err(LoadError::new(source, scan.slips));
    }
    let error = match KdlDocument::parse(&source.text) {
        Ok(document) if scan.misread.is_empty() => return Ok(document),
        Ok(_) => return Err(LoadError::new(source, scan.misread)),
        Err(error) => error,
    };
    let mut problems = scan.slips;
    if problems.is_empty() {
        let mut lines = Vec::new();
        for diagnostic in &error.diagnostics {
            let span = clipped(diagnostic, &source.text);
            let (line, _) = source.line_column(span.offset);
            // The parser tells of one slip in several ways.
            if !lines.contains(&line) {
                lines.push(line);
                problems.push(problem(diagnostic, span));
            }
        }
    }
    if problems.is_empty() {
        problems.push(Problem::new("not a KDL document", Span::default(), "cannot be read"));
    }
    Err(LoadError::new(source, problems))
}

fn clipped(diagnostic: &KdlDiagnostic, text: &str) -> Span {
    let start = text.floor_char_boundary(diagnostic.span.offset());
    let end = text.ceil_char_boundary(diagnostic.span.offset() + diagnostic.span.len());
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    Span { offset: start, len: end.min(line_end).saturating_sub(start) }
}

fn problem(diagnostic: &KdlDiagnostic, span: Span) -> Problem {
    let message = diagnostic.message.as_deref().unwrap_or("cannot be read");
    let problem = Problem::new(format!("not KDL: {}", lower_first(message)), span, "KDL cannot read this");
    let help = diagnostic.help.as_deref().filter(|help| !help.contains("partially parsed"));
    problem
        .help(help.unwrap_or("put texts with other characters than letters, digits, `-`, `_`, `.` and `$` in quotes"))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
