//! A whole run, folded from its events: what every format reads that is written when the run is over.

use super::findings::Findings;
use super::totals::Totals;
use crate::overlay::{Overlay, Overlays};
use mqttspec_engine::event::{
    CaseResult, Environment, Event, Finding, PlannedCase, RuleOutcome, RuleState, Settled, Shard, StatementText,
    TargetImage, Verdict,
};
use mqttspec_engine::statement::Level;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How long before and after a case the server's log is of interest, in microseconds.
const AROUND: u64 = 100_000;

/// All that is known of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// Version of mqttspec.
    pub tool: String,
    /// Hash of scenarios and catalogue.
    pub corpus: String,
    /// What is tested.
    pub target: String,
    /// The image of a server in a container.
    pub image: Option<TargetImage>,
    /// The seed of everything random.
    pub seed: u64,
    /// What the run was made on and with.
    pub environment: Environment,
    /// Every planned case, in the order of the plan.
    pub cases: Vec<Case>,
    /// Case id to place in `cases`.
    places: BTreeMap<String, usize>,
    pub(super) findings: Findings,
    pub(super) overlays: Overlays,
    /// How often the server died.
    pub deaths: Vec<Death>,
    /// What the server wrote: microseconds since the run began, and a line.
    pub log: Vec<(u64, String)>,
    /// The text of each scenario file.
    pub sources: BTreeMap<String, String>,
    statements: BTreeMap<(String, String), StatementText>,
    /// How it ended, once it has.
    pub finished: Option<Finished>,
    last_us: u64,
    /// The whole of which the run is a part.
    pub shard: Option<Shard>,
}

/// A planned case and what came of it.
#[derive(Debug)]
pub struct Case {
    /// What was planned.
    pub planned: PlannedCase,
    /// The last result, which is the one that counts.
    pub result: Option<CaseResult>,
    /// Those before of the same attempt, if it ran more than once for reasons of ours.
    pub earlier: Vec<CaseResult>,
    /// The attempt that this is, from 1.
    pub attempt: u32,
    /// The other attempts, if the user asked for several.
    pub attempts: Vec<Attempt>,
    /// It went wrong in one attempt, and not in another.
    pub flaky: bool,
    /// The number of an attempt that has been told of and not begun.
    next: Option<u32>,
    /// When its last attempt began, in microseconds since the run did.
    pub started_us: u64,
    /// What happened in its last attempt.
    pub transcript: Vec<Event>,
}

/// An attempt of a case that does not count.
#[derive(Debug)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// What came of it.
    pub result: CaseResult,
    /// When it began, in microseconds since the run did.
    pub started_us: u64,
    /// What happened.
    pub transcript: Vec<Event>,
}

/// The server died.
#[derive(Debug, Serialize)]
pub struct Death {
    /// What is known of it.
    pub reason: String,
    /// The cases that were running.
    pub running: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The exit code.
    pub exit_code: u8,
    /// Why.
    pub reason: String,
    /// How long it took, in microseconds.
    pub duration_us: u64,
}

impl Case {
    /// Nothing has come of it yet.
    fn new(planned: &PlannedCase) -> Self {
        Self {
            planned: planned.clone(),
            result: None,
            earlier: Vec::new(),
            attempt: 1,
            attempts: Vec::new(),
            flaky: false,
            next: None,
            started_us: 0,
            transcript: Vec::new(),
        }
    }

    /// What is told from here on is of the attempt that was announced, if one was.
    fn begin_attempt(&mut self) {
        let Some(number) = self.next.take() else { return };
        let (transcript, number) = (std::mem::take(&mut self.transcript), std::mem::replace(&mut self.attempt, number));
        if let Some(result) = self.result.take() {
            self.attempts.push(Attempt { number, result, started_us: self.started_us, transcript });
        }
    }

    /// This attempt counts.
    fn settle(&mut self, settled: &Settled) {
        self.flaky = settled.flaky;
        let Some(at) = self.attempts.iter().position(|attempt| attempt.number == settled.attempt) else { return };
        let counts = self.attempts.remove(at);
        let transcript = std::mem::replace(&mut self.transcript, counts.transcript);
        let (number, started_us) = (self.attempt, self.started_us);
        (self.attempt, self.started_us) = (counts.number, counts.started_us);
        if let Some(result) = self.result.replace(counts.result) {
            self.attempts.push(Attempt { number, result, started_us, transcript });
        }
    }

    /// The word for its verdict; `missing` without one.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.verdict().map_or("missing", Verdict::word)
    }

    /// Its verdict, if it has one.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.result.as_ref().map(|result| result.verdict)
    }

    /// Why it has the verdict; empty for a plain pass.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.result.as_ref().map_or("the run ended before this case did", |result| &result.reason)
    }

    /// How long it took, in microseconds.
    #[must_use]
    pub fn duration_us(&self) -> u64 {
        self.result.as_ref().map_or(0, |result| result.duration_us)
    }

    /// Its rules and what became of them.
    #[must_use]
    pub fn rules(&self) -> &[RuleOutcome] {
        self.result.as_ref().map_or(&[], |result| &result.rules)
    }

    /// The rules that are broken; what makes the verdict comes first.
    #[must_use]
    pub fn broken(&self) -> Vec<&RuleOutcome> {
        let mut rules: Vec<&RuleOutcome> = self.rules().iter().filter(|rule| rule.state == RuleState::Broken).collect();
        rules.sort_by_key(|rule| (Reverse(rule.level), rule.breach.as_ref().is_some_and(|breach| breach.late)));
        rules
    }

    /// `qos/qos1-handshake` of `qos/qos1-handshake@v5,sub-qos=1`.
    #[must_use]
    pub fn scenario(&self) -> &str {
        let name = self.planned.case.split('@').next().unwrap_or_default();
        name.strip_suffix(".control").unwrap_or(name)
    }

    /// The folder of the scenario.
    #[must_use]
    pub fn area(&self) -> &str {
        self.planned.case.split('/').next().unwrap_or_default()
    }
}

impl Run {
    /// The run that these events tell of.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut run = Self::default();
        events.into_iter().for_each(|event| run.event(event));
        run
    }

    /// How many cases came to what.
    pub(super) fn totals(&self) -> Totals {
        let flaky = self.cases.iter().filter(|case| case.flaky).count();
        Totals::of(self.cases.iter().map(Case::verdict)).with_flaky(flaky)
    }

    /// How a case stands to what the user expected of it.
    pub(super) fn overlay(&self, case: &Case) -> Option<Overlay> {
        case.result.as_ref().and_then(|result| self.overlays.of(result))
    }

    /// The cases that stand so to what the user expected of them.
    pub(super) fn overlaid(&self, overlay: Overlay) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| self.overlay(case) == Some(overlay))
    }

    /// The breaches of a MUST that monitors saw, one for each statement.
    pub(crate) fn grave_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.all().iter().map(|seen| &seen.first).filter(|finding| finding.level == Level::Must)
    }

    /// A statement in our words, if the run tells of it.
    #[must_use]
    pub fn statement(&self, version: &str, id: &str) -> Option<&StatementText> {
        self.statements.get(&(version.to_owned(), id.to_owned()))
    }

    /// The last moment that is known of, in microseconds since the run began.
    #[must_use]
    pub const fn last_us(&self) -> u64 {
        self.last_us
    }

    /// What the server wrote while a case ran, and shortly before and after.
    pub fn log_during(&self, case: &Case) -> impl Iterator<Item = (u64, &str)> {
        let (from, to) = (case.started_us.saturating_sub(AROUND), case.started_us + case.duration_us() + AROUND);
        self.log.iter().filter(move |(at, _)| (from..=to).contains(at)).map(|(at, line)| (*at, line.as_str()))
    }

    /// Takes in what happened.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { schema: _, tool, corpus, target, image, seed, environment, planned } => {
                let (tool, corpus, target) = (tool.clone(), corpus.clone(), target.clone());
                *self = Self {
                    image: image.clone(),
                    environment: environment.clone(),
                    cases: planned.iter().map(Case::new).collect(),
                    places: planned.iter().enumerate().map(|(at, planned)| (planned.case.clone(), at)).collect(),
                    seed: *seed,
                    tool,
                    corpus,
                    target,
                    ..Self::default()
                };
            }
            Event::Corpus { sources, statements } => {
                self.sources = sources.iter().map(|source| (source.name.clone(), source.text.clone())).collect();
                let key = |statement: &StatementText| (statement.version.clone(), statement.id.clone());
                self.statements = statements.iter().map(|statement| (key(statement), statement.clone())).collect();
            }
            Event::Expectations(expectations) => self.overlays = Overlays::new(expectations.clone()),
            // A case that runs again begins a new transcript.
            Event::CaseStarted { case, at_us } => {
                self.last_us = self.last_us.max(*at_us);
                if let Some(case) = self.case(case) {
                    case.begin_attempt();
                    case.transcript.clear();
                    case.started_us = *at_us;
                }
            }
            Event::Opened(moment) | Event::Refused { moment, .. } | Event::Closed { moment, .. } => {
                self.note(&moment.case, moment.at_us, event);
            }
            Event::Sent(bytes) | Event::Received(bytes) => self.note(&bytes.moment.case, bytes.moment.at_us, event),
            Event::Step { case, at_us, .. } | Event::Operation { case, at_us, .. } => self.note(case, *at_us, event),
            Event::Finding { case, finding } => {
                self.findings.add(case, finding);
                self.note(case, finding.at_us, event);
            }
            Event::CaseFinished(result) => {
                if let Some(case) = self.case(&result.case) {
                    case.begin_attempt();
                    case.earlier.extend(case.result.replace(result.clone()));
                }
            }
            Event::AttemptStarted(attempt) => {
                for case in &attempt.cases {
                    self.case(case).into_iter().for_each(|case| case.next = Some(attempt.number));
                }
            }
            Event::CaseSettled(settled) => self.case(&settled.case).into_iter().for_each(|case| case.settle(settled)),
            Event::Shard(shard) => self.shard = Some(shard.clone()),
            Event::Log { at_us, line } => self.log.push((*at_us, line.clone())),
            Event::TargetDied { reason, running } => {
                self.deaths.push(Death { reason: reason.clone(), running: running.clone() });
            }
            Event::RunFinished { exit_code, reason, duration_us } => {
                let (exit_code, reason, duration_us) = (*exit_code, reason.clone(), *duration_us);
                self.finished = Some(Finished { exit_code, reason, duration_us });
            }
        }
    }

    fn case(&mut self, id: &str) -> Option<&mut Case> {
        self.places.get(id).map(|&at| &mut self.cases[at])
    }

    fn note(&mut self, id: &str, at_us: u64, event: &Event) {
        let Some(case) = self.case(id) else { return };
        case.transcript.push(event.clone());
        let at = case.started_us + at_us;
        self.last_us = self.last_us.max(at);
    }
}
