//! Reports: each reads the events of a run and nothing else. What is told as it happens is a [`Report`]; what is written when
//! the run is over reads a [`Run`], a file per format.

pub mod annotations;
pub mod badge;
pub mod diff;
pub mod earlier;
pub mod events;
mod findings;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod matrix;
pub mod pcapng;
mod redact;
pub mod run;
mod statements;
pub mod stored;
pub mod terminal;
pub(crate) mod text;
mod totals;

pub use redact::Redactor;
pub use run::Run;

use mqttspec_engine::event::{self, Event};
use std::io;
use std::time::Duration;

/// The exit code of an error of mqttspec's own: here, a report that could not be written.
const INTERNAL: u8 = 70;

/// Makes something of the events of a run.
pub trait Report {
    /// Takes in what happened.
    ///
    /// # Errors
    /// The report cannot be written any more.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}

/// Writes a report of a whole run.
type Write<'a> = Box<dyn FnMut(&Run) -> io::Result<()> + 'a>;

/// How a report learns of a run.
enum Reader<'a> {
    /// Of each event.
    Events(Box<dyn Report + 'a>),
    /// Of all at once, when it is over.
    Whole(Write<'a>),
}

/// All reports of a run. What is secret is taken out of the events here, before any report sees them.
#[derive(Default)]
pub struct Reports<'a> {
    /// None for events that have been through one.
    redactor: Option<Redactor>,
    run: Option<Run>,
    readers: Vec<(String, Reader<'a>)>,
    troubles: Vec<String>,
}

impl<'a> Reports<'a> {
    /// No report yet.
    #[must_use]
    pub fn new() -> Self {
        Self { redactor: Some(Redactor::default()), ..Self::default() }
    }

    /// No report yet of a run that was stored: what is secret was taken out before.
    #[must_use]
    pub fn of_stored() -> Self {
        Self::default()
    }

    /// A text that no report may hold, if it is not empty.
    pub fn hide(&mut self, secret: &[u8]) {
        if let Some(redactor) = &mut self.redactor {
            redactor.hide(secret);
        }
    }

    /// One report more, by the name under which the user knows it. Those that are added first learn first.
    pub fn add(&mut self, name: impl Into<String>, report: impl Report + 'a) {
        self.readers.push((name.into(), Reader::Events(Box::new(report))));
    }

    /// One report more, which reads the run when it is over.
    pub fn add_whole(&mut self, name: impl Into<String>, write: impl FnMut(&Run) -> io::Result<()> + 'a) {
        self.run.get_or_insert_default();
        self.readers.push((name.into(), Reader::Whole(Box::new(write))));
    }

    /// Something happened.
    pub fn event(&mut self, mut event: Event) {
        if let Some(redactor) = &mut self.redactor {
            redactor.redact(&mut event);
        }
        if let Some(run) = &mut self.run {
            run.event(&event);
        }
        let troubles = &mut self.troubles;
        self.readers.retain_mut(|(name, reader)| match reader {
            Reader::Events(report) => noted(name, report.event(&event), troubles),
            Reader::Whole(_) => true,
        });
    }

    /// The run is over. Gives the exit code: the one handed in, unless it says that all is well and a report could
    /// not be written.
    pub fn finish(&mut self, exit_code: u8, reason: &str, duration: Duration) -> u8 {
        let duration_us = event::micros(duration);
        let finished = |exit_code: u8| {
            let reason = if exit_code == INTERNAL { "an error of mqttspec's own" } else { reason };
            Event::RunFinished { exit_code, reason: reason.to_owned(), duration_us }
        };
        for (name, mut reader) in std::mem::take(&mut self.readers) {
            let event = finished(self.exit_code(exit_code));
            let told = match (&mut reader, &mut self.run) {
                (Reader::Events(report), _) => report.event(&event),
                (Reader::Whole(write), Some(run)) => {
                    run.event(&event);
                    write(run)
                }
                (Reader::Whole(_), None) => Ok(()),
            };
            noted(&name, told, &mut self.troubles);
        }
        self.exit_code(exit_code)
    }

    /// What went wrong while reports were written, a line each.
    #[must_use]
    pub fn troubles(&self) -> &[String] {
        &self.troubles
    }

    fn exit_code(&self, exit_code: u8) -> u8 {
        if exit_code == 0 && !self.troubles.is_empty() { INTERNAL } else { exit_code }
    }
}

/// Whether all went well; what did not is noted.
fn noted(name: &str, told: io::Result<()>, troubles: &mut Vec<String>) -> bool {
    if let Err(error) = &told {
        troubles.push(format!("{name} cannot be written: {error}"));
    }
    told.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Full;

    impl Report for Full {
        fn event(&mut self, _: &Event) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    struct Codes<'a>(&'a mut Vec<u8>);

    impl Report for Codes<'_> {
        fn event(&mut self, event: &Event) -> io::Result<()> {
            if let Event::RunFinished { exit_code, .. } = event {
                self.0.push(*exit_code);
            }
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_hides_nothing_worse() {
        for (handed_in, expected) in [(0, 70), (1, 1), (6, 6), (130, 130)] {
            let mut codes = Vec::new();
            let mut reports = Reports::new();
            reports.add("out.json", Full);
            reports.add_whole("out.html", |_| Err(io::ErrorKind::StorageFull.into()));
            reports.add("the terminal", Codes(&mut codes));
            reports.event(Event::CaseStarted { case: "a".to_owned(), at_us: 0 });
            reports.event(Event::CaseStarted { case: "b".to_owned(), at_us: 0 });
            assert_eq!(reports.finish(handed_in, "", Duration::ZERO), expected);
            assert_eq!(reports.troubles().len(), 2, "{:?}", reports.troubles());
            drop(reports);
            assert_eq!(codes, [expected]);
        }
    }

    #[test]
    fn trouble_at_the_very_end_counts() {
        struct FullAtTheEnd;
        impl Report for FullAtTheEnd {
            fn event(&mut self, event: &Event) -> io::Result<()> {
                match event {
                    Event::RunFinished { .. } => Err(io::ErrorKind::StorageFull.into()),
                    _ => Ok(()),
                }
            }
        }
        let mut codes = Vec::new();
        let mut reports = Reports::new();
        reports.add("out.json", FullAtTheEnd);
        reports.add("the terminal", Codes(&mut codes));
        assert_eq!(reports.finish(0, "", Duration::ZERO), 70);
        drop(reports);
        assert_eq!(codes, [70]);
    }
}
