//! A silence has a marker that can come.

use super::walk::{Run, steps};
use crate::scenario::error::Problem;
use crate::scenario::load::all_steps;
use crate::scenario::{Action, Marker, Scenario, Step, Verb};
use mqttspec_codec::PacketType;

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    let mut told: Vec<usize> = Vec::new();
    for run in [Run::Case, Run::Control] {
        let run_steps = steps(&scenario.steps, run, None);
        for (at, step) in run_steps.iter().enumerate() {
            let Action::Client { client, verb: Verb::Quiet { marker, .. } } = &step.action else {
                continue;
            };
            let problem = match marker {
                Marker::Fence(fence) => no_publish(scenario, *fence, &run_steps[..at], step, run),
                Marker::Steps(marker) => bad_end(scenario, *client, marker, step),
            };
            if let Some(problem) = problem.filter(|_| !told.contains(&step.span.offset)) {
                told.push(step.span.offset);
                problems.push(problem);
            }
            if let Marker::Steps(marker) = marker
                && run == Run::Case
            {
                problems.extend(all_steps(marker).into_iter().filter(|step| step.rule.is_some()).map(|step| {
                    Problem::new("a rule within the marker of `quiet`", step.span, "names a rule")
                        .help("the marker only shows that the way was open: prove rules before the `quiet`")
                }));
            }
        }
    }
}

fn no_publish(scenario: &Scenario, fence: usize, before: &[&Step], step: &Step, run: Run) -> Option<Problem> {
    let publishes = before.iter().any(|step| {
        matches!(&step.action, Action::Client { client, verb: Verb::Send(packet) }
            if *client == fence && packet.packet == PacketType::Publish)
    });
    let name = &scenario.clients[fence].name;
    let (message, help) = match run {
        Run::Case => (
            format!("`fence={name}`, but `{name}` has published nothing"),
            format!(
                "the fence repeats the topic and QoS of the last PUBLISH of `{name}`: name a Client that published, or give the marker as a block"
            ),
        ),
        Run::Control => (
            format!("`fence={name}`, but in the control `{name}` has published nothing"),
            format!(
                "the control runs without the `fault`: let `{name}` publish before it, or move the `quiet` into the fault"
            ),
        ),
    };
    (!publishes).then(|| Problem::new(message, step.span, "no topic to publish to").help(help))
}

fn bad_end(scenario: &Scenario, client: usize, marker: &[Step], step: &Step) -> Option<Problem> {
    let last = marker.last()?;
    let name = &scenario.clients[client].name;
    let ends_well = matches!(&last.action,
        Action::Client { client: by, verb: Verb::Receive { .. } } if *by == client);
    (!ends_well).then(|| {
        Problem::new("a marker that `quiet` does not see arrive", last.span, format!("not a `{name} <-`"))
            .note(step.span, "the silence")
            .help(format!(
                "the block ends with the packet that shows the way to `{name}` open: `{name} <- PUBLISH ...`"
            ))
    })
}
