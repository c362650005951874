//! What a Client does or waits for.

use super::cursor::{Cursor, line, list, nearest, span};
use super::packet::{Reader, lacks, packet_type};
use super::scope::{Binding, Run, Scope};
use super::value::{duration, words};
use super::{raw, step};
use crate::scenario::error::Problem;
use crate::scenario::{Action, Marker, PacketSpec, Step, Timing, Verb};
use kdl::{KdlEntry, KdlNode};
use mqttspec_codec::{PacketType, Sender, Version};

/// Every word that may follow a Client.
pub(super) const VERBS: &[&str] = &[
    "connect",
    "resume",
    "open",
    "->",
    "<-",
    "raw",
    "disconnect",
    "abort",
    "half-close",
    "cut",
    "closed",
    "quiet",
    "alive",
    "well-formed",
];

const RECEIVE: &[&str] = &["as", "ack", "after", "within", "unless", "rule"];
const QUIET: &[&str] = &["fence", "rule"];

/// Reads a step of a Client.
pub(super) fn step(scope: &mut Scope<'_>, node: &KdlNode, client: usize) -> Option<Step> {
    let mut cursor = Cursor::new(node, &mut scope.problems);
    let span = cursor.line();
    let Some(entry) = cursor.word() else {
        scope.report(
            Problem::new(format!("what does `{}` do?", cursor.name()), span, "no verb")
                .help(format!("one of {}", list(VERBS))),
        );
        return None;
    };
    let verb = entry.value().as_string().unwrap_or_default();
    if !VERBS.contains(&verb) {
        scope.report(unknown_verb(entry, cursor.name()));
        return None;
    }
    let mut reading = Reading { versions: scope.versions_of(client), client, rule: None, known: &[] };
    let verb = reading.verb(scope, &mut cursor, verb);
    cursor.finish(&format!("`{}`", entry.value().as_string().unwrap_or_default()), reading.known, &mut scope.problems);
    Some(Step { action: Action::Client { client, verb: verb? }, rule: reading.rule, span })
}

fn unknown_verb(entry: &KdlEntry, client: &str) -> Problem {
    let verb = entry.value().as_string().unwrap_or_default();
    let problem = Problem::new(format!("unknown verb `{}`", entry.value()), span(entry), "not a verb");
    if PacketType::from_name(&verb.to_uppercase())
        .is_some_and(|packet| packet.name() != "CONNECT" && packet.name() != "DISCONNECT")
    {
        let packet = verb.to_uppercase();
        return problem.help(format!("`{client} -> {packet}` sends one, `{client} <- {packet}` waits for one"));
    }
    match nearest(verb, VERBS) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("one of {}", list(VERBS))),
    }
}

struct Reading {
    versions: Vec<Version>,
    client: usize,
    rule: Option<usize>,
    known: &'static [&'static str],
}

impl Reading {
    fn verb(&mut self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>, verb: &str) -> Option<Verb> {
        if !matches!(verb, "connect" | "resume" | "->" | "<-" | "raw" | "disconnect" | "quiet") {
            cursor.no_block(&format!("`{verb}`"), &mut scope.problems);
        }
        match verb {
            "connect" => Some(Verb::Connect(self.packet(scope, cursor, PacketType::Connect))),
            "resume" => Some(Verb::Resume(self.packet(scope, cursor, PacketType::Connect))),
            "disconnect" => Some(Verb::Disconnect(self.packet(scope, cursor, PacketType::Disconnect))),
            "open" => {
                self.known = &["offers", "rule"];
                self.take_rule(scope, cursor);
                let offers = cursor.property("offers").map(|entry| words(scope, entry));
                Some(Verb::Open { offers: offers.unwrap_or_default() })
            }
            "half-close" => Some(Verb::HalfClose),
            "cut" => Some(Verb::Cut),
            "->" => self.send(scope, cursor),
            "<-" => self.receive(scope, cursor),
            "raw" => Some(Verb::Raw(raw::raw(scope, cursor)?)),
            "abort" => {
                self.known = &["by"];
                let by = cursor.property("by").and_then(|entry| scope.choice(entry, &["fin", "rst"]));
                Some(Verb::Abort { reset: by == Some("rst") })
            }
            "closed" => {
                self.known = &["after", "within", "without", "rule"];
                self.take_rule(scope, cursor);
                let timing = timing(scope, cursor);
                let without = cursor.property("without");
                let without = without.and_then(|entry| packet_type(scope, entry, &self.versions));
                Some(Verb::Closed { timing, without })
            }
            "quiet" => self.quiet(scope, cursor),
            "well-formed" => {
                self.known = &["rule"];
                self.take_rule(scope, cursor);
                Some(Verb::WellFormed)
            }
            _ => {
                self.known = &["rule"];
                self.take_rule(scope, cursor);
                Some(Verb::Alive)
            }
        }
    }

    fn take_rule(&mut self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) {
        self.rule = cursor.property("rule").and_then(|entry| scope.rule(entry));
    }

    fn packet(&self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>, packet: PacketType) -> PacketSpec {
        let reader = Reader { versions: &self.versions, expected: false, head: false, step_properties: &[] };
        reader.packet(scope, cursor, packet)
    }

    fn expected(&self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>, packet: PacketType) -> PacketSpec {
        let reader = Reader { versions: &self.versions, expected: true, head: false, step_properties: self.known };
        reader.packet(scope, cursor, packet)
    }

    /// The packet that an arrow points at or comes from. When it is unknown, its fields are not looked at.
    fn arrow(&self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>, arrow: &str) -> Option<PacketType> {
        let packet = match cursor.word() {
            Some(entry) => packet_type(scope, entry, &self.versions),
            None => {
                let name = cursor.name();
                scope.report(
                    Problem::new(format!("`{arrow}` which packet?"), cursor.line(), "no packet")
                        .help(format!("such as `{name} {arrow} PUBLISH topic=\"$t/a\"`")),
                );
                None
            }
        };
        if packet.is_none() {
            cursor.properties();
        }
        packet
    }

    fn send(&self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Verb> {
        let packet = self.arrow(scope, cursor, "->")?;
        if !packet.allowed_from(Sender::Client) && scope.run != Run::Fault {
            scope.report(
                Problem::new(format!("a Client may not send {packet}"), line(cursor.node), "only Servers send it")
                    .help("what a Client may not do stands in a `fault` block; what it waits for is `<-`"),
            );
        }
        Some(Verb::Send(self.packet(scope, cursor, packet)))
    }

    fn receive(&mut self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Verb> {
        self.known = RECEIVE;
        let packet = self.arrow(scope, cursor, "<-")?;
        self.check_sender(scope, cursor, packet);
        self.take_rule(scope, cursor);
        let timing = timing(scope, cursor);
        let acknowledge = cursor.property("ack").is_some_and(|entry| {
            scope.choice(entry, &["auto"]);
            if packet != PacketType::Publish {
                scope.report(
                    Problem::new(format!("`ack=auto` on {packet}"), span(entry), "not acknowledged")
                        .help("only a PUBLISH is acknowledged"),
                );
            }
            true
        });
        let unless = self.unless(scope, cursor);
        let bind = cursor.property("as").and_then(|entry| scope.new_name(entry, "the name of a packet"));
        let expected = self.expected(scope, cursor, packet);
        if let Some(name) = &bind {
            scope.bindings.push(Binding { name: name.clone(), packet, run: scope.run });
        }
        Some(Verb::Receive { expected, bind, acknowledge, timing, unless })
    }

    /// The reason of `unless=`. What a rule asks for the Server has no reason not to do.
    fn unless(&self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<String> {
        let entry = cursor.property("unless")?;
        let reason = entry.value().as_string().filter(|reason| !reason.is_empty());
        if reason.is_none() {
            let problem = Problem::new("`unless` takes a text", span(entry), "no text");
            scope.report(problem.help("the reason why a Server may lawfully not do this"));
        } else if self.rule.is_some() {
            let problem = Problem::new("`unless` on a step with a rule", span(entry), "the rule asks for it");
            scope.report(problem.help("leave one of them out: what a Server need not do proves nothing"));
        }
        reason.map(str::to_owned)
    }

    fn check_sender(&mut self, scope: &mut Scope<'_>, cursor: &Cursor<'_>, packet: PacketType) {
        let at = line(cursor.node);
        if !packet.allowed_from(Sender::Server) {
            let name = cursor.name();
            scope.report(
                Problem::new(format!("a Server never sends {packet}"), at, "would never come")
                    .help(format!("`{name} -> {packet}` sends one")),
            );
        } else if packet == PacketType::Disconnect && self.versions.contains(&Version::V311) {
            scope.report(lacks("DISCONNECT from the Server", at, Version::V311));
            // Its fields would only be blamed for the same.
            self.versions.retain(|&version| version != Version::V311);
        }
    }

    fn quiet(&mut self, scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Option<Verb> {
        self.known = QUIET;
        let packet = match cursor.word() {
            Some(entry) => packet_type(scope, entry, &self.versions)?,
            None => PacketType::Publish,
        };
        if !packet.allowed_from(Sender::Server) {
            self.check_sender(scope, cursor, packet);
        }
        self.take_rule(scope, cursor);
        let fence = cursor.property("fence").map(|entry| scope.client(entry));
        // The block is the marker, not entries of the packet.
        let reader = Reader { versions: &self.versions, expected: true, head: false, step_properties: QUIET };
        let fields = reader.packet_fields(scope, cursor, packet);
        let pattern = PacketSpec { packet, fields, entries: Vec::new() };
        let marker = match (fence, cursor.node.children()) {
            (Some(client), None) => Marker::Fence(client?),
            (None, Some(_)) => Marker::Steps(step::block(scope, cursor.node)),
            (fence, _) => {
                let (message, label) = match fence {
                    Some(_) => ("`quiet` with two markers", "`fence=` and a block"),
                    None => ("`quiet` without a marker", "nothing shows that it could have come"),
                };
                let client = &scope.clients[self.client].name;
                let help =
                    format!("`fence=P` lets P publish once more; `{{ ... {client} <- PUBLISH ... }}` gives the steps");
                scope.report(Problem::new(message, line(cursor.node), label).help(help));
                return None;
            }
        };
        Some(Verb::Quiet { pattern, marker, ordered: false })
    }
}

fn timing(scope: &mut Scope<'_>, cursor: &mut Cursor<'_>) -> Timing {
    let after = cursor.property("after");
    let within = cursor.property("within");
    let timing = Timing {
        after: after.and_then(|entry| duration(scope, entry)),
        within: within.and_then(|entry| duration(scope, entry)),
    };
    if let (Some(entry), Some(after), Some(within)) = (within, timing.after, timing.within)
        && within < after
    {
        scope.report(Problem::new("`within` ends before `after` begins", span(entry), "too early"));
    }
    timing
}
