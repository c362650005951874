//! From what became of the rules to the verdict of the case.

use super::owed::OwedState;
use super::{Phase, Player, Stop};
use crate::event::{CaseResult, RuleKind, RuleOutcome, RuleState, Verdict};
use crate::plan::OpKind;
use crate::statement::Level;
use std::collections::BTreeSet;

impl Player {
    /// The last step is done or the case cannot go on: settles the verdict, then cleans up.
    pub(super) fn conclude(&mut self) {
        self.judge_silences();
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
        let mut ahead = self.rules_ahead();
        ahead.extend(&self.current);
        let asked = self.rules_asked();
        for rule in self.case.rules() {
            let declared = &self.case.scenario.rules[rule];
            let Some(statement) = declared.statement(self.case.version) else { continue };
            let level = self.level_of(rule);
            let breach = self.broken.get(&rule).cloned();
            let state = match (&breach, self.passed.get(&rule)) {
                (Some(_), _) => RuleState::Broken,
                (None, Some(_)) if finished || !ahead.contains(&rule) => RuleState::Proved,
                // Only in a branch that was not taken: nothing was asked.
                (None, None) if finished && !asked.contains(&rule) => continue,
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
            let same = |told: &&mut RuleOutcome| {
                told.kind == RuleKind::Owed && told.name == owed.name && told.statement == owed.statement
            };
            let told = outcomes.iter_mut().find(same);
            match told {
                Some(told) if state == RuleState::Broken || told.state == RuleState::Proved && state != told.state => {
                    (told.state, told.breach) = (state, breach);
                    told.text.clone_from(&owed.text);
                }
                Some(_) => {}
                None => {
                    // Ids of the two versions overlap: that of another version says so.
                    let version = self.connections[owed.connection as usize].version;
                    let other = (version != self.case.version).then(|| format!(" (a Client of MQTT {version})"));
                    outcomes.push(RuleOutcome {
                        name: owed.name.clone(),
                        kind: RuleKind::Owed,
                        text: format!("{}{}", owed.text, other.unwrap_or_default()),
                        statement: owed.statement.to_owned(),
                        level: self.catalogue.get(version, owed.statement).map_or(Level::Must, |known| known.level),
                        state,
                        silence: None,
                        breach,
                    });
                }
            }
        }
        outcomes
    }

    /// The level of a rule: that of its statement, unless the scenario lowers it.
    pub(super) fn level_of(&self, rule: usize) -> Level {
        self.case.scenario.rules[rule].level_in(self.case.version, &self.catalogue)
    }

    /// The rules that every way through the program must show: those outside of branches.
    fn rules_asked(&self) -> BTreeSet<usize> {
        let mut asked = BTreeSet::new();
        for op in &self.case.program {
            asked.extend(op.rule);
            if let OpKind::AnyOrder(ops) = &op.kind {
                asked.extend(ops.iter().filter_map(|op| op.rule));
            }
        }
        asked
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
        // What is less than a MUST must not hide that a MUST behind it was never looked at.
        let unreached = |rule: &&RuleOutcome| {
            rule.kind == RuleKind::Scenario && rule.state == RuleState::NotReached && rule.level == Level::Must
        };
        if let (Some(Stop::Broken), Some(rule)) = (&self.stop, rules.iter().find(unreached)) {
            let lesser = rules.iter().find(|rule| rule.state == RuleState::Broken).map(&why).unwrap_or_default();
            return (Verdict::Inconclusive, format!("{} was not reached after {lesser}", rule.statement));
        }
        if let Some(rule) = broken(Level::Must, true).or_else(|| broken(Level::Should, false)) {
            return (Verdict::Nonstrict, why(rule));
        }
        if let Some(rule) = broken(Level::Should, true).or_else(|| broken(Level::Info, false)) {
            return (Verdict::Info, why(rule));
        }
        let proved = |rule: &RuleOutcome| rule.state == RuleState::Proved;
        let own = !self.case.rules().is_empty();
        let some = rules.iter().any(|rule| proved(rule) && (rule.kind == RuleKind::Scenario || !own));
        let all = rules.iter().all(|rule| proved(rule) || rule.state == RuleState::Broken);
        if some && all {
            return (Verdict::Pass, String::new());
        }
        (Verdict::Inconclusive, "the case came to its end without proving its rules".to_owned())
    }
}
