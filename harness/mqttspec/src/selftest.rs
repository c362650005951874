//! Whether the scenarios have teeth: the cases run against servers that break one clause each.

mod coverage;
pub mod report;

pub use coverage::without_saboteur;

use crate::run::{Isolation, Options, run_embedded};
use mqttspec_broker::{Choice, Config, Sabotage};
use mqttspec_codec::Version;
use mqttspec_engine::event::{Breach, CaseResult, Event, RuleKind, RuleState, Verdict};
use mqttspec_engine::plan::Case;
use mqttspec_engine::statement::{Catalogue, Level};
use serde::Serialize;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// A saboteur, in one of the versions to which it applies.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// What it does wrong.
    pub sabotage: &'static Sabotage,
    /// The version of the cases that are run.
    pub version: Version,
}

/// What a trial came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A case failed, or was nonstrict where the saboteur does what is only advised against, and named a statement that
    /// the saboteur breaks.
    Caught,
    /// Cases failed, and all of them named other statements.
    OtherStatement,
    /// No case failed.
    Nobody,
}

/// A case that caught a saboteur, and by which statement.
#[derive(Clone, Debug, Serialize)]
pub struct Catch {
    /// The case.
    pub case: String,
    /// What it proves, in words.
    pub rule: String,
    /// Where the rule comes from.
    pub kind: RuleKind,
    /// The statement that it names.
    pub statement: String,
    /// The evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breach: Option<Breach>,
}

/// A case that could not tell.
#[derive(Clone, Debug, Serialize)]
pub struct Doubt {
    /// The case.
    pub case: String,
    /// Why.
    pub reason: String,
}

/// The result of a trial.
#[derive(Clone, Debug)]
pub struct TrialResult {
    /// The trial.
    pub trial: Trial,
    /// The rules by which cases failed and named a statement that the saboteur breaks, in the order of the plan: first
    /// those of scenarios. A case that breaks several stands here once for each.
    pub catches: Vec<Catch>,
    /// Cases that failed and named other statements alone: a broken clause has its consequences.
    pub others: Vec<Catch>,
    /// The cases that were inconclusive, and why; they catch nobody.
    pub inconclusive: Vec<Doubt>,
    /// Whether a monitor saw one of the statements broken. That is no verdict, and catches nobody.
    pub monitored: bool,
}

impl TrialResult {
    /// What it came to.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match (self.catches.is_empty(), self.others.is_empty()) {
            (false, _) => Outcome::Caught,
            (true, false) => Outcome::OtherStatement,
            (true, true) => Outcome::Nobody,
        }
    }
}

/// Every saboteur in each version to which it applies and in which there is a case.
#[must_use]
pub fn trials(saboteurs: &[&'static Sabotage], cases: &[Case]) -> Vec<Trial> {
    let trial = |sabotage: &&'static Sabotage| {
        let sabotage = *sabotage;
        Version::ALL.into_iter().map(move |version| Trial { sabotage, version })
    };
    let applies = |trial: &Trial| !trial.sabotage.breaks(trial.version).is_empty();
    let has_cases = |trial: &Trial| cases.iter().any(|case| case.version == trial.version);
    saboteurs.iter().flat_map(trial).filter(|trial| applies(trial) && has_cases(trial)).collect()
}

/// Runs the cases of its version against each saboteur, in virtual time, `jobs` trials at once. `done` is told how
/// many are over.
pub fn selftest(
    trials: &[Trial],
    cases: &[Case],
    catalogue: &Arc<Catalogue>,
    options: &Options,
    jobs: NonZeroUsize,
    mut done: impl FnMut(usize),
) -> Vec<TrialResult> {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    let mut told: BTreeMap<usize, TrialResult> = BTreeMap::new();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get().min(trials.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(trial) = trials.get(number)
                    && sender.send((number, run(*trial, cases, catalogue, options))).is_ok()
                {}
            });
        }
        drop(sender);
        for (number, result) in results {
            told.insert(number, result);
            done(told.len());
        }
    });
    told.into_values().collect()
}

fn run(trial: Trial, cases: &[Case], catalogue: &Arc<Catalogue>, options: &Options) -> TrialResult {
    let broken = trial.sabotage.breaks(trial.version);
    let mut config = Config { sabotage: Some(trial.sabotage), ..Config::default() };
    for choice in trial.sabotage.choices.iter().filter_map(|name| Choice::named(name)) {
        choice.apply(&mut config);
    }
    let cases = cases.iter().filter(|case| case.version == trial.version).cloned().collect();
    let mut monitored = false;
    let events = &mut |event| {
        if let Event::Finding { finding, .. } = event {
            monitored |= finding.statement.is_some_and(|statement| broken.contains(&statement.as_str()));
        }
    };
    let summary = run_embedded(cases, catalogue, options, &config, Isolation::PerCase, events);
    let of = |verdict: Verdict| summary.results.iter().filter(move |result| result.verdict == verdict);
    let doubt = |result: &CaseResult| Doubt { case: result.case.clone(), reason: result.reason.clone() };
    let inconclusive = of(Verdict::Inconclusive).map(doubt).collect();
    let (mut catches, mut others) = (Vec::new(), Vec::new());
    let (verdict, level) = match trial.sabotage.is_advice() {
        true => (Verdict::Nonstrict, Level::Should),
        false => (Verdict::Fail, Level::Must),
    };
    for result in of(verdict) {
        let (named, rest): (Vec<Catch>, Vec<Catch>) =
            breaches(result, level).into_iter().partition(|catch| broken.contains(&catch.statement.as_str()));
        match named.is_empty() {
            true => others.extend(rest.into_iter().next()),
            false => catches.extend(named),
        }
    }
    // A case that is about the statement shows more than one that is only owed an answer.
    catches.sort_by_key(|catch| catch.kind == RuleKind::Owed);
    TrialResult { trial, catches, others, inconclusive, monitored }
}

/// The rules of this level that a case shows to be broken.
fn breaches(result: &CaseResult, level: Level) -> Vec<Catch> {
    let rules = result.rules.iter().filter(|rule| rule.state == RuleState::Broken && rule.level == level);
    let catch = |rule: &mqttspec_engine::event::RuleOutcome| Catch {
        case: result.case.clone(),
        rule: rule.text.clone(),
        kind: rule.kind,
        statement: rule.statement.clone(),
        breach: rule.breach.clone(),
    };
    rules.map(catch).collect()
}
