//! The bar that shows how far the run is.

use crate::report::totals::Totals;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mqttspec_engine::event::Verdict;

/// A bar on the standard error stream; nothing where that is no terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(wanted: bool) -> Self {
        let target = if wanted { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed}  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        Self(ProgressBar::with_draw_target(None, target).with_style(style))
    }

    pub(super) fn begin(&self, planned: usize) {
        self.0.set_length(planned as u64);
    }

    pub(super) fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }

    pub(super) fn case(&self, totals: &Totals) {
        let told = [Verdict::Fail, Verdict::Nonstrict, Verdict::Inconclusive];
        let told = told.iter().filter(|verdict| totals.count(**verdict) > 0);
        let told: Vec<String> = told.map(|verdict| format!("{} {}", totals.count(*verdict), verdict.word())).collect();
        self.0.set_message(told.join(", "));
        self.0.set_position((totals.planned - totals.missing()) as u64);
    }

    /// Writes while the bar is not on the screen.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
