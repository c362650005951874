//! `mqttspec report`.

use super::args::ReportCommandArgs;
use super::failure::Failure;
use super::{code, output, reports};
use crate::report::stored;
use crate::report::{Reports, Run};
use mqttspec_engine::event::Event;
use std::time::Duration;

pub(super) fn report(args: &ReportCommandArgs) -> Result<u8, Failure> {
    let name = args.from.display().to_string();
    let mut stored = stored::read_file(&args.from)?;
    let (exit_code, reason, duration_us) = match stored.events.pop() {
        Some(Event::RunFinished { exit_code, reason, duration_us }) => (exit_code, reason, duration_us),
        last => {
            stored.events.extend(last);
            let line = stored.cut.map(|line| format!(" (line {line} is cut short and left out)")).unwrap_or_default();
            output::error(&format!("mqttspec: {name} ends before its run does{line}: what is there is reported\n"));
            let reason = "the run was ended before it was over".to_owned();
            (code::INTERRUPTED, reason, Run::of(&stored.events).last_us())
        }
    };
    let mut reports = Reports::of_stored();
    reports::add(&mut reports, &args.formats, false)?;
    stored.events.into_iter().for_each(|event| reports.event(event));
    reports.finish(exit_code, &reason, Duration::from_micros(duration_us));
    reports::tell_troubles(&reports, Some(&args.from));
    Ok(if reports.troubles().is_empty() { 0 } else { code::INTERNAL })
}
