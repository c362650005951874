//! The event stream of a run, read back from what [`super::events`] wrote.

mod document;

use miette::Diagnostic;
use mqttspec_engine::event::{Event, SCHEMA};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use thiserror::Error;

/// The events of a stored run.
#[derive(Debug)]
pub struct Stored {
    /// Every event, in its order.
    pub events: Vec<Event>,
    /// The number of the last line, if that was cut short and is left out.
    pub cut: Option<usize>,
}

impl Stored {
    /// Whether the run came to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.events.last(), Some(Event::RunFinished { .. }))
    }
}

/// Why a file cannot be read as a run.
#[derive(Debug, Error, Diagnostic)]
pub enum StoredError {
    /// It cannot be read.
    #[error("{name} cannot be read: {source}")]
    #[diagnostic(help("name a file that `mqttspec run --events FILE` wrote and that you may read"))]
    Unreadable {
        /// The file.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// It does not begin as a run does.
    #[error("{name} does not begin with the start of a run: {what}")]
    #[diagnostic(help("name a file that `mqttspec run --events FILE` wrote"))]
    NoRun {
        /// The file.
        name: String,
        /// What is there instead.
        what: String,
    },
    /// It has another form.
    #[error("{name} has form {schema} of the event stream; this mqttspec reads form {SCHEMA}")]
    #[diagnostic(help("use the mqttspec that wrote it (`tool` in its first line is the version)"))]
    OtherForm {
        /// The file.
        name: String,
        /// The form that it says it has.
        schema: u64,
    },
    /// It is neither events nor a whole document.
    #[error("{name} is no run: {what}")]
    #[diagnostic(help("name a file that `mqttspec run --events FILE` or `--json FILE` wrote"))]
    NoDocument {
        /// The file.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A line in its midst is no event.
    #[error("line {line} of {name} is no event: {what}")]
    #[diagnostic(help("the file was changed or damaged; the lines before are whole: `head -n {} FILE` makes a file of them", line - 1))]
    Damaged {
        /// The file.
        name: String,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// Reads a stored run. A last line without its end is what is left of a run that was killed: it is left out if it is
/// not whole.
///
/// # Errors
/// The file cannot be read, holds something else, or is damaged.
pub fn read(name: &str, mut from: impl BufRead) -> Result<Stored, StoredError> {
    let mut stored = Stored { events: Vec::new(), cut: None };
    let (mut bytes, mut line) = (Vec::new(), 0);
    loop {
        bytes.clear();
        let unreadable = |source| StoredError::Unreadable { name: name.to_owned(), source };
        if from.read_until(b'\n', &mut bytes).map_err(unreadable)? == 0 {
            break;
        }
        line += 1;
        if stored.events.is_empty() {
            head(name, &bytes)?;
        }
        let damaged = |what: String| StoredError::Damaged { name: name.to_owned(), line, what };
        match serde_json::from_slice(&bytes) {
            Ok(Event::RunStarted { .. }) if line > 1 => return Err(damaged("a second run begins here".to_owned())),
            Ok(_) if stored.is_finished() => return Err(damaged("the run is over before it".to_owned())),
            Ok(event) => stored.events.push(event),
            Err(_) if !bytes.ends_with(b"\n") => stored.cut = Some(line),
            Err(error) => return Err(damaged(error.to_string())),
        }
    }
    if stored.events.is_empty() {
        return Err(StoredError::NoRun { name: name.to_owned(), what: "it is empty".to_owned() });
    }
    Ok(stored)
}

/// The stored run of a file; `-` is the standard input stream.
///
/// # Errors
/// As [`read`].
pub fn read_file(path: &Path) -> Result<Stored, StoredError> {
    let name = path.display().to_string();
    if name == "-" {
        return read("the standard input stream", io::stdin().lock());
    }
    let unreadable = |source| StoredError::Unreadable { name: name.clone(), source };
    File::open(path).map_err(unreadable).and_then(|file| read(&name, BufReader::new(file)))
}

/// Reads a stored run, or the one JSON document of a run, of which no transcripts are read.
///
/// # Errors
/// The file cannot be read, holds something else, or is damaged.
pub fn read_any(name: &str, mut from: impl BufRead) -> Result<Stored, StoredError> {
    let unreadable = |source| StoredError::Unreadable { name: name.to_owned(), source };
    let begin = from.fill_buf().map_err(unreadable)?;
    if begin.is_empty() || begin.starts_with(b"{\"event\"") {
        return read(name, from);
    }
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(unreadable)?;
    let events = document::events(&bytes).map_err(|what| StoredError::NoDocument { name: name.to_owned(), what })?;
    Ok(Stored { events, cut: None })
}

/// The first line has to be the start of a run, in the form that is known here.
fn head(name: &str, line: &[u8]) -> Result<(), StoredError> {
    let no_run = |what: &str| StoredError::NoRun { name: name.to_owned(), what: what.to_owned() };
    let value: serde_json::Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(_) if !line.ends_with(b"\n") => return Err(no_run("its only line is cut short")),
        Err(_) => return Err(no_run("its first line is no JSON object")),
    };
    if value["event"] != "run-started" {
        return Err(no_run("its first line is something else"));
    }
    match value["schema"].as_u64() {
        Some(schema) if schema == u64::from(SCHEMA) => Ok(()),
        schema => Err(StoredError::OtherForm { name: name.to_owned(), schema: schema.unwrap_or_default() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = r#"{"event":"run-started","schema":2,"tool":"0","corpus":"c","target":"t","seed":1,"environment":{},"planned":[]}"#;
    const LOG: &str = r#"{"event":"log","at_us":1,"line":"x"}"#;
    const END: &str = r#"{"event":"run-finished","exit_code":0,"reason":"","duration_us":1}"#;

    #[test]
    fn what_is_cut_is_left_out() {
        let whole = format!("{START}\n{LOG}\n{END}\n");
        for len in START.len() + 1..=whole.len() {
            let stored = read("f", &whole.as_bytes()[..len]).expect("a run");
            let lines = whole[..len].lines().count();
            let left = stored.events.len() + usize::from(stored.cut.is_some());
            assert_eq!((left, stored.is_finished()), (lines, len >= whole.len() - 1), "{len}");
        }
    }

    #[test]
    fn what_is_damaged_is_told() {
        let old = START.replace("\"schema\":2", "\"schema\":1");
        for (text, told) in [
            (String::new(), "f does not begin with the start of a run: it is empty"),
            ("{}\n".to_owned(), "f does not begin with the start of a run: its first line is something else"),
            (START[..20].to_owned(), "f does not begin with the start of a run: its only line is cut short"),
            ("<html>\n".to_owned(), "f does not begin with the start of a run: its first line is no JSON object"),
            (old + "\n", "f has form 1 of the event stream; this mqttspec reads form 2"),
            (format!("{START}\n{LOG}\n{START}\n"), "line 3 of f is no event: a second run begins here"),
            (format!("{START}\n{END}\n{LOG}\n"), "line 3 of f is no event: the run is over before it"),
            (format!("{START}\n{}\n{END}\n", &LOG[1..]), "line 2 of f is no event: "),
            (format!("{START}\n\0\0\n"), "line 2 of f is no event: "),
        ] {
            let error = read("f", text.as_bytes()).expect_err(&text).to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
