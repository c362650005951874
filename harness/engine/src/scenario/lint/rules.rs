//! Every rule is named by a step, in every version of the matrix.

use super::walk::{Run, steps};
use crate::scenario::error::Problem;
use crate::scenario::{Action, Scenario, Step};
use mqttspec_codec::Version;

fn names(step: &Step, rule: usize) -> bool {
    let also = match &step.action {
        Action::Stream(stream) => stream.also.as_slice(),
        _ => &[],
    };
    step.rule == Some(rule) || also.iter().any(|&(_, also)| also == rule)
}

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    for (index, rule) in scenario.rules.iter().enumerate() {
        let named = |version: Version| {
            [Run::Case, Run::Control]
                .into_iter()
                .any(|run| steps(&scenario.steps, run, Some(version)).iter().any(|step| names(step, index)))
        };
        let missing: Vec<Version> = scenario.versions.iter().copied().filter(|&version| !named(version)).collect();
        let help = format!("the step that would show the breach says `rule={}`", rule.name);
        if missing == scenario.versions {
            problems.push(
                Problem::new(format!("no step names rule `{}`", rule.name), rule.span, "never proved").help(help),
            );
        } else if let Some(version) = missing.first() {
            let message = format!("no step of MQTT {version} names rule `{}`", rule.name);
            problems.push(Problem::new(message, rule.span, format!("never proved in MQTT {version}")).help(help));
        }
    }
    if scenario.rules.is_empty() {
        problems.push(
            Problem::new("a scenario that proves nothing", scenario.span, "no `rule` in it")
                .help("such as `rule once \"the message is delivered once\" v5=MQTT-4.3.3-10`"),
        );
    }
}
