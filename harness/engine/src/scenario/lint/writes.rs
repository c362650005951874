//! One write is of one Client, and only of what it sends.

use crate::scenario::error::Problem;
use crate::scenario::load::all_steps;
use crate::scenario::{Action, Cut, Scenario, Step, Verb};

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    for step in all_steps(&scenario.steps) {
        if !scenario.needs_web_socket() && needs_web_socket(step) {
            let problem = Problem::new("a WebSocket that is not required", step.span, "TCP has no such thing");
            problems.push(problem.help("add `requires web-socket=#true`"));
        }
        match &step.action {
            Action::Together(steps) => one_write("together", steps, problems),
            Action::Split { cut: Cut::TextFrame, steps } => one_write("ws-frame", steps, problems),
            Action::Split { steps, .. } => one_write("split", steps, problems),
            _ => {}
        }
    }
}

fn needs_web_socket(step: &Step) -> bool {
    match &step.action {
        Action::Split { cut: Cut::TextFrame, .. } => true,
        Action::Client { verb: Verb::Open { offers }, .. } => !offers.is_empty(),
        _ => false,
    }
}

fn one_write(name: &str, steps: &[Step], problems: &mut Vec<Problem>) {
    let mut writer: Option<(usize, &Step)> = None;
    for step in repeated(steps) {
        let Action::Client { client, verb: Verb::Send(_) | Verb::Raw(_) } = &step.action else {
            problems.push(
                Problem::new(format!("`{name}` with more than sends"), step.span, "neither `->` nor `raw`")
                    .help("put other steps before or behind the block"),
            );
            continue;
        };
        match writer {
            Some((first, earlier)) if first != *client => problems.push(
                Problem::new(format!("`{name}` with two Clients"), step.span, "another Client")
                    .note(earlier.span, "the first Client")
                    .help("one write belongs to one Network Connection"),
            ),
            Some(_) => {}
            None => writer = Some((*client, step)),
        }
    }
}

/// The steps, with those of a `repeat` in its place.
fn repeated(steps: &[Step]) -> Vec<&Step> {
    steps
        .iter()
        .flat_map(|step| match &step.action {
            Action::Repeat { steps, .. } => repeated(steps),
            _ => vec![step],
        })
        .collect()
}
