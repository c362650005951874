//! What a profile says of the life of its server: what can be done to it, and what it has again afterwards.

use crate::words::{Reader, line};
use kdl::{KdlEntry, KdlNode};
use mqttspec_engine::operation::{Operation, Operations};
use mqttspec_engine::player::Declared;
use mqttspec_engine::scenario::Problem;

const OPERATIONS: [&str; 3] = [Operation::Restart.word(), Operation::Kill.word(), Operation::Pause.word()];
const ENDS: [&str; 2] = [Operation::Restart.word(), Operation::Kill.word()];
const KEPT: [&str; 2] = ["sessions", "retained"];

impl Reader {
    /// `operations restart pause`: these and no others. `operations none` for none at all.
    pub(super) fn operations(&mut self, node: &KdlNode, declared: &mut Declared) {
        let Some(words) = self.texts(node, "restart kill pause") else { return };
        let mut operations = Operations::default();
        for word in &words {
            match Operation::named(word) {
                Some(Operation::Restart) => operations.restart = true,
                Some(Operation::Kill) => operations.kill = true,
                Some(Operation::Pause) => operations.pause = true,
                _ if word == "none" && words.len() == 1 => {}
                _ => self.unknown("operation", word, place(node, word), &OPERATIONS),
            }
        }
        declared.operations = operations;
    }

    /// `persists restart sessions=#true retained=#true`.
    pub(super) fn persists(&mut self, node: &KdlNode, declared: &mut Declared) {
        let properties = self.properties(node, &KEPT);
        let Some(end) =
            self.arguments(node, "restart sessions=#true retained=#true", 1, 1).and_then(|mut words| words.pop())
        else {
            return;
        };
        let persists = match Operation::named(&end) {
            Some(Operation::Restart) => &mut declared.persists_at_restart,
            Some(Operation::Kill) => &mut declared.persists_at_kill,
            _ => return self.unknown("operation", &end, place(node, &end), &ENDS),
        };
        for entry in properties {
            let key = entry.name().map_or("", |name| name.value());
            match (entry.value().as_bool(), key) {
                (Some(value), "sessions") => persists.sessions = value,
                (Some(value), _) => persists.retained = value,
                (None, _) => {
                    let help = format!("write {key}=#true or {key}=#false");
                    self.push(Problem::new(format!("`{key}` is true or false"), entry.span(), "neither").help(help));
                }
            }
        }
    }
}

fn place(node: &KdlNode, word: &str) -> miette::SourceSpan {
    let entry = node.entries().iter().find(|entry| entry.value().as_string() == Some(word));
    entry.map_or(line(node), KdlEntry::span)
}
