//! Transcripts as captures that Wireshark reads as MQTT: what each Client said and heard, over TCP connections that are made
//! up for it. What the failing step saw is a comment of its packet. Of a packet that the events hold only in part the
//! capture holds that part. Over TLS and WebSocket, too, it shows the MQTT that was carried.

mod block;
mod flow;

use super::run::{Case, Run};
use super::text::{Shown, file_name};
use block::{Capture, Frame};
use flow::Flow;
use mqttspec_engine::event::{Breach, Event, Verdict};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes one capture of the whole run.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run, out: impl Write) -> io::Result<()> {
    let mut frames = Vec::new();
    let mut clock = 0;
    for (number, case) in run.cases.iter().enumerate() {
        case_frames(run, case, number, clock, &mut frames);
        if run.environment.virtual_time {
            // Each has a time of its own: they follow one another.
            clock += case.duration_us() + 1;
        }
    }
    frames.sort_by_key(|frame| frame.at_us);
    capture(run, &frames, out)
}

/// Writes a capture for each case that said anything, called by its id.
///
/// # Errors
/// A file cannot be written.
pub fn write_each(run: &Run, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for case in run.cases.iter().filter(|case| !case.transcript.is_empty()) {
        let name = file_name(&case.planned.case) + ".pcapng";
        let told = |error: io::Error| io::Error::new(error.kind(), format!("{name}: {error}"));
        File::create(folder.join(&name)).and_then(|file| write_case(run, case, file)).map_err(told)?;
    }
    Ok(())
}

/// Writes a capture of one case.
///
/// # Errors
/// It cannot be written.
pub fn write_case(run: &Run, case: &Case, out: impl Write) -> io::Result<()> {
    let mut frames = Vec::new();
    case_frames(run, case, 0, 0, &mut frames);
    frames.sort_by_key(|frame| frame.at_us);
    capture(run, &frames, out)
}

fn capture(run: &Run, frames: &[Frame], out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let about = format!(
        "made from the events of a run by mqttspec {}: target {}, seed {}, corpus {}",
        run.tool, run.target, run.seed, run.corpus
    );
    let mut capture = Capture::begin(&mut out, &Shown(&about).to_string())?;
    frames.iter().try_for_each(|frame| capture.frame(frame))?;
    out.flush()
}

/// The packets of a case, at `clock` microseconds after the run began if it does not say when it did itself.
fn case_frames(run: &Run, case: &Case, number: usize, clock: u64, frames: &mut Vec<Frame>) {
    let base = run.environment.started_unix.unwrap_or_default() * 1_000_000 + clock + case.started_us;
    let mut flows: BTreeMap<u32, Flow> = BTreeMap::new();
    let first = frames.len();
    let mut last_us = base;
    for event in &case.transcript {
        let Some((connection, at_us)) = place(event) else { continue };
        let at_us = base + at_us;
        last_us = last_us.max(at_us);
        let flow = flows.entry(connection).or_insert_with(|| Flow::new(number, connection));
        let begun = frames.len();
        match event {
            Event::Opened(_) => flow.open(at_us, frames),
            Event::Refused { reason, .. } => {
                flow.refuse(at_us, frames);
                comment(&mut frames[begun..], reason);
            }
            Event::Sent(bytes) => flow.carry(at_us, true, &known(&bytes.hex), bytes.len, frames),
            Event::Received(bytes) => flow.carry(at_us, false, &known(&bytes.hex), bytes.len, frames),
            Event::Closed { ending, .. } => flow.close(at_us, *ending, frames),
            _ => {}
        }
        let breaches = case.broken().into_iter().filter_map(|rule| Some((rule, rule.breach.as_ref()?)));
        for (rule, breach) in breaches.filter(|(_, breach)| shows(event, breach)) {
            let word = if case.verdict() == Some(Verdict::Fail) { "FAIL" } else { "BREACH" };
            let told = format!(
                "{word} {}: {}\nexpected {}\nactual {}\n{}",
                rule.statement, rule.text, breach.expected, breach.actual, breach.place
            );
            comment(&mut frames[begun..], &told);
        }
    }
    for event in &case.transcript {
        if let Event::Finding { finding, .. } = event {
            let at_us = base + finding.at_us;
            let statement = finding.statement.as_deref().unwrap_or("no numbered statement");
            let near = frames[first..].iter().rposition(|frame| frame.at_us <= at_us && frame.to_client);
            if let Some(at) = near {
                comment(&mut frames[first + at..=first + at], &format!("FINDING {statement}: {}", finding.text));
            }
        }
    }
    // What no packet shows, a silence or a close, is told at the last packet before it.
    for rule in case.broken() {
        let Some(breach) = &rule.breach else { continue };
        if case.transcript.iter().any(|event| shows(event, breach)) {
            continue;
        }
        let near = frames[first..].iter().rposition(|frame| frame.at_us <= base + breach.at_us);
        if let Some(at) = near {
            let told = format!("FAIL {}: {}\nactual {}\n{}", rule.statement, rule.text, breach.actual, breach.place);
            comment(&mut frames[first + at..=first + at], &told);
        }
    }
    if let Some(frame) = frames.get_mut(first) {
        let told = format!("case {}: {}", case.planned.case, case.word());
        comment(std::slice::from_mut(frame), &told);
    }
}

/// Adds a comment to the last of these packets that carries anything, or else to the last.
fn comment(frames: &mut [Frame], told: &str) {
    let at = frames.iter().rposition(|frame| frame.carries).or(frames.len().checked_sub(1));
    let Some(frame) = at.map(|at| &mut frames[at]) else { return };
    let told: Vec<String> = told.lines().map(|line| Shown(line).to_string()).collect();
    frame.comments.push(told.join("\n"));
}

/// Whether this is what showed the breach.
fn shows(event: &Event, breach: &Breach) -> bool {
    let Event::Received(bytes) = event else { return false };
    let same = |hex: &String| !hex.is_empty() && (bytes.hex.starts_with(hex) || hex.starts_with(&bytes.hex));
    bytes.moment.at_us <= breach.at_us && breach.hex.as_ref().is_some_and(same)
}

fn place(event: &Event) -> Option<(u32, u64)> {
    match event {
        Event::Opened(moment) | Event::Refused { moment, .. } | Event::Closed { moment, .. } => {
            Some((moment.connection, moment.at_us))
        }
        Event::Sent(bytes) | Event::Received(bytes) => Some((bytes.moment.connection, bytes.moment.at_us)),
        _ => None,
    }
}

/// The bytes of an event; what was taken out of it, a password, is asterisks.
fn known(hex: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    hex.as_bytes().chunks(2).map(|digits| pair(digits).unwrap_or(b'*')).collect()
}
