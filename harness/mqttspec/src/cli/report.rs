//! `mqttspec report`.

use super::args::ReportCommandArgs;
use super::expected::{self, Expected};
use super::failure::Failure;
use super::{code, corpus, files, output, reports};
use crate::overlay::Overlays;
use crate::report::stored;
use crate::report::{Reports, Run};
use crate::run::{FLAKY, Gate, Summary, gate_against};
use mqttspec_engine::event::{Event, Expectations};
use std::time::Duration;

pub(super) fn report(args: &ReportCommandArgs) -> Result<u8, Failure> {
    let name = args.from.display().to_string();
    let mut stored = stored::read_file(&args.from)?;
    let expectations = expectations(args, &Run::of(&stored.events))?;
    let (mut exit_code, mut reason, duration_us) = match stored.events.pop() {
        Some(Event::RunFinished { exit_code, reason, duration_us }) => (exit_code, reason, duration_us),
        last => {
            stored.events.extend(last);
            let line = stored.cut.map(|line| format!(" (line {line} is cut short and left out)")).unwrap_or_default();
            output::error(&format!("mqttspec: {name} ends before its run does{line}: what is there is reported\n"));
            let reason = "the run was ended before it was over".to_owned();
            (code::INTERRUPTED, reason, Run::of(&stored.events).last_us())
        }
    };
    if let Some(expectations) = expectations {
        if let Some(gate) = gate_again(exit_code, &stored.events, &expectations) {
            (exit_code, reason) = (gate.exit_code, gate.reason.to_owned());
        }
        stored.events.retain(|event| !matches!(event, Event::Expectations(_)));
        let head = stored.events.iter().take_while(|event| is_head(event)).count();
        stored.events.insert(head, Event::Expectations(expectations));
    }
    files::distinct(&[&args.from], None, &args.formats)?;
    let mut reports = Reports::of_stored();
    reports::add(&mut reports, &args.formats, false)?;
    stored.events.into_iter().for_each(|event| reports.event(event));
    reports.finish(exit_code, &reason, Duration::from_micros(duration_us));
    reports::tell_troubles(&reports, Some(&args.from));
    Ok(if reports.troubles().is_empty() { 0 } else { code::INTERNAL })
}

const fn is_head(event: &Event) -> bool {
    matches!(event, Event::RunStarted { .. } | Event::Corpus { .. })
}

/// What the arguments expect of a run; `None` where they say nothing, and what was expected then stays.
fn expectations(args: &ReportCommandArgs, run: &Run) -> Result<Option<Expectations>, Failure> {
    if args.expect.baseline.is_none() && args.expect.corpus.is_none() {
        return Ok(None);
    }
    let planned: Vec<_> = run.cases.iter().map(|case| case.planned.clone()).collect();
    let expected = Expected::new(&args.expect, &corpus(args.scenarios.as_deref())?, &planned)?;
    expected.of(&planned, expected::transport(run.environment.transport.as_deref()))
}

/// What the run comes to with other expectations; `None` for one that was not judged by what its cases came to, or that
/// lacked what `--require` names.
fn gate_again(exit_code: u8, events: &[Event], expectations: &Expectations) -> Option<Gate> {
    let run = Run::of(events);
    let options = &run.environment.options;
    if !matches!(exit_code, 0 | 1 | 6 | 7) || options.contains_key("require") {
        return None;
    }
    let mut summary = Summary {
        results: run.cases.iter().filter_map(|case| case.result.clone()).collect(),
        crash: run.deaths.first().map(|death| death.reason.clone()),
        flaky: run.cases.iter().filter(|case| case.flaky).count(),
        ..Summary::default()
    };
    for event in events {
        if let Event::Finding { case, finding } = event {
            summary.count(case, std::slice::from_ref(finding));
        }
    }
    let gate = gate_against(&summary, &Overlays::new(expectations.clone()), options.contains_key("strict"));
    let flaky = summary.flaky > 0 && !options.contains_key("flaky") && matches!(gate.exit_code, 0 | 6 | 7);
    Some(if flaky { FLAKY } else { gate })
}
