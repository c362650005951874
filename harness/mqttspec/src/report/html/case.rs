//! The page of a case: all that a bug report needs.

use super::diagram::Diagram;
use super::frame::{Frame, Part, frames, parts};
use super::{Link, href, seconds};
use crate::overlay::Overlay;
use crate::report::run::{Attempt, Case, Run};
use crate::report::terminal::failure::without_rule;
use crate::report::terminal::level;
use crate::report::terminal::overlaid::expected;
use crate::report::text::{lines, place, quoted, squeezed};
use askama::Template;
use mqttspec_engine::event::{Event, RuleOutcome, RuleState};

/// How many events of a transcript are shown: the last.
const SHOWN: usize = 200;
/// How many lines of the server's log are shown.
const LOG: usize = 200;

#[derive(Template)]
#[template(path = "case.html")]
pub(super) struct CasePage {
    id: String,
    word: &'static str,
    title: String,
    version: String,
    duration: String,
    control: Option<Link>,
    before: Option<Link>,
    after: Option<Link>,
    reason: String,
    /// What the user expected of it, and why.
    expected: Option<Expected>,
    broken: Vec<Broken>,
    again: String,
    rules: Vec<Rule>,
    file: String,
    source_href: String,
    left_out: &'static str,
    evidence: Option<Evidence>,
    flaky: bool,
    attempt: u32,
    attempts: Vec<OtherAttempt>,
}

/// An attempt that does not count.
struct OtherAttempt {
    number: u32,
    word: &'static str,
    duration: String,
    reason: String,
    /// All that a terminal would tell of it.
    told: String,
}

struct Expected {
    word: &'static str,
    what: String,
    why: String,
    link: Option<String>,
    place: String,
}

struct Broken {
    level: &'static str,
    statement: String,
    late: bool,
    text: String,
    summary: String,
    breach: Option<Shown>,
}

struct Shown {
    step: String,
    place: String,
    expected: String,
    at: String,
    actual: String,
    hex: Vec<Part>,
}

struct Rule {
    state: &'static str,
    statement: String,
    text: String,
    summary: String,
}

/// What the case rests on.
pub(super) struct Evidence {
    source: Vec<SourceLine>,
    diagram: Option<Diagram>,
    frames: Vec<Frame>,
    left_out: usize,
    log: Vec<LogLine>,
}

struct SourceLine {
    broken: bool,
    text: String,
}

struct LogLine {
    at: String,
    text: String,
    /// It names a Client of the case.
    ours: bool,
}

impl CasePage {
    pub(super) fn new(
        run: &Run,
        case: &Case,
        [before, after]: [Option<Link>; 2],
        evidence: Option<Evidence>,
        left_out: &'static str,
    ) -> Self {
        let words = run.environment.again.iter().chain([&case.planned.case]);
        let again: Vec<_> = words.map(|word| quoted(word)).collect();
        let file = lines(place(&case.planned.place).0);
        Self {
            id: lines(&case.planned.case),
            word: case.word(),
            title: lines(&case.planned.title),
            version: lines(&case.planned.version),
            duration: format!("{} s", seconds(case.duration_us())),
            control: case.planned.control.as_deref().map(Link::named),
            before,
            after,
            reason: lines(case.reason()),
            expected: expectation(run, case),
            broken: case.broken().into_iter().map(|rule| broken(run, case, rule)).collect(),
            again: if run.environment.again.is_empty() { String::new() } else { lines(&again.join(" ")) },
            rules: rules(run, case, evidence.is_some()),
            source_href: href(&file),
            file,
            left_out,
            evidence,
            flaky: case.flaky,
            attempt: case.attempt,
            attempts: case.attempts.iter().map(other_attempt).collect(),
        }
    }
}

fn other_attempt(attempt: &Attempt) -> OtherAttempt {
    OtherAttempt {
        number: attempt.number,
        word: attempt.result.verdict.word(),
        duration: format!("{} s", seconds(attempt.result.duration_us)),
        reason: lines(&attempt.result.reason),
        told: lines(&crate::report::terminal::attempt(&attempt.result, &attempt.transcript, &[])),
    }
}

fn expectation(run: &Run, case: &Case) -> Option<Expected> {
    let entry = run.overlays.expected(&case.planned.case)?;
    Some(Expected {
        word: run.overlay(case).map_or("", Overlay::word),
        what: lines(&expected(entry.verdict, entry.reason.as_deref())),
        why: lines(&entry.note.why),
        link: entry.note.link.as_deref().map(lines),
        place: lines(&entry.note.place),
    })
}

fn summary(run: &Run, case: &Case, statement: &str) -> String {
    run.statement(&case.planned.version, statement).map(|text| lines(&text.summary)).unwrap_or_default()
}

fn broken(run: &Run, case: &Case, rule: &RuleOutcome) -> Broken {
    let shown = |breach: &mqttspec_engine::event::Breach| Shown {
        step: lines(&squeezed(&breach.step)),
        place: lines(&breach.place),
        expected: lines(without_rule(&squeezed(&breach.expected))),
        at: seconds(breach.at_us),
        actual: lines(&breach.actual),
        hex: breach
            .hex
            .as_deref()
            .map(|hex| parts(hex, Some(&breach.actual), &case.planned.version))
            .unwrap_or_default(),
    };
    Broken {
        level: level(rule.level),
        statement: lines(&rule.statement),
        late: rule.breach.as_ref().is_some_and(|breach| breach.late),
        text: lines(&rule.text),
        summary: summary(run, case, &rule.statement),
        breach: rule.breach.as_ref().map(shown),
    }
}

/// What became of the rules; with the statements in our words where the page is about more than a pass.
fn rules(run: &Run, case: &Case, told: bool) -> Vec<Rule> {
    let rule = |rule: &RuleOutcome| Rule {
        state: match rule.state {
            RuleState::Proved => "proved",
            RuleState::Broken => "broken",
            RuleState::NotReached => "not reached",
        },
        statement: lines(&rule.statement),
        text: lines(&rule.text),
        summary: if told { summary(run, case, &rule.statement) } else { String::new() },
    };
    case.rules().iter().map(rule).collect()
}

impl Evidence {
    pub(super) fn new(run: &Run, case: &Case) -> Self {
        let told: Vec<&Event> = case.transcript.iter().filter(|event| is_shown(event)).collect();
        let left_out = told.len().saturating_sub(SHOWN);
        let frames = frames(case, &told[left_out..]);
        Self { source: source(run, case), diagram: Diagram::new(case, &frames), frames, left_out, log: log(run, case) }
    }
}

const fn is_shown(event: &Event) -> bool {
    matches!(
        event,
        Event::Opened(_)
            | Event::Refused { .. }
            | Event::Sent(_)
            | Event::Received(_)
            | Event::Closed { .. }
            | Event::Operation { .. }
    )
}

/// The scenario, with the lines marked at which a rule was broken.
fn source(run: &Run, case: &Case) -> Vec<SourceLine> {
    let file = place(&case.planned.place).0;
    let broken: Vec<(&str, u32)> = case
        .broken()
        .into_iter()
        .filter_map(|rule| rule.breach.as_ref())
        .map(|breach| place(&breach.place))
        .map(|(file, line, _)| (file, line))
        .collect();
    let text = run.sources.get(file).map_or("", String::as_str);
    let line = |(number, text): (u32, &str)| SourceLine { broken: broken.contains(&(file, number)), text: lines(text) };
    (1..).zip(text.lines()).map(line).collect()
}

/// What the server wrote meanwhile.
fn log(run: &Run, case: &Case) -> Vec<LogLine> {
    let ids = client_ids(case);
    let mut all: Vec<LogLine> = run
        .log_during(case)
        .map(|(at, text)| LogLine {
            at: signed(at, case.started_us),
            text: lines(text),
            ours: ids.iter().any(|id| text.contains(id)),
        })
        .collect();
    // Hundreds of cases run at once: where not all has room, what names a Client of this case goes first.
    if all.len() > LOG && all.iter().any(|line| line.ours) {
        all.retain(|line| line.ours);
    }
    all.truncate(LOG);
    all
}

fn signed(at: u64, from: u64) -> String {
    match at.checked_sub(from) {
        Some(after) => seconds(after),
        None => format!("-{}", seconds(from - at)),
    }
}

/// The Client Identifiers of a case, as its CONNECTs tell them.
fn client_ids(case: &Case) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for event in &case.transcript {
        if let Event::Sent(bytes) = event
            && let Some((_, rest)) = bytes.packet.split_once("client-id=\"")
            && let Some((id, _)) = rest.split_once('"')
            && !id.is_empty()
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    ids
}
