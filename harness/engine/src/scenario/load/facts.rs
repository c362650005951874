//! What follows from the steps without being said: who connects by itself, what runs alone, which silence is ordered.

use crate::scenario::fields::TOPIC_BEGINS;
use crate::scenario::{Action, Client, Entry, Field, Marker, PacketSpec, Raw, Scenario, Step, Value, Verb};
use crate::template::variable;
use mqttspec_codec::PacketType;

/// Calls `visit` on every step, in the order of the text.
pub(in crate::scenario) fn each_step<'s>(steps: &'s [Step], visit: &mut impl FnMut(&'s Step)) {
    for step in steps {
        visit(step);
        for block in step.action.blocks() {
            each_step(block, visit);
        }
    }
}

/// Every step in the order of the text.
pub(in crate::scenario) fn all_steps(steps: &[Step]) -> Vec<&Step> {
    let mut all = Vec::new();
    each_step(steps, &mut |step| all.push(step));
    all
}

/// Whether a Client connects before the first step: unless its own first step opens the connection.
pub(super) fn connects(steps: &[Step], index: usize) -> bool {
    let own = all_steps(steps).into_iter().find_map(|step| match &step.action {
        Action::Client { client, verb } if *client == index => Some(verb),
        _ => None,
    });
    !matches!(own, Some(Verb::Open { .. } | Verb::Connect(_)))
}

/// Whether no prefix isolates the scenario.
pub(super) fn exclusive(clients: &[Client], steps: &[Step]) -> bool {
    if all_steps(steps).into_iter().any(|step| operates(&step.action)) {
        return true;
    }
    let mut sent: Vec<&PacketSpec> = clients.iter().map(|client| &client.connect).collect();
    each_step(steps, &mut |step| sent.extend(sent_packet(step)));
    sent.into_iter().any(reaches_out)
}

fn operates(action: &Action) -> bool {
    match action {
        Action::Server(_) => true,
        Action::Stream(stream) => stream.operates,
        _ => false,
    }
}

/// The packet that a step sends.
pub(in crate::scenario) const fn sent_packet(step: &Step) -> Option<&PacketSpec> {
    match &step.action {
        Action::Client { verb: Verb::Send(packet) | Verb::Connect(packet) | Verb::Resume(packet), .. } => Some(packet),
        _ => None,
    }
}

fn reaches_out(packet: &PacketSpec) -> bool {
    let topic = |fields: &[Field]| fields.iter().any(|field| field.key == "topic" && !isolated(&field.value));
    match packet.packet {
        PacketType::Connect => {
            let empty_id = packet.field("client-id").is_some_and(|id| *id == Value::Text(String::new()));
            empty_id || packet.entries.iter().any(|entry| entry.name == "will" && topic(&entry.fields))
        }
        PacketType::Publish => {
            let aliased =
                packet.field("topic-alias").is_some() && packet.field("topic") == Some(&Value::Text(String::new()));
            !aliased && topic(&packet.fields)
        }
        _ => filters(packet).any(|filter| filter.arguments.first().is_some_and(|filter| !isolated(filter))),
    }
}

/// The filters of SUBSCRIBE and UNSUBSCRIBE.
pub(in crate::scenario) fn filters(packet: &PacketSpec) -> impl Iterator<Item = &Entry> {
    packet.entries.iter().filter(|entry| entry.name == "filter")
}

/// Whether a topic or filter begins with the prefix of the case, or matches nothing that another case publishes: an
/// empty one, and a shared subscription without a filter whose ShareName no other case has.
fn isolated(value: &Value) -> bool {
    let (Value::Text(text) | Value::Fill { text, .. }) = value else {
        return false;
    };
    let (share_name, filter) = match text.strip_prefix("$share/") {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", text.as_str()),
    };
    match filter {
        "" => share_name.is_empty() || share_name.starts_with("${"),
        _ => filter.starts_with('$') && variable(filter).1 == "t",
    }
}

/// Sets `ordered` of every silence that the standard orders behind its marker.
pub(super) fn order_silences(scenario: &mut Scenario) {
    let wills = scenario.clients.iter().any(|client| has_will(&client.connect))
        || all_steps(&scenario.steps).into_iter().filter_map(sent_packet).any(has_will);
    let shared = all_steps(&scenario.steps).into_iter().filter_map(sent_packet).flat_map(filters).any(|filter| {
        matches!(filter.arguments.first(), Some(Value::Text(text) | Value::Fill { text, .. }) if text.starts_with("$share"))
    });
    if !wills && !shared {
        let mut published = Vec::new();
        order(&mut scenario.steps, &mut published);
    }
}

fn has_will(packet: &PacketSpec) -> bool {
    packet.entries.iter().any(|entry| entry.name == "will")
}

/// What may reach a subscriber.
#[derive(Clone, PartialEq)]
struct Published {
    client: usize,
    topic: Option<Value>,
    qos: Value,
    /// Retained, or bytes that may be anything: never ordered.
    loose: bool,
}

fn published(step: &Step) -> Option<Published> {
    if let Action::Stream(stream) = &step.action {
        return Some(Published { client: stream.from, topic: None, qos: stream.qos.clone(), loose: true });
    }
    let Action::Client { client, verb } = &step.action else {
        return None;
    };
    let loose = |loose| Published { client: *client, topic: None, qos: Value::Number(0), loose };
    match verb {
        Verb::Send(packet) if packet.packet == PacketType::Publish => Some(Published {
            topic: packet.field("topic").cloned(),
            qos: packet.field("qos").cloned().unwrap_or(Value::Number(0)),
            ..loose(packet.field("retain").is_some_and(|retain| *retain != Value::Bool(false)))
        }),
        Verb::Raw(Raw::Packet { first, .. }) if first >> 4 == PacketType::Publish as u8 => Some(loose(true)),
        Verb::Raw(Raw::Bytes(_)) => Some(loose(true)),
        _ => None,
    }
}

fn order(steps: &mut [Step], before: &mut Vec<Published>) {
    for step in steps {
        before.extend(published(step));
        match &mut step.action {
            Action::Client { verb: Verb::Quiet { pattern, marker: Marker::Fence(fence), ordered }, .. } => {
                *ordered = is_ordered(pattern, *fence, before);
            }
            Action::Repeat { steps, .. } => {
                // A silence of the second round comes after everything of the first.
                let mut round = before.clone();
                each_step(steps, &mut |step| round.extend(published(step)));
                order(steps, &mut round);
                *before = round;
            }
            Action::Client { verb: Verb::Quiet { marker: Marker::Steps(steps), .. }, .. }
            | Action::Fault(steps)
            | Action::Control(steps)
            | Action::When { steps, .. }
            | Action::AnyOrder(steps)
            | Action::Together(steps)
            | Action::Split { steps, .. } => order(steps, before),
            Action::AnyOf(branches) => branches.iter_mut().for_each(|branch| order(branch, before)),
            Action::Client { .. } | Action::Wait(_) | Action::Server(_) | Action::Stream(_) => {}
        }
    }
}

fn is_ordered(pattern: &PacketSpec, fence: usize, before: &[Published]) -> bool {
    let Some(last) = before.iter().rfind(|publish| publish.client == fence) else {
        return false;
    };
    let about_it = pattern.packet == PacketType::Publish
        && pattern.field(TOPIC_BEGINS).is_none()
        && pattern.field("topic").is_none_or(|topic| Some(topic) == last.topic.as_ref());
    about_it && last.topic.is_some() && before.iter().all(|publish| publish == last && !publish.loose)
}
