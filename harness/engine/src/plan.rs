//! From scenarios to cases: the matrix, the controls, and what is selected.

mod feasible;
mod filter;
mod part;
mod select;
mod waits;

pub use filter::Filter;
pub use select::{Selection, SelectionError, with_controls};

use crate::operation::Operation;
use crate::scenario::{Action, Cut, Duty, Marker, Raw, Scenario, Span, Step, Stream, Value, Verb};
use mqttspec_codec::Version;
use std::sync::Arc;
use std::time::Duration;

/// One scenario under one choice of the matrix, or its control.
#[derive(Clone, Debug)]
pub struct Case {
    /// `area/name@v5,axis=value`; `area/name.control@...` for a control. Stable: never reused.
    pub id: String,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The version of the matrix.
    pub version: Version,
    /// The other choices: axis and value.
    pub choices: Vec<(String, String)>,
    /// The case that shows the same conversation without the fault; it runs first.
    pub control: Option<String>,
    /// Whether this is a control.
    pub is_control: bool,
    /// What is done, with blocks that depend on the choice resolved.
    pub program: Vec<Op>,
}

impl Case {
    /// The indices of the rules that the program names.
    #[must_use]
    pub fn rules(&self) -> Vec<usize> {
        fn collect(ops: &[Op], rules: &mut Vec<usize>) {
            for op in ops {
                rules.extend(op.rule);
                match &op.kind {
                    OpKind::AnyOf(branches) => branches.iter().for_each(|branch| collect(branch, rules)),
                    OpKind::AnyOrder(ops) | OpKind::Write { ops, .. } => collect(ops, rules),
                    _ => {}
                }
            }
        }
        let mut rules = Vec::new();
        collect(&self.program, &mut rules);
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The statements that the case may prove through rules of its scenario.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.rules().into_iter().filter_map(|rule| self.scenario.rules[rule].statement(self.version))
    }
}

/// An operation of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    /// What it does.
    pub kind: OpKind,
    /// Index into the scenario's rules.
    pub rule: Option<usize>,
    /// The step that it comes from.
    pub span: Span,
    /// It stands in a `fault`: what it sends may be unlawful, and no answer to it is owed.
    pub fault: bool,
    /// It belongs to the marker of a silence: when it fails, nothing can be said.
    pub marker: bool,
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq)]
pub enum OpKind {
    /// A step of a Client. The marker steps of `quiet` have been put before it.
    Client {
        /// Index into the scenario's clients.
        client: usize,
        /// What it does.
        verb: Verb,
    },
    /// The branch whose first operation happens first.
    AnyOf(Vec<Vec<Op>>),
    /// Receives in any order.
    AnyOrder(Vec<Op>),
    /// Sends of one Client, put together and cut.
    Write {
        /// The sends.
        ops: Vec<Op>,
        /// How they are cut; `None` for one write.
        cut: Option<Cut>,
    },
    /// Let time pass.
    Wait(Duration),
    /// Do this to the server.
    Server(Operation),
    /// Many messages, while something breaks the Network Connections.
    Stream(Box<Stream>),
    /// What is asked of the messages of the stream before this.
    Streamed(Duty),
}

/// The word for a version in case ids and matrices.
#[must_use]
pub const fn version_key(version: Version) -> &'static str {
    match version {
        Version::V311 => "v3.1.1",
        Version::V5 => "v5",
    }
}

/// Every case of a scenario: a control before the first case that it controls. Cases that differ in nothing but the
/// fault have one control: its id leaves out the axes on which it does not depend.
#[must_use]
pub fn cases(scenario: &Arc<Scenario>) -> Vec<Case> {
    let combinations = combinations(scenario);
    let mut cases = Vec::new();
    for &version in &scenario.versions {
        let case =
            |all: &[(String, String)], told: &dyn Fn(&str) -> bool, is_control: bool, control: Option<String>| {
                let program = program(scenario, version, all, is_control);
                let choices: Vec<_> = all.iter().filter(|(axis, _)| told(axis)).cloned().collect();
                let kind = if is_control { ".control" } else { "" };
                let mut id = format!("{}{kind}@{}", scenario.path(), version_key(version));
                for (axis, value) in &choices {
                    id.push_str(&format!(",{axis}={value}"));
                }
                Case { id, scenario: scenario.clone(), version, choices, control, is_control, program }
            };
        let felt = if scenario.has_control() { felt(scenario, version, &combinations) } else { Vec::new() };
        let mut told: Vec<String> = Vec::new();
        for choices in &combinations {
            let mut control_id = None;
            if scenario.has_control() {
                let control = case(choices, &|axis| felt.iter().any(|felt| felt == axis), true, None);
                control_id = Some(control.id.clone());
                if !told.contains(&control.id) {
                    told.push(control.id.clone());
                    cases.push(control);
                }
            }
            cases.push(case(choices, &|_| true, false, control_id));
        }
    }
    cases
}

fn program(scenario: &Scenario, version: Version, choices: &[(String, String)], is_control: bool) -> Vec<Op> {
    let mut planner = Planner { version, choices, is_control, fault: false, marker: false, round: None };
    let mut program = connects(scenario);
    planner.block(&scenario.steps, &mut program);
    program
}

/// The axes on which the control depends.
fn felt(scenario: &Scenario, version: Version, combinations: &[Vec<(String, String)>]) -> Vec<String> {
    let programs: Vec<_> = combinations.iter().map(|choices| program(scenario, version, choices, true)).collect();
    // What is put in when the case is played.
    let late = format!("{:?}{:?}", scenario.clients, scenario.requires);
    let depends = |(at, axis): (usize, &crate::scenario::Axis)| {
        let first = |other: &[(String, String)]| {
            let like = |(choices, _): &(&Vec<(String, String)>, _)| {
                (0..other.len()).all(|n| n == at || choices[n] == other[n])
            };
            combinations.iter().zip(&programs).find(like).map(|(_, program)| program)
        };
        let differs = combinations.iter().zip(&programs).any(|(choices, program)| first(choices) != Some(program));
        let named = late.contains(&format!("${}", axis.name)) || late.contains(&format!("${{{}", axis.name));
        (differs || named).then(|| axis.name.clone())
    };
    scenario.axes.iter().enumerate().filter_map(depends).collect()
}

fn combinations(scenario: &Scenario) -> Vec<Vec<(String, String)>> {
    let mut all = vec![Vec::new()];
    for axis in &scenario.axes {
        all = all
            .into_iter()
            .flat_map(|chosen| {
                axis.values.iter().map(move |value| {
                    let mut chosen = chosen.clone();
                    chosen.push((axis.name.clone(), value.clone()));
                    chosen
                })
            })
            .collect();
    }
    all
}

fn connects(scenario: &Scenario) -> Vec<Op> {
    let connect = |(client, declared): (usize, &crate::scenario::Client)| {
        let verb = Verb::Connect(crate::scenario::PacketSpec::empty(mqttspec_codec::PacketType::Connect));
        let kind = OpKind::Client { client, verb };
        declared.connects.then_some(Op { kind, rule: None, span: declared.span, fault: false, marker: false })
    };
    scenario.clients.iter().enumerate().filter_map(connect).collect()
}

struct Planner<'a> {
    version: Version,
    choices: &'a [(String, String)],
    is_control: bool,
    fault: bool,
    marker: bool,
    round: Option<u64>,
}

impl Planner<'_> {
    fn block(&mut self, steps: &[Step], out: &mut Vec<Op>) {
        for step in steps {
            self.step(step, out);
        }
    }

    fn nested(&mut self, steps: &[Step]) -> Vec<Op> {
        let mut ops = Vec::new();
        self.block(steps, &mut ops);
        ops
    }

    fn step(&mut self, step: &Step, out: &mut Vec<Op>) {
        let kind = match &step.action {
            Action::Fault(_) if self.is_control => return,
            Action::Fault(steps) => {
                let outer = std::mem::replace(&mut self.fault, true);
                self.block(steps, out);
                self.fault = outer;
                return;
            }
            Action::Control(steps) => {
                if self.is_control {
                    self.block(steps, out);
                }
                return;
            }
            Action::When { conditions, steps } => {
                if conditions.iter().all(|(axis, values)| values.iter().any(|value| value == self.choice(axis))) {
                    self.block(steps, out);
                }
                return;
            }
            Action::Repeat { times, steps } => {
                for round in 1..=self.times(times) {
                    let outer = self.round.replace(round);
                    self.block(steps, out);
                    self.round = outer;
                }
                return;
            }
            Action::Client { client, verb: Verb::Quiet { marker: Marker::Steps(steps), .. } } => {
                let outer = std::mem::replace(&mut self.marker, true);
                self.block(steps, out);
                self.marker = outer;
                OpKind::Client { client: *client, verb: self.verb(step) }
            }
            Action::Client { client, .. } => OpKind::Client { client: *client, verb: self.verb(step) },
            Action::AnyOf(branches) => OpKind::AnyOf(branches.iter().map(|branch| self.nested(branch)).collect()),
            Action::AnyOrder(steps) => OpKind::AnyOrder(self.nested(steps)),
            Action::Together(steps) => OpKind::Write { ops: self.nested(steps), cut: None },
            Action::Split { cut, steps } => OpKind::Write { ops: self.nested(steps), cut: Some(cut.clone()) },
            Action::Wait(time) => OpKind::Wait(*time),
            // The loader has seen to it that this is one.
            Action::Server(word) => match Operation::named(&self.substitute(word)) {
                Some(operation) => OpKind::Server(operation),
                None => return,
            },
            Action::Stream(stream) => {
                self.stream(stream, step, out);
                return;
            }
        };
        out.push(Op { kind, rule: step.rule, span: step.span, fault: self.fault, marker: self.marker });
    }

    /// The stream, then what is asked of its messages.
    fn stream(&self, stream: &Stream, step: &Step, out: &mut Vec<Op>) {
        let mut planned = stream.clone();
        for value in [&mut planned.topic, &mut planned.qos] {
            if let Value::Text(text) = value {
                *text = self.substitute(text);
            }
        }
        planned.by.iter_mut().for_each(|word| *word = self.substitute(word));
        let op = |kind, rule| Op { kind, rule: Some(rule), span: step.span, fault: self.fault, marker: self.marker };
        let Some(rule) = step.rule else { return };
        out.push(op(OpKind::Stream(Box::new(planned)), rule));
        out.extend(stream.also.iter().map(|&(duty, rule)| op(OpKind::Streamed(duty), rule)));
    }

    fn choice(&self, axis: &str) -> &str {
        if axis == "version" {
            return version_key(self.version);
        }
        self.choices.iter().find(|(name, _)| name == axis).map_or("", |(_, value)| value)
    }

    fn times(&self, times: &Value) -> u64 {
        match times {
            Value::Number(times) => *times,
            Value::Text(text) => self.substitute(text).parse().unwrap_or(0),
            _ => 0,
        }
    }

    /// The verb with the axes and the round of a `repeat` put in; what only a run knows stays.
    fn verb(&self, step: &Step) -> Verb {
        let Action::Client { verb, .. } = &step.action else { unreachable!("a step of a Client") };
        let mut verb = verb.clone();
        let value = |value: &mut Value| match value {
            Value::Text(text) => *text = self.substitute(text),
            Value::Fill { len, text } => (*len, *text) = (self.substitute(len), self.substitute(text)),
            Value::Number(_) | Value::Bool(_) | Value::Bytes(_) | Value::Null => {}
        };
        match &mut verb {
            Verb::Connect(spec)
            | Verb::Resume(spec)
            | Verb::Send(spec)
            | Verb::Disconnect(spec)
            | Verb::Receive { expected: spec, .. } => spec.values_mut(&value),
            Verb::Quiet { pattern, marker, .. } => {
                pattern.values_mut(&value);
                if let Marker::Steps(steps) = marker {
                    // They have become operations of their own.
                    steps.clear();
                }
            }
            Verb::Raw(Raw::Packet { body, .. }) => body.iter_mut().for_each(|(_, part)| value(part)),
            Verb::Raw(Raw::Bytes(_))
            | Verb::Open { .. }
            | Verb::WellFormed
            | Verb::Abort { .. }
            | Verb::HalfClose
            | Verb::Cut
            | Verb::Closed { .. }
            | Verb::Alive => {}
        }
        verb
    }

    fn substitute(&self, text: &str) -> String {
        crate::template::substitute(text, |name| match name {
            "i" => self.round.map(|round| round.to_string()),
            _ => self.choices.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone()),
        })
    }
}
