//! The messages of one session on their way out: what waits, what is under way, identifiers and the send quota.

use crate::delivery::Delivery;
use crate::error::Violation;
use core::time::Duration;
use mqttspec_codec::{QoS, ReasonCode};
use std::collections::{BTreeMap, VecDeque};

/// The QoS 1 and QoS 2 messages of a session.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    /// Not sent yet, in the order in which they came.
    waiting: VecDeque<Delivery>,
    /// Sent and not completely acknowledged, by packet identifier.
    in_flight: BTreeMap<u16, InFlight>,
    /// What a resumed session still has to send again on this Network Connection, in order.
    resend: VecDeque<u16>,
    /// The packet identifier that was given last.
    last_identifier: u16,
    /// The order of the next packet that is to be acknowledged.
    next_order: u64,
    /// How much of the send quota of this Network Connection is used up.
    quota_used: u16,
}

#[derive(Debug)]
struct InFlight {
    awaits: Awaits,
    /// Packets are sent again in the order in which they were sent first.
    order: u64,
    /// Whether it takes a slot of the send quota: its PUBLISH was sent on this Network Connection.
    takes_quota: bool,
}

#[derive(Debug)]
enum Awaits {
    Puback(Delivery),
    Pubrec(Delivery),
    Pubcomp,
}

/// The next packet that may be sent.
#[derive(Debug)]
pub(crate) enum Step {
    Publish { packet_identifier: u16, delivery: Delivery, dup: bool },
    Pubrel { packet_identifier: u16 },
}

/// The answer to a PUBREC.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterPubrec {
    Pubrel,
    PubrelNotFound,
    Nothing,
}

impl Outbound {
    /// Lets a message wait for its turn; it is dropped when there are `maximum` already.
    pub(crate) fn push(&mut self, delivery: Delivery, maximum: usize) {
        if self.waiting.len() < maximum {
            self.waiting.push_back(delivery);
        }
    }

    /// Begins a Network Connection: nothing of the send quota is used, and all that is not acknowledged has to go
    /// out again. PUBRELs first, as they take no quota, in the order of their PUBRECs; then the PUBLISH packets in
    /// the order of their first transmission.
    // [v5:MQTT-4.4.0-1] [v3.1.1:MQTT-4.4.0-1] [v3.1.1:MQTT-4.6.0-6] [v5:MQTT-4.9.0-1]
    // [v5:MQTT-4.8.2-4]
    pub(crate) fn resume(&mut self) {
        self.quota_used = 0;
        let mut again = Vec::with_capacity(self.in_flight.len());
        for (identifier, in_flight) in &mut self.in_flight {
            in_flight.takes_quota = false;
            let publish = !matches!(in_flight.awaits, Awaits::Pubcomp);
            again.push((publish, in_flight.order, *identifier));
        }
        again.sort_unstable();
        self.resend = again.into_iter().map(|(_, _, identifier)| identifier).collect();
    }

    /// The next packet to send, if the send quota allows one. Only a PUBLISH takes quota.
    // [v5:MQTT-3.3.4-9] [v5:MQTT-3.3.4-10] [v5:MQTT-4.9.0-2]
    pub(crate) fn next(&mut self, quota: u16, now: Duration) -> Option<Step> {
        while let Some(&packet_identifier) = self.resend.front() {
            let Some(in_flight) = self.in_flight.get_mut(&packet_identifier) else {
                // Acknowledged before it was sent again.
                self.resend.pop_front();
                continue;
            };
            let step = match &in_flight.awaits {
                // Once the PUBREL has been sent, the PUBLISH is not.
                // [v5:MQTT-4.3.3-6] [v3.1.1:MQTT-4.3.3-1]
                Awaits::Pubcomp => Step::Pubrel { packet_identifier },
                Awaits::Puback(_) | Awaits::Pubrec(_) if self.quota_used >= quota => return None,
                // A message that has been sent once does not expire any more.
                // [v5:MQTT-4.3.3-7] [v5:MQTT-3.3.1-1] [v3.1.1:MQTT-3.3.1-1]
                Awaits::Puback(delivery) | Awaits::Pubrec(delivery) => {
                    in_flight.takes_quota = true;
                    self.quota_used += 1;
                    Step::Publish { packet_identifier, delivery: delivery.clone(), dup: true }
                }
            };
            self.resend.pop_front();
            return Some(step);
        }
        if self.quota_used >= quota {
            return None;
        }
        loop {
            let packet_identifier = self.unused_identifier()?;
            let delivery = self.waiting.pop_front()?;
            // [v5:MQTT-3.3.2-5]
            if delivery.message.expired(now) {
                continue;
            }
            self.last_identifier = packet_identifier;
            let awaits = match delivery.qos {
                QoS::ExactlyOnce => Awaits::Pubrec(delivery.clone()),
                QoS::AtLeastOnce | QoS::AtMostOnce => Awaits::Puback(delivery.clone()),
            };
            let order = self.next_order();
            self.in_flight.insert(packet_identifier, InFlight { awaits, order, takes_quota: true });
            self.quota_used += 1;
            return Some(Step::Publish { packet_identifier, delivery, dup: false });
        }
    }

    fn next_order(&mut self) -> u64 {
        self.next_order += 1;
        self.next_order
    }

    /// An identifier that nothing under way uses: the ones after the last are tried in turn.
    // [v5:MQTT-2.2.1-4] [v5:MQTT-4.3.2-1] [v5:MQTT-4.3.3-1]
    // [v3.1.1:MQTT-2.3.1-1] [v3.1.1:MQTT-2.3.1-4] [v3.1.1:MQTT-4.3.2-1] [v3.1.1:MQTT-4.3.3-1]
    fn unused_identifier(&self) -> Option<u16> {
        let after = self.last_identifier.checked_add(1).unwrap_or(1);
        (after..=u16::MAX).chain(1..after).find(|identifier| !self.in_flight.contains_key(identifier))
    }

    /// The client acknowledges a QoS 1 PUBLISH. With an error too: the message is not sent again.
    // [v5:MQTT-4.3.2-3] [v5:MQTT-4.4.0-2] [v5:MQTT-4.8.2-6]
    pub(crate) fn puback(&mut self, packet_identifier: u16) -> Result<(), Violation> {
        match self.in_flight.get(&packet_identifier).map(|in_flight| &in_flight.awaits) {
            Some(Awaits::Puback(_)) => {
                self.forget(packet_identifier);
                Ok(())
            }
            Some(_) => Err(Violation::protocol_error("PUBACK for a QoS 2 message")),
            // It may have been forgotten with its session.
            None => Ok(()),
        }
    }

    /// The client has received a QoS 2 PUBLISH.
    pub(crate) fn pubrec(&mut self, packet_identifier: u16, reason: ReasonCode) -> Result<AfterPubrec, Violation> {
        let order = self.next_order();
        match self.in_flight.get_mut(&packet_identifier) {
            Some(InFlight { awaits: Awaits::Puback(_), .. }) => {
                Err(Violation::protocol_error("PUBREC for a QoS 1 message"))
            }
            // An error ends the exchange.
            // [v5:MQTT-4.4.0-2] [v5:MQTT-4.8.2-6]
            Some(_) if reason.is_error() => {
                self.forget(packet_identifier);
                Ok(AfterPubrec::Nothing)
            }
            // [v5:MQTT-4.3.3-3] [v5:MQTT-4.3.3-4] [v3.1.1:MQTT-4.3.3-1]
            Some(in_flight) => {
                if matches!(in_flight.awaits, Awaits::Pubrec(_)) {
                    in_flight.awaits = Awaits::Pubcomp;
                    in_flight.order = order;
                    // The PUBREL answers the PUBREC; it need not go out a second time.
                    self.resend.retain(|&identifier| identifier != packet_identifier);
                }
                Ok(AfterPubrec::Pubrel)
            }
            None if reason.is_error() => Ok(AfterPubrec::Nothing),
            None => Ok(AfterPubrec::PubrelNotFound),
        }
    }

    /// The client has completed a QoS 2 exchange.
    // [v5:MQTT-4.3.3-5] [v3.1.1:MQTT-4.3.3-1]
    pub(crate) fn pubcomp(&mut self, packet_identifier: u16) -> Result<(), Violation> {
        match self.in_flight.get(&packet_identifier).map(|in_flight| &in_flight.awaits) {
            Some(Awaits::Pubcomp) => {
                self.forget(packet_identifier);
                Ok(())
            }
            Some(_) => Err(Violation::protocol_error("PUBCOMP without PUBREC")),
            None => Ok(()),
        }
    }

    /// Frees an identifier and its slot of the send quota.
    pub(crate) fn forget(&mut self, packet_identifier: u16) {
        if self.in_flight.remove(&packet_identifier).is_some_and(|in_flight| in_flight.takes_quota) {
            self.quota_used -= 1;
        }
    }

    /// Takes out what a shared subscription may give to another member when this session ends: all but the QoS 2
    /// messages that have been sent.
    // [v5:MQTT-4.8.2-5]
    pub(crate) fn take_shared(&mut self) -> Vec<Delivery> {
        let mut in_flight: Vec<_> = std::mem::take(&mut self.in_flight).into_values().collect();
        in_flight.sort_by_key(|in_flight| in_flight.order);
        let sent = in_flight.into_iter().filter_map(|in_flight| match in_flight.awaits {
            Awaits::Puback(delivery) => Some(delivery),
            Awaits::Pubrec(_) | Awaits::Pubcomp => None,
        });
        sent.chain(self.waiting.drain(..)).filter(|delivery| delivery.share.is_some()).collect()
    }
}
