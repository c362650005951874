//! Topic names and topic filters that a server need not take.

use crate::broker::Broker;
use crate::connection::Peer;
use crate::inbound::NotAccepted;
use crate::subscribe::refused;
use mqttspec_codec::{
    Context, DecodeError, Packet, PacketType, QoS, ReasonCode, Rule, Sender, TopicFilter, TopicName, frame, inspect,
};

/// Whether a topic name or topic filter begins with `$` and is not one of those that tell clients something.
pub(crate) fn is_reserved(topic: &str) -> bool {
    topic.starts_with('$') && !topic.starts_with("$SYS/")
}

impl Broker {
    /// Refuses a packet by its acknowledgement when nothing but a name in it is wrong; the length of the packet.
    pub(crate) fn refused_by_code(&mut self, peer: &Peer, bytes: &[u8], error: &DecodeError) -> Option<usize> {
        let of_a_name = matches!(
            error.rule,
            Rule::TopicNameWildcard | Rule::TopicFilterEmpty | Rule::MultiLevelWildcard | Rule::SingleLevelWildcard
        );
        if !of_a_name || !self.config.behaviour.refuses_names_by_code {
            return None;
        }
        let inspection = inspect(bytes, &Context::new(peer.version, Sender::Client));
        if inspection.violations.iter().any(|violation| violation.rule != error.rule) {
            return None;
        }
        match inspection.packet? {
            Packet::Subscribe(subscribe) => {
                let code = |valid| match valid {
                    // The others are refused with it.
                    true => refused(peer.version, ReasonCode::UNSPECIFIED_ERROR),
                    false => refused(peer.version, ReasonCode::TOPIC_FILTER_INVALID),
                };
                let valid = |text: &str| TopicFilter::new(text, peer.version).is_some();
                let filters = subscribe.subscriptions.into_iter();
                let codes: Vec<u8> =
                    filters.map(|subscription| code(subscription.filter.as_str().is_some_and(valid))).collect();
                self.answer(peer, PacketType::Suback, subscribe.packet_identifier, &codes, "not a topic filter");
            }
            Packet::Publish(publish) => {
                let valid = publish.topic.as_str().is_some_and(|text| TopicName::new(text).is_some());
                let kind = match publish.qos {
                    QoS::AtMostOnce => return None,
                    QoS::AtLeastOnce => PacketType::Puback,
                    QoS::ExactlyOnce => PacketType::Pubrec,
                };
                let refusal = NotAccepted { reason: ReasonCode::TOPIC_NAME_INVALID, text: "not a topic name" };
                if valid || self.not_accepted(peer, publish.packet_identifier, kind, &refusal).is_err() {
                    return None;
                }
            }
            _ => return None,
        }
        frame(bytes).ok()?.map(|frame| frame.len)
    }
}
