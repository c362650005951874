//! What is done to the broker of a world: it takes no time, and nothing that was on its way to a broker that has ended
//! arrives.

use super::{Carried, Message, World};
use mqttspec_broker::{ConnectionId, End};
use mqttspec_engine::operation::Operation;

impl World {
    /// Does this to the broker; whether it could be done.
    pub(super) fn operate(&mut self, operation: Operation) -> bool {
        match operation {
            Operation::Restart => {
                self.go_on();
                self.broker.shut_down(self.now);
                self.after_broker();
                self.start_again(End::InOrder);
            }
            Operation::Kill => self.start_again(End::Killed),
            Operation::Pause => drop(self.held.get_or_insert_default()),
            Operation::Resume => self.go_on(),
            Operation::Alive => return self.held.is_none(),
        }
        true
    }

    fn start_again(&mut self, end: End) {
        self.held = None;
        let lines: Vec<ConnectionId> =
            self.lines.iter().filter(|(_, line)| line.reaches_broker()).map(|(&id, _)| id).collect();
        for id in lines {
            if let Some(line) = self.lines.get_mut(&id) {
                (line.broker_has_it, line.gone) = (false, true);
            }
            self.carry(id, false, Carried::Closed);
        }
        self.broker.start_again(self.now, end);
        self.after_broker();
    }

    /// What has waited arrives now.
    fn go_on(&mut self) {
        for message in self.held.take().unwrap_or_default() {
            self.push(self.now, message);
        }
        self.push(self.now, Message::BrokerTimer);
    }
}
