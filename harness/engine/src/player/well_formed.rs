//! Whether what the Server has sent is well-formed: the monitors file a breach as a finding, a rule makes it the verdict
//! of a case that is about it.

use super::Player;
use super::wait::Context;
use mqttspec_codec::{Sender, inspect};

impl Player {
    /// No packet that came to this Client breaks the statement of the rule in its form.
    pub(super) fn well_formed(&mut self, client: usize, context: Context) {
        let version = self.clients[client].version;
        let statement = context.rule.and_then(|rule| self.case.scenario.rules[rule].statement(version));
        let ill_formed = |(number, connection): (usize, &super::Connection)| {
            let found = |(index, received): (usize, &super::connection::Received)| {
                let packet = mqttspec_codec::Context::new(version, Sender::Server);
                let violations = inspect(&received.bytes, &packet).violations;
                let breaks = |violation: &&mqttspec_codec::DecodeError| {
                    let broken = violation.statement(version, Sender::Server);
                    statement.is_some() && broken.map(|id| self.catalogue.by_form(version, id)) == statement
                };
                violations.iter().find(breaks).map(|violation| (number as u32, index, violation.to_string()))
            };
            connection.received.iter().enumerate().find_map(found)
        };
        let own = self.connections.iter().enumerate().filter(|(_, connection)| connection.client == client);
        let Some((connection, index, violation)) = own.clone().find_map(ill_formed) else {
            if own.map(|(_, connection)| connection.received.len()).sum::<usize>() == 0 {
                return self.nonsense("nothing has come that could be ill-formed", context);
            }
            return self.pass(context, None);
        };
        let received = &self.connections[connection as usize].received[index];
        let actual = format!("{violation} in {}", received.describe());
        let breach = self.breach(context, "well-formed packets".to_owned(), actual, Some((connection, index)));
        self.fail(context, breach);
    }
}
