//! The report for people: failures as they come, each of which stands alone, and totals at the end.

pub(super) mod conversation;
pub(crate) mod failure;
pub(super) mod overlaid;
mod progress;
mod summary;

use super::Report;
use super::findings::Findings;
use super::run::Case;
use super::text::{Shown, counted, quoted};
use super::totals::Totals;
use crate::overlay::{Overlay, Overlays};
use anstyle::{AnsiColor, Style};
use conversation::Conversation;
use mqttspec_engine::event::{Attempt, CaseResult, Event, PlannedCase, Settled, Silence, TargetImage, Verdict};
use mqttspec_engine::statement::Level;
use progress::Progress;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What a terminal report is told beside the events.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Passes are listed, too.
    pub verbose: bool,
    /// A bar on the standard error stream, if that is a terminal.
    pub progress: bool,
}

/// Writes for people. The text has colours in it: hand in a stream that strips them where they do not belong.
#[derive(Debug)]
pub struct Terminal<W> {
    out: W,
    /// The reader has gone (`mqttspec run | head`): the run goes on without it.
    unread: bool,
    settings: Settings,
    progress: Progress,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    /// The command that runs a case again.
    again: Vec<String>,
    /// The target is the reference server, stepped in virtual time.
    embedded: bool,
    cases: Vec<(PlannedCase, Option<CaseResult>)>,
    /// Case id to place in `cases`.
    places: BTreeMap<String, usize>,
    running: BTreeMap<String, Conversation>,
    findings: Findings,
    overlays: Overlays,
    died: bool,
    /// The number of the attempt that is made, if cases run more than once.
    attempt: u32,
    /// What each attempt came to, by case, where there are several.
    attempts: BTreeMap<String, Vec<(u32, CaseResult)>>,
    flaky: Vec<String>,
}

impl State {
    fn version(&self, case: &str) -> &str {
        self.places.get(case).map_or("", |&at| &self.cases[at].0.version)
    }

    fn totals(&self) -> Totals {
        let verdicts = self.cases.iter().map(|(_, result)| result.as_ref().map(|result| result.verdict));
        Totals::of(verdicts).with_flaky(self.flaky.len())
    }

    fn overlay(&self, result: &CaseResult) -> Option<Overlay> {
        self.overlays.of(result)
    }

    /// The results of a verdict that are held against the server.
    fn held(&self, verdict: Verdict) -> impl Iterator<Item = &CaseResult> {
        self.results(verdict).filter(|result| !self.overlay(result).is_some_and(Overlay::is_excused))
    }

    fn results(&self, verdict: Verdict) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter_map(|(_, result)| result.as_ref()).filter(move |result| result.verdict == verdict)
    }

    fn begin_attempt(&mut self, attempt: &Attempt) {
        for case in &attempt.cases {
            let Some(&at) = self.places.get(case) else { continue };
            // The first had no announcement.
            let first = self.cases[at].1.clone().map(|result| (self.attempt.max(1), result));
            self.attempts.entry(case.clone()).or_insert_with(|| first.into_iter().collect());
        }
        self.attempt = attempt.number;
    }

    fn settle(&mut self, settled: &Settled) {
        if settled.flaky {
            self.flaky.push(settled.case.clone());
        }
        let attempts = self.attempts.get(&settled.case).into_iter().flatten();
        let counts =
            attempts.filter(|(number, _)| *number == settled.attempt).map(|(_, result)| result).next_back().cloned();
        if let (Some(&at), Some(counts)) = (self.places.get(&settled.case), counts) {
            self.cases[at].1 = Some(counts);
        }
    }

    fn conversation(&mut self, case: &str) -> &mut Conversation {
        self.running.entry(case.to_owned()).or_default()
    }
}

impl<W: Write> Terminal<W> {
    /// Writes to `out`.
    pub fn new(out: W, settings: Settings) -> Self {
        let progress = Progress::new(settings.progress);
        Self { out, unread: false, settings, progress, state: State::default() }
    }

    fn render(&mut self, event: &Event) -> Result<String, fmt::Error> {
        let mut text = String::new();
        match event {
            Event::RunStarted { schema: _, tool, corpus, target, image, seed, environment, planned } => {
                self.state.again.clone_from(&environment.again);
                self.state.embedded = environment.virtual_time;
                self.state.cases = planned.iter().map(|planned| (planned.clone(), None)).collect();
                let places = planned.iter().enumerate();
                self.state.places = places.map(|(at, planned)| (planned.case.clone(), at)).collect();
                plan(&mut text, planned, [tool, corpus, target], image.as_ref(), *seed)?;
                self.progress.begin(planned.len());
            }
            Event::CaseStarted { case, .. } => {
                self.state.running.insert(case.clone(), Conversation::default());
            }
            Event::Opened(moment) | Event::Refused { moment, .. } | Event::Closed { moment, .. } => {
                self.state.conversation(&moment.case).event(event);
            }
            Event::Sent(bytes) | Event::Received(bytes) => {
                self.state.conversation(&bytes.moment.case).event(event);
            }
            Event::Operation { case, .. } => self.state.conversation(case).event(event),
            Event::Expectations(expectations) => self.state.overlays = Overlays::new(expectations.clone()),
            Event::Step { .. } | Event::Corpus { .. } | Event::Log { .. } => {}
            Event::Shard(shard) => {
                let whole = counted(shard.whole.len(), "case");
                writeln!(text, "part {} of {}, which has {whole}\n", shard.index, shard.count)?;
            }
            Event::AttemptStarted(attempt) => self.state.begin_attempt(attempt),
            Event::CaseSettled(settled) => self.state.settle(settled),
            Event::Finding { case, finding } => {
                self.state.findings.add(case, finding);
            }
            Event::CaseFinished(result) => {
                let conversation = self.state.running.remove(&result.case).unwrap_or_default();
                self.finished(&mut text, result, &conversation)?;
            }
            Event::TargetDied { reason, running } => {
                self.state.died = true;
                writeln!(text, "{}  {}", word(Verdict::Fail, "THE SERVER DIED"), Shown(reason))?;
                writeln!(text, "  while {} ran: {}\n", counted(running.len(), "case"), few(running))?;
            }
            Event::RunFinished { exit_code, reason, duration_us } => {
                self.progress.end();
                let outcome = format!("exit {exit_code}: {}", Shown(reason));
                summary::write(&mut text, &self.state, self.settings.verbose, (*exit_code, &outcome), *duration_us)?;
            }
        }
        Ok(text)
    }

    fn finished(&mut self, text: &mut String, result: &CaseResult, conversation: &Conversation) -> fmt::Result {
        match self.state.places.get(&result.case) {
            Some(&at) => self.state.cases[at].1 = Some(result.clone()),
            None => debug_assert!(false, "{} was not planned", result.case),
        }
        if let Some(attempts) = self.state.attempts.get_mut(&result.case) {
            attempts.retain(|(number, _)| *number != self.state.attempt);
            attempts.push((self.state.attempt, result.clone()));
            if matches!(result.verdict, Verdict::Fail | Verdict::Nonstrict) {
                writeln!(text, "{DIM}attempt {}{DIM:#}", self.state.attempt)?;
            }
        }
        if self.progress.is_shown() {
            self.progress.case(&self.state.totals());
        }
        let overlay = self.state.overlays.of(result);
        if let Some(told) =
            overlay.and_then(|overlay| overlaid::as_it_comes(overlay, result, &self.state, self.settings.verbose))
        {
            text.push_str(&told);
            return Ok(());
        }
        match result.verdict {
            Verdict::Fail | Verdict::Nonstrict => failure::write(text, result, conversation, &self.state.again),
            Verdict::Pass if self.settings.verbose => {
                let sure =
                    match result.rules.iter().filter_map(|rule| rule.silence).max_by_key(|&silence| silence as u8) {
                        Some(Silence::Witnessed) => "  (a silence, witnessed)",
                        Some(Silence::Ordered) => "  (a silence, ordered)",
                        None => "",
                    };
                writeln!(text, "{}  {}{sure}", word(Verdict::Pass, "pass"), Shown(&result.case))
            }
            Verdict::Info if self.settings.verbose => {
                writeln!(text, "{}  {}", word(Verdict::Info, "info"), Shown(&result.case))?;
                writeln!(text, "  {}", Shown(&result.reason))
            }
            _ => Ok(()),
        }
    }
}

impl<W: Write> Report for Terminal<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let text = self.render(event).map_err(io::Error::other)?;
        if text.is_empty() || self.unread {
            return Ok(());
        }
        let out = &mut self.out;
        let written = self.progress.aside(|| out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.unread = true;
                Ok(())
            }
            written => written,
        }
    }
}

/// A case that failed as it is told in a terminal, without colours.
pub(crate) fn alone(case: &Case, again: &[String]) -> String {
    match &case.result {
        Some(result) => attempt(result, &case.transcript, again),
        None => case.reason().to_owned(),
    }
}

/// The same of any attempt.
pub(super) fn attempt(result: &CaseResult, transcript: &[Event], again: &[String]) -> String {
    let (mut text, mut conversation) = (String::new(), Conversation::default());
    transcript.iter().for_each(|event| conversation.event(event));
    match failure::write(&mut text, result, &conversation, again) {
        Ok(()) => anstream::adapter::strip_str(&text).to_string(),
        Err(fmt::Error) => result.reason.clone(),
    }
}

fn plan(
    text: &mut String,
    planned: &[PlannedCase],
    [tool, corpus, target]: [&String; 3],
    image: Option<&TargetImage>,
    seed: u64,
) -> fmt::Result {
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for case in planned {
        *versions.entry(&case.version).or_default() += 1;
    }
    let versions: Vec<String> = versions.iter().map(|(version, count)| format!("{count} of {version}")).collect();
    let versions = if versions.is_empty() { String::new() } else { format!(" ({})", versions.join(", ")) };
    write!(text, "{BOLD}plan{BOLD:#}  {}{versions}", counted(planned.len(), "case"))?;
    let [tool, corpus, target] = [Shown(tool), Shown(corpus), Shown(target)];
    writeln!(text, "  target {target}  seed {seed}  corpus {corpus}  mqttspec {tool}")?;
    if let Some(image) = image {
        writeln!(text, "image {}  {}", Shown(&image.name), Shown(image.digest.as_ref().unwrap_or(&image.id)))?;
    }
    writeln!(text)
}

/// A word in the colour of a verdict.
fn word(verdict: Verdict, word: &str) -> impl fmt::Display + '_ {
    let style = match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Fail => AnsiColor::Red.on_default().bold(),
        Verdict::Nonstrict => AnsiColor::Yellow.on_default().bold(),
        Verdict::Inconclusive => AnsiColor::Magenta.on_default().bold(),
        Verdict::Info | Verdict::Unsupported => AnsiColor::Cyan.on_default(),
        Verdict::Skipped => DIM,
    };
    fmt::from_fn(move |f| write!(f, "{style}{word}{style:#}"))
}

/// The word of the standards for a level.
pub(super) const fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
        Level::Info => "MAY",
    }
}

/// The first three of many names.
fn few(names: &[impl AsRef<str>]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |f| {
        for (at, name) in names.iter().take(3).enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { ", " }, Shown(name.as_ref()))?;
        }
        if names.len() > 3 { write!(f, " and {} more", names.len() - 3) } else { Ok(()) }
    })
}

/// The command that runs a case again.
fn again(command: &[String], case: &str) -> String {
    let words = command.iter().map(String::as_str).chain([case]);
    words.map(quoted).collect::<Vec<_>>().join(" ")
}
