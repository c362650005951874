//! What a broker counts, and its `$SYS` topics.

use crate::broker::{Broker, ConnectionId, Output};
use crate::message::Message;
use crate::timers::Timer;
use mqttspec_codec::PacketType;
use std::collections::VecDeque;

/// The topics that only the server publishes to.
const SYS: &str = "$SYS";

/// Packets and bytes in one direction, over all Network Connections that there ever were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    packets: u64,
    publishes: u64,
    bytes: u64,
}

impl Traffic {
    pub(crate) fn count(&mut self, packet: &[u8]) {
        self.packets += 1;
        self.bytes += packet.len() as u64;
        let publish = packet.first().and_then(|&first| PacketType::from_first_byte(first)) == Some(PacketType::Publish);
        self.publishes += u64::from(publish);
    }
}

/// What the caller has to do, and how much it was.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    queue: VecDeque<Output>,
    sent: Traffic,
}

impl Outputs {
    pub(crate) fn write(&mut self, connection: ConnectionId, bytes: Vec<u8>) {
        self.sent.count(&bytes);
        self.queue.push_back(Output::Write { connection, bytes });
    }

    pub(crate) fn close(&mut self, connection: ConnectionId) {
        self.queue.push_back(Output::Close { connection });
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}

impl Broker {
    /// Whether a topic is the server's own. Without an interval there is no such topic.
    pub(crate) fn is_sys(&self, topic: &str) -> bool {
        let below = topic.strip_prefix(SYS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below && self.config.sys_interval.is_some()
    }

    /// Sets the time of the next publication.
    pub(crate) fn schedule_sys(&mut self) {
        let interval = self.config.sys_interval.filter(|interval| !interval.is_zero());
        self.timers.set(Timer::Sys, interval.and_then(|interval| self.now.checked_add(interval)));
    }

    /// Publishes the counters, as retained messages.
    pub(crate) fn publish_sys(&mut self) {
        let (received, sent) = (self.received, self.outputs.sent);
        let sessions = self.sessions.len();
        let values: [(&str, u64); 12] = [
            ("clients/connected", self.connected as u64),
            ("clients/disconnected", sessions.saturating_sub(self.connected) as u64),
            ("clients/maximum", self.connected_maximum as u64),
            ("clients/total", sessions as u64),
            ("messages/received", received.packets),
            ("messages/sent", sent.packets),
            ("publish/messages/received", received.publishes),
            ("publish/messages/sent", sent.publishes),
            ("bytes/received", received.bytes),
            ("bytes/sent", sent.bytes),
            ("subscriptions/count", self.subscriptions.total() as u64),
            ("retained messages/count", self.retained.iter().count() as u64),
        ];
        let uptime = format!("{} seconds", self.now.as_secs());
        let mut publish = |name: &str, value: String| {
            self.publish_message(Message::of_server(&format!("{SYS}/broker/{name}"), &value, self.now));
        };
        publish("version", concat!("mqttspec ", env!("CARGO_PKG_VERSION")).to_owned());
        for (name, value) in values {
            publish(name, value.to_string());
        }
        publish("uptime", uptime);
        self.schedule_sys();
    }
}
