//! A case that failed, or that was not strict: all that a bug report needs.

use super::{BOLD, Conversation, DIM, again, level, word};
use crate::report::text::{Pairs, Seconds, Shown, squeezed};
use mqttspec_engine::event::{Breach, CaseResult, RuleOutcome, RuleState, Verdict};
use std::cmp::Reverse;
use std::fmt::{self, Write};

/// The column of the level in the headline, where the case id leaves room.
const LEVEL: usize = 64;

pub(super) fn write(
    text: &mut String,
    result: &CaseResult,
    conversation: &Conversation,
    command: &[String],
) -> fmt::Result {
    let broken = |rule: &&RuleOutcome| rule.state == RuleState::Broken;
    let mut rules: Vec<&RuleOutcome> = result.rules.iter().filter(broken).collect();
    // What makes the verdict comes first.
    rules.sort_by_key(|rule| (Reverse(rule.level), rule.breach.as_ref().is_some_and(|breach| breach.late)));
    headline(text, result, rules.first().copied())?;
    match rules.first() {
        None => writeln!(text, "  {}", Shown(&result.reason))?,
        Some(_) if result.tags.is_empty() => {}
        Some(_) => writeln!(text, "  {}", Shown(&result.tags.join(", ")))?,
    }
    for (at, rule) in rules.iter().enumerate() {
        if at > 0 {
            let late = rule.breach.as_ref().is_some_and(|breach| breach.late);
            let late = if late { "  late" } else { "" };
            writeln!(text, "  {BOLD}and{BOLD:#}       {}  {}{late}", level(rule.level), Shown(&rule.statement))?;
        }
        writeln!(text, "  {}", Shown(&rule.text))?;
        if let Some(breach) = &rule.breach {
            evidence(text, breach)?;
        }
    }
    conversation.write(text)?;
    if !command.is_empty() {
        writeln!(text, "  {BOLD}again{BOLD:#}     {}", Shown(&again(command, &result.case)))?;
    }
    text.push('\n');
    Ok(())
}

fn headline(text: &mut String, result: &CaseResult, rule: Option<&RuleOutcome>) -> fmt::Result {
    let name = result.verdict.word().to_uppercase();
    let case = Shown(&result.case).to_string();
    write!(text, "{}  {BOLD}{case}{BOLD:#}", word(result.verdict, &name))?;
    if let Some(rule) = rule {
        let room = LEVEL.saturating_sub(name.len() + 2 + case.chars().count()).max(2);
        let late = result.verdict == Verdict::Nonstrict && rule.breach.as_ref().is_some_and(|breach| breach.late);
        let late = if late { "  late" } else { "" };
        write!(text, "{:room$}{}  {}{late}", "", level(rule.level), Shown(&rule.statement))?;
    } else if !result.tags.is_empty() {
        write!(text, "  {}", Shown(&result.tags.join(", ")))?;
    }
    text.push('\n');
    Ok(())
}

fn evidence(text: &mut String, breach: &Breach) -> fmt::Result {
    let step = squeezed(&breach.step);
    writeln!(text, "  {DIM}{}{DIM:#}    {}", Shown(&breach.place), Shown(&step))?;
    let expected = squeezed(&breach.expected);
    let expected = if expected == step { without_rule(&expected) } else { &expected };
    writeln!(text, "  {BOLD}expected{BOLD:#}  {}", Shown(expected))?;
    writeln!(text, "  {BOLD}actual{BOLD:#}    +{} s  {}", Seconds(breach.at_us), Shown(&breach.actual))?;
    if let Some(hex) = &breach.hex {
        writeln!(text, "  {BOLD}hex{BOLD:#}       {}", Pairs(hex))?;
    }
    Ok(())
}

/// A step without its `rule=NAME` at the end.
pub(crate) fn without_rule(step: &str) -> &str {
    match step.rsplit_once(' ') {
        Some((rest, last)) if last.starts_with("rule=") => rest,
        _ => step,
    }
}
