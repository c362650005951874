//! `mqttspec diff` and `mqttspec matrix`: what reads several runs.

use super::args::{DiffArgs, MatrixArgs};
use super::failure::Failure;
use super::{code, output, reports};
use crate::baseline::Known;
use crate::corpus::Corpus;
use crate::report::Run;
use crate::report::diff::Diff;
use crate::report::matrix::Matrix;
use crate::report::stored::{self, StoredError};
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

/// The run that a file tells of: events or one document.
fn read(path: &Path) -> Result<Run, Failure> {
    let name = path.display().to_string();
    let unreadable = |source| StoredError::Unreadable { name: name.clone(), source };
    let file = File::open(path).map_err(unreadable)?;
    let stored = stored::read_any(&name, BufReader::new(file))?;
    if !stored.is_finished() {
        output::error(&format!("mqttspec: {name} ends before its run does: what is there is compared\n"));
    }
    Ok(Run::of(&stored.events))
}

/// Writes a report that was asked for to its file.
fn write(path: Option<&Path>, write: impl FnOnce(File) -> io::Result<()>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let file = reports::create(path)?;
    write(file).map_err(|error| {
        let help = "make room or name another file, then give the command again".to_owned();
        Failure::new(code::INTERNAL, format!("{} cannot be written: {error}", path.display()), Some(help))
    })
}

pub(super) fn diff(args: &DiffArgs) -> Result<u8, Failure> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let known = Known { cases: Vec::new(), renamed: Corpus::built_in()?.renamed() };
    let diff = Diff::new(&old, &new, |id| known.renamed(id));
    let mut text = Vec::new();
    diff.write_text(&mut text).map_err(|error| Failure::new(code::INTERNAL, error.to_string(), None))?;
    output::print(&String::from_utf8_lossy(&text))?;
    write(args.markdown.as_deref(), |file| diff.write_markdown(file))?;
    write(args.json.as_deref(), |file| diff.write_json(file))?;
    Ok(u8::from(diff.is_worse()))
}

pub(super) fn matrix(args: &MatrixArgs) -> Result<u8, Failure> {
    let named = |path: &std::path::PathBuf| Ok((path.display().to_string(), read(path)?));
    let runs: Vec<(String, Run)> = args.runs.iter().map(named).collect::<Result<_, Failure>>()?;
    let matrix = Matrix::new(&runs);
    write(args.html.as_deref(), |file| matrix.write_html(file))?;
    write(args.markdown.as_deref(), |file| matrix.write_markdown(file))?;
    if args.html.is_none() && args.markdown.is_none() {
        let mut text = Vec::new();
        matrix.write_markdown(&mut text).map_err(|error| Failure::new(code::INTERNAL, error.to_string(), None))?;
        output::print(&String::from_utf8_lossy(&text))?;
    }
    Ok(0)
}
