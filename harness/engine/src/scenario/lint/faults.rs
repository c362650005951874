//! A negative rule has a control, and a fault has a rule.

use crate::scenario::error::Problem;
use crate::scenario::load::{NumberSet, all_steps, number_set};
use crate::scenario::{Action, Axis, PacketSpec, Scenario, Step, Value, Verb};
use mqttspec_codec::PacketType;

/// From here on a code is a refusal in 5.0, and in a SUBACK of 3.1.1.
const REFUSAL: u64 = 0x80;

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    let all = all_steps(&scenario.steps);
    if !scenario.has_control() {
        let negative = all.iter().filter(|step| step.rule.is_some());
        for (step, what) in negative.filter_map(|step| Some((step, negative_step(step, &scenario.axes)?))) {
            problems.push(
                Problem::new(
                    format!("{what} with a rule, but no `fault`"),
                    step.span,
                    "no control shows that it could be otherwise",
                )
                .help("put what provokes it into `fault { }`: the same conversation without that is the control"),
            );
        }
    }
    for (at, step) in all.iter().enumerate() {
        // Blocks come before what is in them: all that is inside or after this one follows it.
        if matches!(step.action, Action::Fault(_)) && all[at..].iter().all(|later| later.rule.is_none()) {
            problems.push(
                Problem::new("a `fault` that no rule follows", step.span, "provokes nothing that is judged")
                    .help("a step in it or after it names with `rule=` what the fault shows"),
            );
        }
    }
}

fn negative_step(step: &Step, axes: &[Axis]) -> Option<&'static str> {
    let Action::Client { verb, .. } = &step.action else {
        return None;
    };
    match verb {
        Verb::Closed { .. } => Some("`closed`"),
        Verb::Quiet { .. } => Some("`quiet`"),
        Verb::Receive { expected, .. } => refusal(expected, axes).then_some("a refusal"),
        _ => None,
    }
}

fn refusal(expected: &PacketSpec, axes: &[Axis]) -> bool {
    let least = if expected.packet == PacketType::Connack { 1 } else { REFUSAL };
    let code = expected.field("code").or_else(|| expected.field("codes"));
    match code {
        Some(Value::Number(code)) => *code >= least,
        Some(Value::Text(text)) => text.split_whitespace().any(|code| all_refuse(code, least, axes)),
        _ => false,
    }
}

fn all_refuse(code: &str, least: u64, axes: &[Axis]) -> bool {
    let axis = code.strip_prefix('$').and_then(|name| axes.iter().find(|axis| axis.name == name));
    match axis {
        Some(axis) => axis.values.iter().any(|value| number_set(value).is_ok_and(|set| set.all_from(least))),
        None => number_set(code).is_ok_and(|set: NumberSet| set.all_from(least)),
    }
}
