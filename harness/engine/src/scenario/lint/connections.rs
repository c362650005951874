//! A Client that has closed, or was closed, opens again before it goes on.

use super::walk::{Run, entered};
use crate::operation::Operation;
use crate::scenario::error::Problem;
use crate::scenario::load::all_steps;
use crate::scenario::{Action, Scenario, Span, Step, Verb};

/// What is known of a Client's Network Connection.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Open, or nothing is known.
    MaybeOpen,
    /// This step ended it.
    Closed(Span),
}

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    for step in all_steps(&scenario.steps) {
        if let Action::Client { client, verb: Verb::Resume(_) } = &step.action
            && !scenario.clients[*client].kept
        {
            let client = &scenario.clients[*client];
            problems.push(
                Problem::new(
                    format!("`resume` of `{}`, whose session is not kept", client.name),
                    step.span,
                    "nothing to resume",
                )
                .note(client.span, "declared here")
                .help(format!("declare `client {} session=kept`", client.name)),
            );
        }
    }
    let before = problems.len();
    for run in [Run::Case, Run::Control] {
        let mut walk = Walk { scenario, run, problems };
        let mut states = vec![State::MaybeOpen; scenario.clients.len()];
        walk.steps(&scenario.steps, &mut states);
    }
    let mut told = Vec::new();
    let fresh = problems.split_off(before);
    for problem in fresh {
        if !told.contains(&problem.span) {
            told.push(problem.span);
            problems.push(problem);
        }
    }
}

struct Walk<'w> {
    scenario: &'w Scenario,
    run: Run,
    problems: &'w mut Vec<Problem>,
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step], states: &mut [State]) {
        for step in steps {
            let may_be_left_out = matches!(step.action, Action::When { .. } | Action::AnyOf(_));
            let before = states.to_vec();
            let mut ends: Vec<Vec<State>> = Vec::new();
            for block in entered(step, self.run, None) {
                if may_be_left_out {
                    let mut inside = before.clone();
                    self.steps(block, &mut inside);
                    ends.push(inside);
                } else {
                    self.steps(block, states);
                }
            }
            for end in ends {
                for (state, end) in states.iter_mut().zip(end) {
                    if *state != end {
                        *state = State::MaybeOpen;
                    }
                }
            }
            if self.ends_all(&step.action) {
                states.fill(State::Closed(step.span));
            }
            if let Action::Client { client, verb } = &step.action {
                self.client(*client, verb, step, &mut states[*client]);
            }
        }
    }

    /// Whether it ends the server, whatever the choice of the matrix, and so every Network Connection.
    fn ends_all(&self, action: &Action) -> bool {
        let Action::Server(word) = action else { return false };
        let ends = |word: &str| Operation::named(word).is_some_and(Operation::ends_connections);
        match word.strip_prefix('$').and_then(|name| self.scenario.axes.iter().find(|axis| axis.name == name)) {
            Some(axis) => axis.values.iter().all(|value| ends(value)),
            None => ends(word),
        }
    }

    fn client(&mut self, client: usize, verb: &Verb, step: &Step, state: &mut State) {
        let opens = matches!(verb, Verb::Connect(_) | Verb::Resume(_) | Verb::Open { .. });
        if let (State::Closed(end), false) = (*state, opens) {
            let name = &self.scenario.clients[client].name;
            self.problems.push(
                Problem::new(
                    format!("`{name}` goes on after its Network Connection has ended"),
                    step.span,
                    "no connection here",
                )
                .note(end, "ended here")
                .help(format!("open it again with `{name} connect`, `resume` or `open`")),
            );
        }
        *state = match verb {
            Verb::Disconnect(_) | Verb::Abort { .. } | Verb::Cut | Verb::Closed { .. } => State::Closed(step.span),
            _ => State::MaybeOpen,
        };
    }
}
