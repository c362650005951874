//! A scenario's tree in lines that can be compared.

use mqttspec_engine::scenario::{Action, Entry, Field, Marker, PacketSpec, Scenario, Step, Value, Verb};
use std::fmt::Write;

/// The tree, a line for each thing in it.
pub(crate) fn outline(scenario: &Scenario) -> String {
    let mut out = format!("{} {:?}\n", scenario.path(), scenario.title);
    let versions: Vec<String> = scenario.versions.iter().map(ToString::to_string).collect();
    let exclusive = if scenario.exclusive { ", exclusive" } else { "" };
    line(&mut out, 1, &format!("versions {}{exclusive}", versions.join(" ")));
    for axis in &scenario.axes {
        line(&mut out, 1, &format!("axis {} = {}", axis.name, axis.values.join(" ")));
    }
    for rule in &scenario.rules {
        line(&mut out, 1, &format!("rule {} {:?} {:?} {:?}", rule.name, rule.v311, rule.v5, rule.level));
    }
    for client in &scenario.clients {
        let kept = if client.kept { "kept" } else { "clean" };
        let connects = if client.connects { "connects" } else { "waits" };
        line(&mut out, 1, &format!("client {} {kept}, {connects}{}", client.name, packet(&client.connect)));
    }
    steps(&mut out, scenario, &scenario.steps, 1);
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{}{text}", "  ".repeat(depth)).expect("a string takes all");
}

fn steps(out: &mut String, scenario: &Scenario, list: &[Step], depth: usize) {
    for step in list {
        let rule = step.rule.map(|rule| format!(" => {}", scenario.rules[rule].name)).unwrap_or_default();
        let (row, column) = scenario.source.line_column(step.span.offset);
        line(out, depth, &format!("{row}:{column} {}{rule}", action(scenario, &step.action)));
        for block in step.action.blocks() {
            steps(out, scenario, block, depth + 1);
        }
    }
}

fn action(scenario: &Scenario, action: &Action) -> String {
    let name = |client: usize| &scenario.clients[client].name;
    match action {
        Action::Client { client, verb } => match verb {
            Verb::Send(spec) => format!("{} ->{}", name(*client), packet(spec)),
            Verb::Receive { expected, bind, acknowledge, timing, unless } => {
                let ack = if *acknowledge { " ack" } else { "" };
                let bind = bind.as_ref().map(|bind| format!(" as {bind}")).unwrap_or_default();
                let after = timing.after.map(|time| format!(" after {time:?}")).unwrap_or_default();
                let within = timing.within.map(|time| format!(" within {time:?}")).unwrap_or_default();
                let unless = unless.as_ref().map(|reason| format!(" unless {reason:?}")).unwrap_or_default();
                format!("{} <-{}{bind}{ack}{after}{within}{unless}", name(*client), packet(expected))
            }
            Verb::Quiet { pattern, marker, ordered } => {
                let marker = match marker {
                    Marker::Fence(fence) => format!("fence {}", name(*fence)),
                    Marker::Steps(_) => "block".to_owned(),
                };
                let certainty = if *ordered { "ordered" } else { "witnessed" };
                format!("{} quiet{} by {marker}, {certainty}", name(*client), packet(pattern))
            }
            Verb::Connect(spec) => format!("{} connect{}", name(*client), packet(spec)),
            Verb::Resume(spec) => format!("{} resume{}", name(*client), packet(spec)),
            Verb::Disconnect(spec) => format!("{} disconnect{}", name(*client), packet(spec)),
            other => format!("{} {other:?}", name(*client)),
        },
        Action::Fault(_) => "fault".to_owned(),
        Action::Control(_) => "control".to_owned(),
        Action::When { conditions, .. } => format!("when {conditions:?}"),
        Action::Repeat { times, .. } => format!("repeat {}", value(times)),
        Action::AnyOf(branches) => format!("any-of {}", branches.len()),
        Action::AnyOrder(_) => "any-order".to_owned(),
        Action::Together(_) => "together".to_owned(),
        Action::Split { cut, .. } => format!("split {cut:?}"),
        Action::Wait(time) => format!("wait {time:?}"),
        Action::Server(word) => format!("server {word}"),
        Action::Stream(stream) => format!(
            "stream {} -> {} {} {}, {} times by {}",
            name(stream.from),
            name(stream.to),
            value(&stream.topic),
            stream.messages,
            stream.times,
            stream.by.join(" ")
        ),
    }
}

fn packet(spec: &PacketSpec) -> String {
    let entries: Vec<String> = spec.entries.iter().map(entry).collect();
    let block = if entries.is_empty() { String::new() } else { format!(" {{ {} }}", entries.join("; ")) };
    format!(" {}{}{block}", spec.packet, fields(&spec.fields))
}

fn entry(entry: &Entry) -> String {
    let arguments: Vec<String> = entry.arguments.iter().map(|argument| format!(" {}", value(argument))).collect();
    format!("{}{}{}", entry.name, arguments.concat(), fields(&entry.fields))
}

fn fields(fields: &[Field]) -> String {
    fields.iter().map(|field| format!(" {}={}", field.key, value(&field.value))).collect()
}

fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => format!("#{value}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("{bytes:02x?}"),
        Value::Fill { len, text } => format!("fill({len}, {text:?})"),
        Value::Null => "#null".to_owned(),
    }
}
