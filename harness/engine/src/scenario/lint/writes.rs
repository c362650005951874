//! One write is of one Client, and only of what it sends.

use crate::scenario::error::Problem;
use crate::scenario::load::all_steps;
use crate::scenario::{Action, Scenario, Step, Verb};

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    for step in all_steps(&scenario.steps) {
        match &step.action {
            Action::Together(steps) => one_write("together", steps, problems),
            Action::Split { steps, .. } => one_write("split", steps, problems),
            _ => {}
        }
    }
}

fn one_write(name: &str, steps: &[Step], problems: &mut Vec<Problem>) {
    let mut writer: Option<(usize, &Step)> = None;
    for step in steps {
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
