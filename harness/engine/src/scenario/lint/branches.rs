//! Branches are told apart by their first packet; packets in any order are only waited for.

use crate::scenario::error::Problem;
use crate::scenario::load::{NumberSet, all_steps, number_set};
use crate::scenario::{Action, PacketSpec, Scenario, Step, Value, Verb};
use crate::template::variable;

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    for step in all_steps(&scenario.steps) {
        match &step.action {
            Action::AnyOf(branches) => any_of(branches, problems),
            Action::AnyOrder(steps) => {
                let others = steps.iter().filter(|step| !matches!(first(step), Some((_, First::Packet(_)))));
                problems.extend(others.map(|step| {
                    Problem::new("`any-order` with more than receives", step.span, "not a `<-`")
                        .help("put other steps before or behind the block")
                }));
            }
            _ => {}
        }
    }
}

/// How a branch begins.
enum First<'s> {
    Packet(&'s PacketSpec),
    Closed,
}

fn first(step: &Step) -> Option<(usize, First<'_>)> {
    match &step.action {
        Action::Client { client, verb: Verb::Receive { expected, .. } } => Some((*client, First::Packet(expected))),
        Action::Client { client, verb: Verb::Closed { .. } } => Some((*client, First::Closed)),
        _ => None,
    }
}

fn any_of(branches: &[Vec<Step>], problems: &mut Vec<Problem>) {
    let mut firsts: Vec<(&Step, usize, First<'_>)> = Vec::new();
    for step in branches.iter().filter_map(|branch| branch.first()) {
        let Some((client, first)) = first(step) else {
            problems.push(
                Problem::new(
                    "a branch that does not begin with what the Server does",
                    step.span,
                    "neither `<-` nor `closed`",
                )
                .help("the first packet, or the close, tells which branch is taken"),
            );
            continue;
        };
        for (earlier, other_client, other) in &firsts {
            if client == *other_client && overlap(other, &first) {
                problems.push(
                    Problem::new("two branches that begin alike", step.span, "the same could begin both")
                        .note(earlier.span, "and this one")
                        .help("let them differ in the packet, or in values of one field that exclude each other"),
                );
            }
        }
        firsts.push((step, client, first));
    }
}

fn overlap(one: &First<'_>, other: &First<'_>) -> bool {
    match (one, other) {
        (First::Closed, First::Closed) => true,
        (First::Packet(one), First::Packet(other)) => one.packet == other.packet && !told_apart(one, other),
        _ => false,
    }
}

fn told_apart(one: &PacketSpec, other: &PacketSpec) -> bool {
    one.fields.iter().any(|field| {
        other.field(&field.key).is_some_and(|other| {
            // These are lists in any order: only their lengths tell them apart, or a single number.
            let unordered = field.key == "subscription-identifier" && both_several(&field.value, other);
            !unordered && disjoint(&field.value, other)
        })
    })
}

fn both_several(one: &Value, other: &Value) -> bool {
    let count = |value: &Value| numbers(value).map_or(1, |numbers| numbers.len());
    count(one) > 1 && count(one) == count(other)
}

/// Whether nothing satisfies both, for certain.
fn disjoint(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Null, Value::Null) => false,
        (Value::Null, _) | (_, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one != other,
        _ => match (numbers(one), numbers(other)) {
            (Some(one), Some(other)) => {
                one.len() != other.len() || one.iter().zip(&other).any(|(one, other)| one.disjoint(other))
            }
            _ => different_texts(one, other),
        },
    }
}

/// A number, or a list of codes.
fn numbers(value: &Value) -> Option<Vec<NumberSet>> {
    match value {
        Value::Number(number) => Some(vec![NumberSet::Ranges(vec![(*number, *number)])]),
        Value::Text(text) => text.split_whitespace().map(|code| number_set(code).ok()).collect(),
        _ => None,
    }
}

fn different_texts(one: &Value, other: &Value) -> bool {
    let (Value::Text(one), Value::Text(other)) = (one, other) else {
        return matches!((one, other), (Value::Bytes(one), Value::Bytes(other)) if one != other);
    };
    if one == "*" || other == "*" {
        return false;
    }
    let (one, other) = (parts(one), parts(other));
    let prefix = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[prefix..], &other[prefix..]);
    let suffix = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[..one.len() - suffix], &other[..other.len() - suffix]);
    let open = |parts: &[&str]| parts.iter().any(|part| part.starts_with('$'));
    one != other && !open(one) && !open(other)
}

/// A text cut into variables and what stands between them.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let len = match rest.find('$') {
            Some(0) => variable(rest).0,
            Some(at) => at,
            None => rest.len(),
        };
        parts.push(&rest[..len]);
        rest = &rest[len..];
    }
    parts
}
