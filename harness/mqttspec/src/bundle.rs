//! All that is known of a case in one archive: what a bug report needs.

mod page;
mod reproduce;

use crate::report::run::{Case, Run};
use crate::report::text::{Seconds, Shown, file_name};
use crate::report::{Report, events::Events, pcapng};
use flate2::{Compression, write::GzEncoder};
use mqttspec_engine::event::{Event, PlannedCase, StatementText, Text};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes the archive, a gzipped tar, of a case of this run, whose events these are. What is secret has been taken out of
/// them before they were stored.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run, case: &Case, events: &[Event], out: impl Write) -> io::Result<()> {
    let name = file_name(&case.planned.case);
    let mut archive = Archive { tar: tar::Builder::new(GzEncoder::new(out, Compression::default())), folder: name };
    let reproduce = reproduce::script(run, case);
    archive.add("README.md", page::markdown(run, case, reproduce.as_deref()).as_bytes())?;
    archive.add("transcript.txt", transcript(case).as_bytes())?;
    archive.add("frames.hex", frames(case).as_bytes())?;
    let mut capture = Vec::new();
    pcapng::write_case(run, case, &mut capture)?;
    archive.add("case.pcapng", &capture)?;
    archive.add("server.log", log(run, case).as_bytes())?;
    archive.add("scenario.kdl", page::scenario(run, case).as_bytes())?;
    archive.add("events.ndjson", &own_events(run, case, events)?)?;
    if let Some(script) = reproduce {
        archive.add("reproduce.sh", script.as_bytes())?;
    }
    archive.tar.into_inner()?.finish()?.flush()
}

struct Archive<W: Write> {
    tar: tar::Builder<GzEncoder<W>>,
    folder: String,
}

impl<W: Write> Archive<W> {
    fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        self.tar.append_data(&mut header, format!("{}/{name}", self.folder), content)
    }
}

/// What each Client said and heard, a line each.
fn transcript(case: &Case) -> String {
    let mut text = String::new();
    for event in &case.transcript {
        let _ = match event {
            Event::Sent(bytes) => {
                let (at, client) = (Seconds(bytes.moment.at_us), Shown(&bytes.moment.client));
                writeln!(text, "{at:>10}  {client} -> {}", Shown(&bytes.packet))
            }
            Event::Received(bytes) => {
                let (at, client) = (Seconds(bytes.moment.at_us), Shown(&bytes.moment.client));
                writeln!(text, "{at:>10}  {client} <- {}", Shown(&bytes.packet))
            }
            Event::Opened(moment) => {
                let (at, client) = (Seconds(moment.at_us), Shown(&moment.client));
                writeln!(text, "{at:>10}  {client}    opened connection {}", moment.connection)
            }
            Event::Refused { moment, reason } => {
                let (at, client) = (Seconds(moment.at_us), Shown(&moment.client));
                writeln!(text, "{at:>10}  {client}    no connection {}: {}", moment.connection, Shown(reason))
            }
            Event::Closed { moment, ending } => {
                let (at, client) = (Seconds(moment.at_us), Shown(&moment.client));
                writeln!(text, "{at:>10}  {client}    connection {} ended: {ending:?}", moment.connection)
            }
            Event::Operation { at_us, what, .. } => writeln!(text, "{:>10}  {}", Seconds(*at_us), Shown(what)),
            _ => Ok(()),
        };
    }
    text
}

/// The bytes of each frame, whole as far as the events hold them.
fn frames(case: &Case) -> String {
    let mut text = String::new();
    for event in &case.transcript {
        let (bytes, arrow) = match event {
            Event::Sent(bytes) => (bytes, "->"),
            Event::Received(bytes) => (bytes, "<-"),
            _ => continue,
        };
        let moment = &bytes.moment;
        let (at, client) = (Seconds(moment.at_us), Shown(&moment.client));
        let _ = writeln!(text, "{at:>10}  {client}/{} {arrow} {}", moment.connection, bytes.hex);
    }
    text
}

/// What the server wrote meanwhile.
fn log(run: &Run, case: &Case) -> String {
    let mut text = String::new();
    for (at, line) in run.log_during(case) {
        let _ = writeln!(text, "{:>10}  {}", Seconds(at), Shown(line));
    }
    text
}

/// The events of this case alone, as a run of one case, from which every report can be made.
fn own_events(run: &Run, case: &Case, events: &[Event]) -> io::Result<Vec<u8>> {
    let id = &case.planned.case;
    let file = page::file(case);
    let log: Vec<(u64, &str)> = run.log_during(case).collect();
    let mut out = Vec::new();
    let mut lines = Events::new(&mut out);
    for event in events {
        let own = match event.clone() {
            Event::RunStarted { schema, tool, corpus, target, image, seed, environment, planned } => {
                let own = |planned: &PlannedCase| planned.case == *id;
                let planned = planned.into_iter().filter(own).map(|planned| PlannedCase { control: None, ..planned });
                Some(Event::RunStarted {
                    schema,
                    tool,
                    corpus,
                    target,
                    image,
                    seed,
                    environment,
                    planned: planned.collect(),
                })
            }
            Event::Corpus { sources, statements } => {
                let of_case = |text: &StatementText| {
                    let named = case.planned.statements.iter().chain(case.rules().iter().map(|rule| &rule.statement));
                    text.version == case.planned.version && named.into_iter().any(|statement| *statement == text.id)
                };
                let sources = sources.into_iter().filter(|source: &Text| source.name == file).collect();
                Some(Event::Corpus { sources, statements: statements.into_iter().filter(of_case).collect() })
            }
            Event::Log { at_us, line } => {
                log.iter().any(|(at, other)| (*at, *other) == (at_us, &line)).then_some(Event::Log { at_us, line })
            }
            Event::AttemptStarted(mut attempt) => {
                attempt.cases.retain(|case| case == id);
                (!attempt.cases.is_empty()).then_some(Event::AttemptStarted(attempt))
            }
            event @ Event::RunFinished { .. } => Some(event),
            event => (case_of(&event) == Some(id)).then_some(event),
        };
        own.map_or(Ok(()), |event| lines.event(&event))?;
    }
    Ok(out)
}

fn case_of(event: &Event) -> Option<&String> {
    match event {
        Event::CaseStarted { case, .. }
        | Event::Step { case, .. }
        | Event::Operation { case, .. }
        | Event::Finding { case, .. } => Some(case),
        Event::Opened(moment) | Event::Refused { moment, .. } | Event::Closed { moment, .. } => Some(&moment.case),
        Event::Sent(bytes) | Event::Received(bytes) => Some(&bytes.moment.case),
        Event::CaseFinished(result) => Some(&result.case),
        Event::CaseSettled(settled) => Some(&settled.case),
        _ => None,
    }
}
