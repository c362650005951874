//! Reports: each reads the events of a run and nothing else.

pub mod events;
mod findings;
pub mod json;
mod redact;
pub mod terminal;
pub(crate) mod text;
mod totals;

pub use redact::Redactor;

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

/// All reports of a run. Passwords are taken out of the events here, before any report sees them.
#[derive(Default)]
pub struct Reports<'a> {
    redactor: Redactor,
    reports: Vec<(String, Box<dyn Report + 'a>)>,
    troubles: Vec<String>,
}

impl<'a> Reports<'a> {
    /// No report yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One report more, by the name under which the user knows it. Those that are added first learn first.
    pub fn add(&mut self, name: impl Into<String>, report: impl Report + 'a) {
        self.reports.push((name.into(), Box::new(report)));
    }

    /// Something happened.
    pub fn event(&mut self, mut event: Event) {
        self.redactor.redact(&mut event);
        let troubles = &mut self.troubles;
        self.reports.retain_mut(|(name, report)| tell(name, report.as_mut(), &event, troubles));
    }

    /// The run is over. Gives the exit code: the one handed in, unless it says that all is well and a report could
    /// not be written.
    pub fn finish(&mut self, exit_code: u8, duration: Duration) -> u8 {
        let mut exit_code = exit_code;
        let duration_us = event::micros(duration);
        for (name, mut report) in std::mem::take(&mut self.reports) {
            exit_code = self.exit_code(exit_code);
            tell(&name, report.as_mut(), &Event::RunFinished { exit_code, duration_us }, &mut self.troubles);
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

/// Whether the report can take more.
fn tell(name: &str, report: &mut dyn Report, event: &Event, troubles: &mut Vec<String>) -> bool {
    let told = report.event(event);
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
            reports.add("the terminal", Codes(&mut codes));
            reports.event(Event::CaseStarted { case: "a".to_owned() });
            reports.event(Event::CaseStarted { case: "b".to_owned() });
            assert_eq!(reports.finish(handed_in, Duration::ZERO), expected);
            assert_eq!(reports.troubles().len(), 1, "{:?}", reports.troubles());
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
        assert_eq!(reports.finish(0, Duration::ZERO), 70);
        drop(reports);
        assert_eq!(codes, [70]);
    }
}
