//! From what became of the rules to the verdict of the case.

use super::owed::OwedState;
use super::{Phase, Player, Stop};
use crate::event::{CaseResult, RuleKind, RuleOutcome, RuleState, Verdict};
use crate::statement::Level;

impl Player {
    /// The last step is done or the case cannot go on: settles the verdict, then cleans up.
    pub(super) fn conclude(&mut self) {
        if self.stop.is_none() {
            self.judge_silences();
        }
        let rules = self.outcomes();
        let (verdict, reason) = self.verdict(&rules);
        self.verdict = Some(CaseResult {
            case: self.case.id.clone(),
            verdict,
            reason,
            rules,
            tags: Vec::new(),
            left_behind: Vec::new(),
            duration_us: 0,
        });
        self.phase = Phase::Running;
        self.begin_cleanup();
    }

    pub(super) fn outcomes(&self) -> Vec<RuleOutcome> {
        let mut outcomes = Vec::new();
        let finished = self.stop.is_none();
        let ahead = self.rules_ahead();
        for rule in self.case.rules() {
            let declared = &self.case.scenario.rules[rule];
            let Some(statement) = declared.statement(self.case.version) else { continue };
            let level = self.level(statement, declared.level);
            let breach = self.broken.get(&rule).cloned();
            let state = match (&breach, self.passed.get(&rule)) {
                (Some(_), _) => RuleState::Broken,
                (None, Some(_)) if finished || !ahead.contains(&rule) => RuleState::Proved,
                // Only in a branch that was not taken: nothing was asked.
                (None, None) if finished && !ahead.contains(&rule) => continue,
                _ => RuleState::NotReached,
            };
            outcomes.push(RuleOutcome {
                name: declared.name.clone(),
                kind: RuleKind::Scenario,
                text: declared.text.clone(),
                statement: statement.to_owned(),
                level,
                state,
                silence: self.passed.get(&rule).copied().flatten(),
                breach,
            });
        }
        for owed in &self.owed {
            let state = match owed.state {
                OwedState::Met => RuleState::Proved,
                OwedState::Broken(_) => RuleState::Broken,
                OwedState::Pending => RuleState::NotReached,
                OwedState::Dropped => continue,
            };
            let breach = match &owed.state {
                OwedState::Broken(breach) => Some(breach.clone()),
                _ => None,
            };
            // The same duty met many times is told once; a breach of it is told instead.
            let told = outcomes.iter_mut().find(|told| told.kind == RuleKind::Owed && told.name == owed.name);
            match told {
                Some(told) if state == RuleState::Broken || told.state == RuleState::Proved && state != told.state => {
                    (told.state, told.breach) = (state, breach);
                }
                Some(_) => {}
                None => outcomes.push(RuleOutcome {
                    name: owed.name.clone(),
                    kind: RuleKind::Owed,
                    text: owed.text.clone(),
                    statement: owed.statement.to_owned(),
                    level: self.level(owed.statement, None),
                    state,
                    silence: None,
                    breach,
                }),
            }
        }
        outcomes
    }

    pub(super) fn level(&self, statement: &str, lowered: Option<Level>) -> Level {
        let known = self.catalogue.get(self.case.version, statement).map_or(Level::Must, |known| known.level);
        lowered.map_or(known, |lowered| known.min(lowered))
    }

    /// The rules that steps still to come would have shown.
    pub(super) fn rules_ahead(&self) -> Vec<usize> {
        let rest = crate::plan::Case { program: self.program.iter().cloned().collect(), ..(*self.case).clone() };
        rest.rules()
    }

    pub(super) fn verdict(&self, rules: &[RuleOutcome]) -> (Verdict, String) {
        let broken = |level: Level, late: bool| {
            rules.iter().find(|rule| {
                rule.state == RuleState::Broken
                    && rule.level == level
                    && rule.breach.as_ref().is_some_and(|breach| breach.late == late)
            })
        };
        let why = |rule: &RuleOutcome| {
            let actual = rule.breach.as_ref().map_or("", |breach| breach.actual.as_str());
            format!("{}: {} -- {actual}", rule.statement, rule.text)
        };
        if let Some(rule) = broken(Level::Must, false) {
            return (Verdict::Fail, why(rule));
        }
        match &self.stop {
            Some(Stop::Inconclusive(reason)) => return (Verdict::Inconclusive, reason.clone()),
            Some(Stop::Unsupported(reason)) => return (Verdict::Unsupported, reason.clone()),
            Some(Stop::Broken) | None => {}
        }
        if let Some(rule) = broken(Level::Must, true).or_else(|| broken(Level::Should, false)) {
            return (Verdict::Nonstrict, why(rule));
        }
        if let Some(rule) = broken(Level::Should, true).or_else(|| broken(Level::Info, false)) {
            return (Verdict::Info, why(rule));
        }
        let proved = |rule: &RuleOutcome| rule.state == RuleState::Proved;
        let own = rules.iter().any(|rule| rule.kind == RuleKind::Scenario);
        let some = rules.iter().any(|rule| proved(rule) && (rule.kind == RuleKind::Scenario || !own));
        let all = rules.iter().all(|rule| proved(rule) || rule.state == RuleState::Broken);
        if some && all {
            return (Verdict::Pass, String::new());
        }
        (Verdict::Inconclusive, "the case came to its end without proving its rules".to_owned())
    }
}
