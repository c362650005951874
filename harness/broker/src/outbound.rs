//! The messages of one session on their way out: what waits, what is under way, identifiers and the send quota.

use crate::behaviour::Behaviour;
use crate::delivery::Delivery;
use crate::error::Violation;
use crate::subscriptions::SubscriptionKey;
use core::time::Duration;
use mqttspec_codec::{QoS, ReasonCode};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The QoS 1 and QoS 2 messages of a session, and those of QoS 0 that wait.
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
    /// The size of all messages that wait or may have to be sent again.
    bytes: usize,
}

/// How much may wait in one session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Messages that wait to be sent.
    pub(crate) messages: usize,
    /// Bytes of messages that wait or may have to be sent again.
    pub(crate) bytes: usize,
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

impl Awaits {
    /// The message that may have to be sent again.
    fn delivery(&self) -> Option<&Delivery> {
        match self {
            Self::Puback(delivery) | Self::Pubrec(delivery) => Some(delivery),
            Self::Pubcomp => None,
        }
    }

    /// The first acknowledgement of a PUBLISH.
    fn first(delivery: Delivery) -> Self {
        match delivery.qos {
            QoS::ExactlyOnce => Self::Pubrec(delivery),
            QoS::AtLeastOnce | QoS::AtMostOnce => Self::Puback(delivery),
        }
    }
}

/// The next packet that may be sent.
#[derive(Debug)]
pub(crate) enum Step {
    AtMostOnce { delivery: Delivery },
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
    /// With what another broker has had on its way: what waits, and what was sent, both in order.
    pub(crate) fn restored(waiting: VecDeque<Delivery>, sent: Vec<(u16, Option<Delivery>)>) -> Self {
        let mut outbound = Self { waiting, ..Self::default() };
        for (packet_identifier, delivery) in sent {
            let order = outbound.next_order();
            let awaits = delivery.map_or(Awaits::Pubcomp, Awaits::first);
            outbound.in_flight.insert(packet_identifier, InFlight { awaits, order, takes_quota: false });
        }
        outbound.bytes = outbound.size();
        outbound
    }

    /// What waits to be sent, in order.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Delivery> {
        self.waiting.iter()
    }

    /// What was sent, in order: the packet identifiers, and what would be sent again unless it is a PUBREL.
    pub(crate) fn in_flight(&self) -> impl Iterator<Item = (u16, Option<&Delivery>)> {
        let mut in_flight: Vec<_> = self.in_flight.iter().collect();
        in_flight.sort_by_key(|(_, in_flight)| in_flight.order);
        in_flight.into_iter().map(|(&packet_identifier, in_flight)| (packet_identifier, in_flight.awaits.delivery()))
    }

    /// Lets a message wait for its turn; it is dropped when there is no room. Expired messages give way.
    // [v5:MQTT-3.3.2-5]
    pub(crate) fn push(&mut self, delivery: Delivery, room: Room, now: Duration) {
        let size = delivery.message.size();
        let full = |this: &Self| this.waiting.len() >= room.messages || this.bytes.saturating_add(size) > room.bytes;
        if full(self) {
            self.waiting.retain(|delivery| !delivery.message.expired(now));
            self.bytes = self.size();
        }
        if !full(self) {
            self.bytes += size;
            self.waiting.push_back(delivery);
        }
    }

    fn size(&self) -> usize {
        let in_flight = self.in_flight.values().filter_map(|in_flight| in_flight.awaits.delivery());
        self.waiting.iter().chain(in_flight).map(|delivery| delivery.message.size()).sum()
    }

    /// Begins a Network Connection: nothing of the send quota is used, and all that is not acknowledged has to go
    /// out again. PUBRELs first, as they take no quota, in the order of their PUBRECs; then the PUBLISH packets in
    /// the order of their first transmission.
    // [v5:MQTT-4.4.0-1] [v3.1.1:MQTT-4.4.0-1] [v3.1.1:MQTT-4.6.0-6] [v5:MQTT-4.9.0-1]
    // [v5:MQTT-4.8.2-4]
    pub(crate) fn resume(&mut self, behaviour: &Behaviour) {
        self.quota_used = 0;
        let mut again = Vec::with_capacity(self.in_flight.len());
        for (identifier, in_flight) in &mut self.in_flight {
            in_flight.takes_quota = false;
            let behind = !matches!(in_flight.awaits, Awaits::Pubcomp) && !behaviour.resends_in_one_order;
            again.push((behind, in_flight.order, *identifier));
        }
        again.sort_unstable();
        self.resend = again.into_iter().map(|(_, _, identifier)| identifier).collect();
    }

    /// The next packet to send, if the send quota allows one. Only a PUBLISH takes quota.
    // [v5:MQTT-3.3.4-9] [v5:MQTT-3.3.4-10] [v5:MQTT-4.9.0-2]
    pub(crate) fn next(&mut self, quota: u16, now: Duration, behaviour: &Behaviour) -> Option<Step> {
        let used_up = self.quota_used >= quota;
        while !self.resend.is_empty() {
            let awaits = |identifier| self.in_flight.get(identifier).map(|in_flight| &in_flight.awaits);
            let is_publish = |identifier| matches!(awaits(identifier), Some(Awaits::Puback(_) | Awaits::Pubrec(_)));
            // A PUBREL does not wait behind a PUBLISH that has to.
            let at = self.resend.iter().position(|identifier| !(used_up && is_publish(identifier)))?;
            let packet_identifier = self.resend.remove(at)?;
            // Acknowledged before it was sent again.
            let Some(in_flight) = self.in_flight.get_mut(&packet_identifier) else { continue };
            let step = match &in_flight.awaits {
                // Once the PUBREL has been sent, the PUBLISH is not.
                // [v5:MQTT-4.3.3-6] [v3.1.1:MQTT-4.3.3-1]
                Awaits::Pubcomp => Step::Pubrel { packet_identifier },
                // A message that has been sent once does not expire any more.
                // [v5:MQTT-4.3.3-7] [v5:MQTT-3.3.1-1] [v3.1.1:MQTT-3.3.1-1]
                Awaits::Puback(delivery) | Awaits::Pubrec(delivery) => {
                    in_flight.takes_quota = true;
                    self.quota_used += 1;
                    Step::Publish { packet_identifier, delivery: delivery.clone(), dup: true }
                }
            };
            return Some(step);
        }
        loop {
            let delivery = self.waiting.remove(self.choose(used_up, behaviour)?)?;
            // [v5:MQTT-3.3.2-5]
            if delivery.message.expired(now) {
                self.bytes -= delivery.message.size();
                continue;
            }
            if delivery.qos == QoS::AtMostOnce {
                self.bytes -= delivery.message.size();
                return Some(Step::AtMostOnce { delivery });
            }
            let packet_identifier = self.unused_identifier()?;
            self.last_identifier = packet_identifier;
            let awaits = Awaits::first(delivery.clone());
            let order = self.next_order();
            self.in_flight.insert(packet_identifier, InFlight { awaits, order, takes_quota: true });
            self.quota_used += 1;
            return Some(Step::Publish { packet_identifier, delivery, dup: false });
        }
    }

    /// Which of the messages that wait goes out next: the one that came first, unless the server has chosen otherwise.
    /// Those of one publisher, topic and QoS stay in order.
    // [v5:MQTT-4.6.0-5] [v3.1.1:MQTT-4.6.0-6]
    fn choose(&self, used_up: bool, behaviour: &Behaviour) -> Option<usize> {
        let blocked = used_up || self.in_flight.len() >= usize::from(u16::MAX);
        if blocked && behaviour.holds_back_qos0 {
            return None;
        }
        let allowed = |delivery: &Delivery| !blocked || delivery.qos == QoS::AtMostOnce;
        let mut allowed = self.waiting.iter().enumerate().filter(|(_, delivery)| allowed(delivery));
        if !behaviour.last_publisher_first {
            return allowed.next().map(|(at, _)| at);
        }
        let mut lanes = BTreeSet::new();
        let lane =
            |delivery: &Delivery| (delivery.message.publisher.clone(), delivery.message.topic.clone(), delivery.qos);
        allowed.filter(|(_, delivery)| lanes.insert(lane(delivery))).last().map(|(at, _)| at)
    }

    /// Whether something that was sent is not acknowledged.
    pub(crate) fn awaits_something(&self) -> bool {
        !self.in_flight.is_empty()
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
                if let Awaits::Pubrec(delivery) = &in_flight.awaits {
                    self.bytes -= delivery.message.size();
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
        let Some(in_flight) = self.in_flight.remove(&packet_identifier) else { return };
        self.bytes -= in_flight.awaits.delivery().map_or(0, |delivery| delivery.message.size());
        if in_flight.takes_quota {
            self.quota_used -= 1;
        }
    }

    /// Takes out what matches `gone` of the messages that wait.
    pub(crate) fn drop_waiting(&mut self, gone: impl Fn(&Delivery) -> bool) {
        self.waiting.retain(|delivery| !gone(delivery));
        self.bytes = self.size();
    }

    /// Takes out what goes to another member of its shared subscription when this one has lost its connection: what
    /// `goes` allows of the messages that wait and of those that have been sent at no higher QoS than `movable`.
    // [v5:MQTT-4.8.2-4]
    pub(crate) fn move_shared(&mut self, movable: QoS, goes: impl Fn(&SubscriptionKey) -> bool) -> Vec<Delivery> {
        let goes = |delivery: &Delivery| delivery.share.as_ref().is_some_and(&goes);
        let sent: Vec<u16> = self
            .in_flight()
            .filter(|(_, delivery)| delivery.is_some_and(|delivery| delivery.qos <= movable && goes(delivery)))
            .map(|(packet_identifier, _)| packet_identifier)
            .collect();
        let mut moved = Vec::new();
        for packet_identifier in sent {
            let delivery = self.in_flight.get(&packet_identifier).and_then(|in_flight| in_flight.awaits.delivery());
            moved.extend(delivery.cloned());
            self.forget(packet_identifier);
        }
        moved.extend(self.waiting.iter().filter(|delivery| goes(delivery)).cloned());
        self.drop_waiting(goes);
        moved
    }

    /// Takes out what a shared subscription may give to another member when this session ends: all but the QoS 2
    /// messages that have been sent.
    // [v5:MQTT-4.8.2-5]
    pub(crate) fn take_shared(&mut self) -> Vec<Delivery> {
        self.bytes = 0;
        let mut in_flight: Vec<_> = std::mem::take(&mut self.in_flight).into_values().collect();
        in_flight.sort_by_key(|in_flight| in_flight.order);
        let sent = in_flight.into_iter().filter_map(|in_flight| match in_flight.awaits {
            Awaits::Puback(delivery) => Some(delivery),
            Awaits::Pubrec(_) | Awaits::Pubcomp => None,
        });
        sent.chain(self.waiting.drain(..)).filter(|delivery| delivery.share.is_some()).collect()
    }
}
