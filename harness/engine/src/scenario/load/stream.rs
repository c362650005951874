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
    let required = ["topic", "qos", "messages", "times", "by", "rule"];
    let given = required.map(|name| cursor.property(name));
    let also = [("once", Duty::Once), ("again", Duty::Again), ("order", Duty::Order)];
    let also = also.map(|(name, duty)| cursor.property(name).map(|entry| (duty, entry)));
    let [Some(topic), Some(qos), Some(messages), Some(times), Some(by), Some(rule)] = given else {
        let absent = required.into_iter().zip(given).find(|(_, given)| given.is_none());
        return missing(scope, cursor, &format!("no `{}`", absent.map_or("", |(name, _)| name)));
    };
    if qos.value().as_integer() == Some(0) {
        scope.report(Problem::new("a stream of QoS 0", span(qos), "nothing of it need arrive"));
    }
    let topic = value(scope, topic, Want::sent("topic", Kind::Text));
    let qos: Option<Value> = value(scope, qos, Want::sent("qos", Kind::Number(2)));
    let messages = literal(scope, messages, "messages", 1, MOST_MESSAGES);
    let times = literal(scope, times, "times", 1, MOST_BREAKS);
    let (by, operates) = breaks(scope, by);
    let rule = scope.rule(rule);
    let also = also.into_iter().flatten().filter_map(|(duty, entry)| Some((duty, scope.rule(entry)?))).collect();
    let (topic, qos, messages, times) = (topic?, qos?, messages?, times?);
    Some((Stream { from, to, topic, qos, messages, times, by, operates, also }, rule?))
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
