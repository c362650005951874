//! Messages that wait for a client go out, and go out again.

use crate::broker::Broker;
use crate::outbound::Step;
use crate::session::ClientId;
use crate::timers::Timer;
use mqttspec_codec::{Acknowledgement, Packet, ReasonCode, Version};

impl Broker {
    /// Sends what waits for a client, as far as its send quota goes. All other packets are written where they
    /// arise, whatever the quota.
    // [v5:MQTT-4.9.0-3]
    pub(crate) fn pump(&mut self, client_id: &ClientId) {
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        let Some(connection) = session.connection else { return };
        let state = self.connections.get_mut(&connection);
        let Some(client) = state.and_then(|state| state.client.as_mut()) else { return };
        while let Some(step) = session.outbound.next(client.send_quota, self.now, &self.config.behaviour) {
            let bytes = match step {
                Step::AtMostOnce { delivery } => {
                    // [v5:MQTT-3.1.2-25]
                    let Some(bytes) = client.publish(&delivery, None, false, self.now) else { continue };
                    bytes
                }
                // [v5:MQTT-4.3.2-2] [v5:MQTT-4.3.3-2]
                Step::Publish { packet_identifier, delivery, dup } => {
                    let bytes = client.publish(&delivery, Some(packet_identifier), dup, self.now);
                    let Some(bytes) = bytes else {
                        // Too large for this client: as if it had been sent and acknowledged.
                        // [v5:MQTT-3.1.2-25]
                        session.outbound.forget(packet_identifier);
                        continue;
                    };
                    bytes
                }
                Step::Pubrel { packet_identifier } => {
                    let pubrel = Packet::Pubrel(Acknowledgement::new(packet_identifier, ReasonCode::SUCCESS));
                    let Ok(bytes) = pubrel.to_bytes(client.version) else { continue };
                    if bytes.len() > client.maximum_packet_size {
                        continue;
                    }
                    bytes
                }
            };
            self.outputs.write(connection, bytes);
        }
        if client.version == Version::V311
            && let Some(after) = self.config.behaviour.resend_after
            && session.outbound.awaits_something()
        {
            self.timers.set_if_none(Timer::Resend(client_id.clone()), self.now.checked_add(after));
        }
    }

    /// Sends again what a client has not acknowledged, on the connection that it has.
    pub(crate) fn resend(&mut self, client_id: &ClientId) {
        if let Some(session) = self.sessions.get_mut(client_id).filter(|session| session.connection.is_some()) {
            session.outbound.resume(&self.config.behaviour);
            self.pump(client_id);
        }
    }
}
