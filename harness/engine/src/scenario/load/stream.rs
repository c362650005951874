//! A stream: between whom, of what, and by what it is broken.

use super::cursor::{Cursor, list, span, unknown};
use super::scope::Scope;
use super::value::{Want, literal, value, words};
use crate::scenario::error::Problem;
use crate::scenario::fields::Kind;
use crate::scenario::{Break, Duty, Stream, Value};
use kdl::KdlEntry;

/// What a `stream` has.
pub(super) const KNOWN: &[&str] = &["topic", "qos", "messages", "times", "by", "rule", "once", "again", "order"];
const EXAMPLE: &str =
    "such as `stream pub -> sub topic=\"$t/a\" qos=1 messages=200 times=10 by=\"fin cut\" rule=arrives`";
/// Packets of more messages would be more than the player takes in.
const MOST_MESSAGES: u64 = 5000;
const MOST_BREAKS: u64 = 100;

/// The stream, and its rule.
pub(super) fn stream(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<(Stream, usize)> {
    cursor.no_block("`stream`", &mut scope.problems);
    let words: Vec<&KdlEntry> = std::iter::from_fn(|| cursor.word()).collect();
    let [from, arrow, to] = words.as_slice() else { return missing(scope, cursor, "between whom?") };
    if arrow.value().as_string() != Some("->") {
        return missing(scope, cursor, "no `->` between its Clients");
    }
    let (from, to) = (kept(scope, from)?, kept(scope, to)?);
    if from == to {
        return missing(scope, cursor, "from a Client to itself");
    }
    let topic = cursor.property("topic").and_then(|entry| value(scope, entry, Want::sent("topic", Kind::Text)));
    let qos = cursor.property("qos");
    if let Some(entry) = qos.filter(|entry| entry.value().as_integer() == Some(0)) {
        scope.report(Problem::new("a stream of QoS 0", span(entry), "nothing of it need arrive"));
    }
    let qos: Option<Value> = qos.and_then(|entry| value(scope, entry, Want::sent("qos", Kind::Number(2))));
    let messages = cursor.property("messages").and_then(|entry| literal(scope, entry, "messages", 1, MOST_MESSAGES));
    let times = cursor.property("times").and_then(|entry| literal(scope, entry, "times", 1, MOST_BREAKS));
    let by = cursor.property("by").map(|entry| breaks(scope, entry));
    let mut rule = |name: &str| cursor.property(name).and_then(|entry| scope.rule(entry));
    let arrives = rule("rule");
    let also = [("once", Duty::Once), ("again", Duty::Again), ("order", Duty::Order)];
    let also = also.into_iter().filter_map(|(name, duty)| Some((duty, rule(name)?))).collect();
    match (topic, qos, messages, times, by, arrives) {
        (Some(topic), Some(qos), Some(messages), Some(times), Some((by, operates)), Some(arrives)) => {
            Some((Stream { from, to, topic, qos, messages, times, by, operates, also }, arrives))
        }
        _ => missing(scope, cursor, "one of `topic`, `qos`, `messages`, `times`, `by` and `rule` is not there"),
    }
}

fn missing<T>(scope: &mut Scope<'_>, cursor: &Cursor<'_>, label: &str) -> Option<T> {
    scope.report(Problem::new("a stream that cannot be played", cursor.line(), label).help(EXAMPLE));
    None
}

/// A Client whose session outlives what is done to its Network Connection.
fn kept(scope: &mut Scope<'_>, entry: &KdlEntry) -> Option<usize> {
    let client = scope.client(entry)?;
    let declared = &scope.clients[client];
    if !declared.kept {
        let problem = Problem::new("a stream needs sessions that are kept", span(entry), "not kept")
            .note(declared.span, "declared here")
            .help(format!("declare `client {} session=kept`", declared.name));
        scope.report(problem);
    }
    Some(client)
}

/// The words of `by`, and whether one of them is done to the server for a choice of the matrix.
fn breaks(scope: &mut Scope<'_>, entry: &KdlEntry) -> (Vec<String>, bool) {
    let known = Break::ALL.map(Break::word);
    let by = words(scope, entry);
    let mut operates = false;
    for word in &by {
        let axis = word.strip_prefix('$').and_then(|name| scope.axes.iter().find(|axis| axis.name == name));
        let values = axis.map_or_else(|| vec![word.clone()], |axis| axis.values.clone());
        for value in values {
            match Break::named(&value) {
                Some(known) => operates |= known.operation().is_some(),
                None => {
                    let problem = unknown("break", &value, "a stream", span(entry), &known);
                    scope.report(problem);
                }
            }
        }
    }
    if by.is_empty() {
        scope.report(
            Problem::new("a stream that nothing breaks", span(entry), "no word")
                .help(format!("some of {}, or `$AXIS`", list(&known))),
        );
    }
    (by, operates)
}
