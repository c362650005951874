//! Who is let in, and who may publish and subscribe to what.

use crate::broker::{Broker, ConnectionId};
use crate::connack::{Refusal, refusal};
use crate::connection::Peer;
use core::time::Duration;
use mqttspec_codec::{Connect, ReasonCode, Text};
use std::sync::Arc;

/// A row of the access list: it allows, and nothing forbids. What no row allows is not authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRule {
    /// Whom it is about.
    pub who: Who,
    /// The topics, as a topic filter. As in a subscription, a wildcard at the front leaves out topics that begin
    /// with `$`.
    pub filter: String,
    /// Whether it allows to publish.
    pub publish: bool,
    /// Whether it allows to subscribe, to this filter or a narrower one.
    pub subscribe: bool,
}

/// Whom a row of the access list is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Every client.
    Everyone,
    /// The clients with this User Name, or which the transport knows by this name: see [`Broker::identified`].
    UserName(String),
    /// The client with this Client Identifier.
    ClientId(String),
}

/// What a client wants to do with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Publish,
    Subscribe,
}

impl Broker {
    /// The transport knows who the client is, by its certificate say: it needs no User Name and Password, and `name`
    /// stands for its User Name in the access list. To be told between [`Broker::opened`] and the first bytes.
    pub fn identified(&mut self, now: Duration, connection: ConnectionId, name: &str) {
        self.tick_before(now);
        if let Some(state) = self.connections.get_mut(&connection) {
            state.identity = Some(name.into());
        }
    }

    /// The name of the client in the access list.
    pub(crate) fn user_name(&self, connection: ConnectionId, connect: &Connect<'_>) -> Option<Arc<str>> {
        let identity = self.connections.get(&connection).and_then(|state| state.identity.clone());
        identity.or_else(|| connect.user_name.and_then(Text::as_str).map(Arc::from))
    }

    /// Holds User Name and Password against the configuration.
    pub(crate) fn check_credentials(&self, connection: ConnectionId, connect: &Connect<'_>) -> Result<(), Refusal> {
        let identified = self.connections.get(&connection).is_some_and(|state| state.identity.is_some());
        if self.config.credentials.is_empty() || identified {
            return Ok(());
        }
        let user_name = connect.user_name.ok_or(USER_NAME_NEEDED)?;
        let right = |(name, password): &(String, Vec<u8>)| {
            user_name == name.as_str() && connect.password.is_some_and(|given| given == password.as_slice())
        };
        if self.config.credentials.iter().any(right) { Ok(()) } else { Err(BAD_CREDENTIALS) }
    }

    /// Whether the client may publish its Will.
    pub(crate) fn check_will_topic(&self, connection: ConnectionId, connect: &Connect<'_>) -> Result<(), Refusal> {
        let Some(topic) = connect.will.and_then(|will| will.topic.as_str()) else { return Ok(()) };
        let user_name = self.user_name(connection, connect);
        let client_id = connect.client_id.as_str().unwrap_or_default();
        if self.allowed(user_name.as_deref(), client_id, Action::Publish, topic) { Ok(()) } else { Err(NOT_AUTHORIZED) }
    }

    /// Whether a client that is connected may do this with a topic name or a topic filter.
    pub(crate) fn authorized(&self, peer: &Peer, action: Action, filter: &str) -> bool {
        let client = self.connections.get(&peer.connection).and_then(|state| state.client.as_ref());
        let user_name = client.and_then(|client| client.user_name.as_deref());
        self.allowed(user_name, &peer.client_id, action, filter)
    }

    fn allowed(&self, user_name: Option<&str>, client_id: &str, action: Action, filter: &str) -> bool {
        if action == Action::Publish && self.is_sys(filter) {
            return false;
        }
        let Some(rules) = &self.config.access_list else { return true };
        rules.iter().any(|rule| {
            let about = match &rule.who {
                Who::Everyone => true,
                Who::UserName(name) => user_name == Some(name),
                Who::ClientId(id) => client_id == id,
            };
            let allows = match action {
                Action::Publish => rule.publish,
                Action::Subscribe => rule.subscribe,
            };
            about && allows && covers(&rule.filter, filter)
        })
    }
}

/// Whether `filter` matches all that `asked`, a topic name or a topic filter, matches.
fn covers(filter: &str, asked: &str) -> bool {
    if filter.starts_with(['+', '#']) && asked.starts_with('$') {
        return false;
    }
    let (mut levels, mut asked) = (filter.split('/'), asked.split('/'));
    loop {
        match (levels.next(), asked.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(level)) if level != "#" => {}
            (Some(level), Some(other)) if level == other => {}
            _ => return false,
        }
    }
}

const BAD_CREDENTIALS: Refusal = refusal(Some(4), ReasonCode::BAD_USER_NAME_OR_PASSWORD, "wrong User Name or Password");
const USER_NAME_NEEDED: Refusal = refusal(Some(5), ReasonCode::BAD_USER_NAME_OR_PASSWORD, "User Name needed");
const NOT_AUTHORIZED: Refusal = refusal(Some(5), ReasonCode::NOT_AUTHORIZED, "the Will Topic is not authorized");

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_filter_covers_what_matches_no_more() {
        for (filter, asked) in [
            ("#", "#"),
            ("#", "a/b"),
            ("#", "+/b"),
            ("a/#", "a"),
            ("a/#", "a/+/#"),
            ("a/+", "a/b"),
            ("a/+", "a/+"),
            ("a/+/#", "a/b"),
            ("$SYS/#", "$SYS/+/x"),
            ("/", "/"),
        ] {
            assert!(covers(filter, asked), "{filter} {asked}");
        }
        for (filter, asked) in [
            ("#", "$SYS/#"),
            ("+/b", "$a/b"),
            ("a/+", "a/#"),
            ("a/+", "a"),
            ("a/+", "a/b/c"),
            ("a/b", "a/+"),
            ("a", "a/b"),
            ("a/#", "#"),
            ("a/#", "+"),
            ("a/#", "ab"),
        ] {
            assert!(!covers(filter, asked), "{filter} {asked}");
        }
    }
}
