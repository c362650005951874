//! Whether a case can be played against a target at all: known before it begins.

use super::{Case, Op, OpKind};
use crate::operation::Operation;
use crate::player::Declared;
use crate::scenario::{Break, Requirement, Value};

impl Case {
    /// Why this case cannot be played: the target is none to which its operations can be done, or it does not promise
    /// to keep what the case looks for after them.
    #[must_use]
    pub fn unfeasible(&self, declared: &Declared) -> Option<String> {
        let refused = self.operations().into_iter().find(|&operation| !declared.operations.allow(operation));
        if let Some(operation) = refused {
            return Some(format!("`{operation}` cannot be done to this target"));
        }
        self.scenario.requires.iter().find_map(|requirement| self.unpromised(requirement, declared))
    }

    /// What the program does to the server, each once.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        fn collect(ops: &[Op], operations: &mut Vec<Operation>) {
            for op in ops {
                match &op.kind {
                    OpKind::Server(operation) => operations.push(*operation),
                    OpKind::Stream(stream) => {
                        let by = stream.by.iter().filter_map(|word| Break::named(word));
                        operations.extend(by.filter_map(Break::operation));
                    }
                    OpKind::AnyOf(branches) => branches.iter().for_each(|branch| collect(branch, operations)),
                    _ => {}
                }
            }
        }
        let mut operations = Vec::new();
        collect(&self.program, &mut operations);
        operations.sort_unstable();
        operations.dedup();
        operations
    }

    fn unpromised(&self, requirement: &Requirement, declared: &Declared) -> Option<String> {
        let Value::Text(text) = &requirement.value else { return None };
        let end = Operation::named(&self.with_choices(text)).filter(|operation| operation.ends_connections())?;
        let persists = match end {
            Operation::Kill => declared.persists_at_kill,
            _ => declared.persists_at_restart,
        };
        let (promised, what) = match requirement.key.as_str() {
            "sessions-survive" => (persists.sessions, "sessions"),
            "retained-survive" => (persists.retained, "retained messages"),
            _ => return None,
        };
        (!promised).then(|| format!("the target does not promise that {what} survive `{end}`"))
    }

    /// A text with the choices of the matrix put in.
    #[must_use]
    pub(crate) fn with_choices(&self, text: &str) -> String {
        crate::template::substitute(text, |name| {
            self.choices.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone())
        })
    }
}
