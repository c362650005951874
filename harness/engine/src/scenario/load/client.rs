//! The Clients of a scenario.

use super::cursor::{Cursor, span};
use super::head::{NODES, named};
use super::packet::Reader;
use super::scope::Scope;
use super::{head, step};
use crate::scenario::error::Problem;
use crate::scenario::{Client, PacketSpec};
use kdl::{KdlDocument, KdlNode};
use mqttspec_codec::PacketType;

const PROPERTIES: &[&str] = &["session", "version", "id-of"];

/// Reads every Client into the scope. Names first, so that they may refer to each other.
pub(super) fn clients(scope: &mut Scope<'_>, block: &KdlDocument) {
    let declared: Vec<(&KdlNode, Cursor<'_>)> =
        named(block, "client").filter_map(|node| declare(scope, node)).collect();
    for (index, (node, cursor)) in declared.into_iter().enumerate() {
        complete(scope, index, node, cursor);
    }
}

fn declare<'k>(scope: &mut Scope<'_>, node: &'k KdlNode) -> Option<(&'k KdlNode, Cursor<'k>)> {
    let mut cursor = Cursor::new(node, &mut scope.problems);
    let Some(word) = cursor.word() else {
        scope.report(Problem::new("a Client without a name", cursor.line(), "incomplete").help("such as `client sub`"));
        return None;
    };
    let name = scope.new_name(word, "the name of a Client")?;
    if NODES.contains(&name.as_str()) || step::BLOCKS.contains(&name.as_str()) || name == "t" || name == "i" {
        scope.report(Problem::new(format!("`{name}` cannot name a Client"), span(word), "means something else"));
        return None;
    }
    if let Some(first) = scope.clients.iter().find(|client| client.name == name) {
        let problem = Problem::new(format!("a second Client `{name}`"), cursor.line(), "again here");
        scope.problems.push(problem.note(first.span, "first here"));
        return None;
    }
    let version = cursor.property("version").and_then(|entry| {
        let word = super::cursor::text(entry, "`version`", &mut scope.problems)?;
        Some(head::version(scope, word, span(entry)))
    });
    let session = cursor.property("session").and_then(|entry| scope.choice(entry, &["clean", "kept"]));
    scope.clients.push(Client {
        name,
        version,
        kept: session == Some("kept"),
        id_of: None,
        connects: true,
        connect: PacketSpec::empty(PacketType::Connect),
        span: cursor.line(),
    });
    Some((node, cursor))
}

fn complete(scope: &mut Scope<'_>, index: usize, node: &KdlNode, mut cursor: Cursor<'_>) {
    if let Some(entry) = cursor.property("id-of") {
        let other = scope.client(entry);
        if other == Some(index) {
            scope.report(Problem::new(
                "a Client that borrows its own Client Identifier",
                span(entry),
                "this Client itself",
            ));
        }
        scope.clients[index].id_of = other;
        if node.entry("client-id").is_some() {
            scope.report(
                Problem::new("`id-of` and `client-id` of one Client", cursor.line(), "two Client Identifiers")
                    .help("leave one of them out"),
            );
        }
    }
    let versions = scope.versions_of(index);
    let reader = Reader { versions: &versions, expected: false, head: true, step_properties: PROPERTIES };
    scope.clients[index].connect = reader.packet(scope, &mut cursor, PacketType::Connect);
    cursor.finish("`client`", PROPERTIES, &mut scope.problems);
}
