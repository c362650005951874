//! What is done to the server itself, and what becomes of its Network Connections then.

use super::connection::State;
use super::wait::{Context, WaitKind};
use super::{Output, Phase, Player, Reference, Stop};
use crate::event::{Ending, Event};
use crate::operation::{Operated, Operation};
use std::time::Duration;

impl Player {
    /// Asks for an operation and waits for what becomes of it.
    pub(super) fn operate(&mut self, operation: Operation, context: Context) {
        self.begin_operation(operation);
        self.wait_for(WaitKind::Server, context);
    }

    pub(super) fn begin_operation(&mut self, operation: Operation) {
        if operation.ends_connections() {
            self.connections.iter_mut().for_each(|connection| connection.doomed = true);
        }
        self.tell_operation(operation.to_string());
        self.operating = Some(operation);
        self.reference = Reference { began: self.now, write: None, completed: self.now };
        self.outputs.push_back(Output::Server(operation));
    }

    /// What became of the operation that was asked for.
    pub fn operated(&mut self, now: Duration, outcome: &Operated) {
        self.now = now;
        let Some(operation) = self.operating.take() else { return };
        let (what, stop) = match outcome {
            Operated::Done => (format!("{operation}: done"), None),
            Operated::Refused(why) => (format!("{operation}: refused: {why}"), Some(Stop::Unsupported(why.clone()))),
            Operated::Failed(why) => {
                let told = format!("`{operation}` failed: {why}");
                (format!("{operation}: failed: {why}"), Some(Stop::Inconclusive(told)))
            }
        };
        self.tell_operation(what);
        self.operation_failed |= matches!(outcome, Operated::Failed(_));
        match (operation, outcome) {
            (Operation::Restart | Operation::Kill, _) => self.end_doomed(),
            // Whether it stands still after a pause that failed nobody knows: to resume it does no harm.
            (Operation::Pause, Operated::Done | Operated::Failed(_)) => self.paused = true,
            (Operation::Resume, _) => self.paused = false,
            _ => {}
        }
        self.reference = Reference { began: self.now, write: None, completed: self.now };
        if matches!(self.phase, Phase::Cleaning(_)) {
            self.cleanup_operated(stop);
        } else if self.stop.is_none() {
            self.stop = stop;
        }
        self.advance();
    }

    /// What was open when the server was ended is ended, whether the end of it has been seen or not.
    fn end_doomed(&mut self) {
        for connection in 0..self.connections.len() as u32 {
            let state = &self.connections[connection as usize];
            if state.doomed && (state.is_open() || state.state == State::Opening) {
                self.close(connection, Ending::WithServer);
            }
            if self.connections[connection as usize].doomed {
                self.drop_owed(connection);
            }
        }
    }

    pub(super) fn tell_operation(&mut self, what: String) {
        let (case, at_us) = (self.case.id.clone(), self.at_us());
        self.emit(Event::Operation { case, at_us, what });
    }
}
