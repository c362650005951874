//! What a `<-` asks beyond which packet is meant is a claim, as is `well-formed`, and a claim has a rule.

use crate::scenario::error::Problem;
use crate::scenario::fields::field;
use crate::scenario::load::all_steps;
use crate::scenario::{Action, PacketSpec, Scenario, Span, Step, Verb};
use mqttspec_codec::Version;

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    for step in all_steps(&scenario.steps) {
        if step.rule.is_none()
            && let Some((what, span)) = claim(step)
        {
            let help = match scenario.rules.as_slice() {
                [] => "name the rule that it shows with `rule=`, or leave it out".to_owned(),
                [rule, ..] => format!("name the rule that it shows, such as `rule={}`, or leave it out", rule.name),
            };
            problems.push(Problem::new(format!("{what} without a rule"), span, "a claim needs a rule").help(help));
        }
    }
}

/// What a step asserts, and where.
fn claim(step: &Step) -> Option<(String, Span)> {
    match &step.action {
        Action::Client { verb: Verb::Receive { expected, .. }, .. } => claimed(expected),
        Action::Client { verb: Verb::WellFormed, .. } => Some(("`well-formed`".to_owned(), step.span)),
        _ => None,
    }
}

fn claimed(expected: &PacketSpec) -> Option<(String, Span)> {
    let identity = |key: &str| field(expected.packet, Version::V5, key).is_some_and(|spec| spec.identity);
    let fields = expected.fields.iter().filter(|field| !identity(&field.key));
    let fields = fields.map(|field| (format!("`{}` of {}", field.key, expected.packet), field.span));
    let entries = expected.entries.iter().map(|entry| (format!("`{}` of {}", entry.name, expected.packet), entry.span));
    fields.chain(entries).next()
}
