//! What is sent says what the encoder would otherwise make up: topics, Packet Identifiers, filters.

use crate::scenario::error::Problem;
use crate::scenario::load::{all_steps, filters, sent_packet};
use crate::scenario::{Action, PacketSpec, Scenario, Span, Step, Value, Verb};
use mqttspec_codec::PacketType;

pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    for client in &scenario.clients {
        will(&client.connect, problems);
    }
    for step in all_steps(&scenario.steps) {
        if let Some(packet) = sent_packet(step) {
            will(packet, problems);
        }
        if let Action::Client { verb: Verb::Send(packet), .. } = &step.action {
            send(packet, step, problems);
        }
    }
}

fn will(packet: &PacketSpec, problems: &mut Vec<Problem>) {
    let without_topic = |will: &&crate::scenario::Entry| !will.fields.iter().any(|field| field.key == "topic");
    for will in packet.entries.iter().filter(|entry| entry.name == "will").filter(without_topic) {
        problems.push(missing("a Will without a topic", will.span, "topic=\"$t/will\""));
    }
}

fn missing(message: &str, span: Span, field: &str) -> Problem {
    Problem::new(message, span, "incomplete").help(format!("add `{field}`"))
}

fn send(packet: &PacketSpec, step: &Step, problems: &mut Vec<Problem>) {
    let name = packet.packet;
    match name {
        PacketType::Publish => {
            if packet.field("topic").is_none() {
                problems.push(
                    missing("a PUBLISH without a topic", step.span, "topic=\"$t/a\"")
                        .help("add `topic=\"$t/a\"`; with a Topic Alias alone it is `topic=\"\"`"),
                );
            }
            let qos0 = packet.field("qos").is_none_or(|qos| *qos == Value::Number(0));
            let id = packet.fields.iter().find(|field| field.key == "id");
            match id {
                None if !qos0 => problems.push(missing("a PUBLISH of QoS 1 or 2 without `id`", step.span, "id=1")),
                Some(id) if qos0 => problems.push(
                    Problem::new("a PUBLISH of QoS 0 with `id`", id.span, "not sent")
                        .help("QoS 0 has no Packet Identifier: add `qos=1`, or leave `id` out"),
                ),
                _ => {}
            }
        }
        PacketType::Subscribe
        | PacketType::Unsubscribe
        | PacketType::Puback
        | PacketType::Pubrec
        | PacketType::Pubrel
        | PacketType::Pubcomp
        | PacketType::Suback
        | PacketType::Unsuback
            if packet.field("id").is_none() =>
        {
            problems.push(missing(&format!("{name} without `id`"), step.span, "id=1"));
        }
        _ => {}
    }
    let asks = matches!(name, PacketType::Subscribe | PacketType::Unsubscribe);
    if asks && filters(packet).next().is_none() {
        let problem = Problem::new(format!("{name} without a filter"), step.span, "asks for nothing");
        problems.push(problem.help("add `{ filter \"$t/a\"; }`; a packet without one is sent with `raw`"));
    }
}
