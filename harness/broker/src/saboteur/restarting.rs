//! What is lost when a server is started again that promises to lose nothing.

use super::Sabotage;
use crate::state::{SessionState, State};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "restart-forgets-sessions",
        "has no sessions after it was started again",
        &["MQTT-3.2.2-2", "MQTT-4.1.0-1"],
        &["MQTT-3.2.2-3/a", "MQTT-3.1.2-23"],
    )
    .restarting(|state| state.sessions.clear()),
    Sabotage::new(
        "restart-forgets-subscriptions",
        "has the sessions, but not their subscriptions, after it was started again",
        &["MQTT-4.1.0-1"],
        &["MQTT-3.1.2-23"],
    )
    .restarting(|state| each(state, |session| session.subscriptions.clear())),
    Sabotage::new(
        "restart-forgets-queues",
        "has lost the messages that waited for Clients when it is started again",
        &["MQTT-3.1.2-5"],
        &["MQTT-4.5.0-1"],
    )
    .restarting(|state| each(state, |session| session.waiting.clear())),
    Sabotage::new(
        "restart-reverses-queues",
        "sends what waited in the reverse order after it was started again",
        &["MQTT-4.6.0-6"],
        &["MQTT-4.6.0-5"],
    )
    .restarting(|state| each(state, |session| session.waiting.reverse())),
    Sabotage::new(
        "restart-forgets-retained",
        "has no retained messages after it was started again",
        &["MQTT-3.3.1-5"],
        &["MQTT-3.3.1-5/b"],
    )
    .restarting(|state| state.retained.clear()),
    Sabotage::new(
        "restart-renews-expiry",
        "lets the Message Expiry Interval begin anew when it is started again",
        &[],
        &["MQTT-3.3.2-6"],
    )
    .restarting(|state| {
        let now = state.taken_at;
        state.messages.iter_mut().for_each(|message| message.received = now);
    }),
    Sabotage::new(
        "restart-stops-session-expiry",
        "keeps sessions for ever after it was started again",
        &[],
        &["MQTT-4.1.0-2"],
    )
    .restarting(|state| each(state, |session| session.ends_at = None)),
    Sabotage::new(
        "restart-forgets-unacknowledged",
        "does not send again what was not acknowledged before it was started again",
        &["MQTT-4.4.0-1/a"],
        &["MQTT-4.4.0-1/a"],
    )
    .restarting(|state| each(state, |session| session.in_flight.retain(|exchange| exchange.delivery.is_none()))),
    Sabotage::new(
        "restart-forgets-pubrel",
        "does not send a PUBREL again that was not answered before it was started again",
        &["MQTT-4.4.0-1/b"],
        &["MQTT-4.4.0-1/b"],
    )
    .restarting(|state| each(state, |session| session.in_flight.retain(|exchange| exchange.delivery.is_some()))),
    Sabotage::new(
        "restart-forgets-identifiers",
        "takes a QoS 2 PUBLISH that comes again for a new one after it was started again",
        &["MQTT-4.3.3-2/c"],
        &["MQTT-4.3.3-10/b"],
    )
    .restarting(|state| each(state, |session| session.unreleased.clear())),
];

fn each(state: &mut State, change: impl Fn(&mut SessionState)) {
    state.sessions.iter_mut().for_each(change);
}
