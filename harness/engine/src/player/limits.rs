//! What the Server offers, and what the case needs of it.

use super::connection::Limits;
use super::{Player, Stop};
use crate::scenario::Requirement;
use mqttspec_codec::packet::Subscription;
use mqttspec_codec::{Connack, Packet, PropertyId, TopicFilter, Version};

impl Player {
    /// Takes the limits out of a CONNACK; what is lacking for the case ends it.
    pub(super) fn accept(&mut self, connection: u32, connack: &ConnackLimits) {
        let state = &mut self.connections[connection as usize];
        state.accepted = true;
        let declared = state.limits;
        if state.version == Version::V311 {
            return;
        }
        state.limits = connack.merged(&declared);
        let limits = state.limits;
        if let Some(lacking) = self.lacking(&limits).filter(|_| self.stop.is_none()) {
            self.wait = None;
            self.stop = Some(Stop::Unsupported(format!("CONNACK says: {lacking}")));
        }
    }

    /// What the case requires and the limits do not give.
    pub(super) fn lacking(&self, limits: &Limits) -> Option<String> {
        let lacks = |requirement: &Requirement| -> Option<String> {
            let value = &requirement.value;
            let number = || match value {
                crate::scenario::Value::Text(text) => crate::template::substitute(text, |name| {
                    self.case.choices.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone())
                })
                .parse()
                .ok(),
                crate::scenario::Value::Bool(value) => Some(u64::from(*value)),
                other => self.names.number(other).ok(),
            };
            let wanted = number().unwrap_or(0);
            let (has, text) = match requirement.key.as_str() {
                "max-qos" => (limits.max_qos.into(), format!("Maximum QoS {}", limits.max_qos)),
                "retain" => (limits.retain.into(), "no retained messages".to_owned()),
                "wildcard" => (limits.wildcard.into(), "no wildcard subscriptions".to_owned()),
                "shared" => (limits.shared.into(), "no shared subscriptions".to_owned()),
                "subscription-identifier" => {
                    (limits.subscription_identifier.into(), "no subscription identifiers".to_owned())
                }
                "topic-alias" => (limits.topic_alias.into(), format!("Topic Alias Maximum {}", limits.topic_alias)),
                "receive-maximum" => {
                    (limits.receive_maximum.into(), format!("Receive Maximum {}", limits.receive_maximum))
                }
                _ => (u64::MAX, String::new()),
            };
            (wanted > has).then_some(text)
        };
        self.case.scenario.requires.iter().find_map(lacks)
    }

    /// What the Server said that it does not offer, if this packet asks for it.
    pub(super) fn beyond_limits(&self, connection: u32, packet: &Packet<'_>, len: usize) -> Option<String> {
        let limits = &self.connections[connection as usize].limits;
        if len > limits.max_packet as usize {
            return Some(format!("the Server takes packets of {} bytes, this one has {len}", limits.max_packet));
        }
        match packet {
            Packet::Publish(publish) => {
                if publish.qos as u8 > limits.max_qos {
                    return Some(format!("the Server offers QoS {} at most", limits.max_qos));
                }
                if publish.retain && !limits.retain {
                    return Some("the Server offers no retained messages".to_owned());
                }
                let state = &self.connections[connection as usize];
                let new = publish.packet_identifier.is_some_and(|id| !state.outbound.contains(&id));
                if new && state.outbound.len() >= limits.receive_maximum as usize {
                    return Some(format!(
                        "Receive Maximum {}: the Server takes no more at once",
                        limits.receive_maximum
                    ));
                }
                let alias = publish.properties.number(PropertyId::TopicAlias).unwrap_or(0);
                (alias > limits.topic_alias).then(|| format!("the Server takes {} topic aliases", limits.topic_alias))
            }
            Packet::Connect(connect) => {
                let will = connect.will?;
                if will.qos as u8 > limits.max_qos {
                    return Some(format!("the Server offers QoS {} at most", limits.max_qos));
                }
                (will.retain && !limits.retain).then(|| "the Server offers no retained messages".to_owned())
            }
            Packet::Subscribe(subscribe) => {
                let identified = subscribe.properties.subscription_identifiers().next().is_some();
                if identified && !limits.subscription_identifier {
                    return Some("the Server offers no subscription identifiers".to_owned());
                }
                let version = self.connections[connection as usize].version;
                subscribe.subscriptions.iter().find_map(|subscription| unavailable(&subscription, version, limits))
            }
            _ => None,
        }
    }
}

/// The limits that a CONNACK of 5.0 holds; absent means unlimited.
pub(super) struct ConnackLimits {
    max_qos: Option<u32>,
    retain: Option<u32>,
    wildcard: Option<u32>,
    shared: Option<u32>,
    subscription_identifier: Option<u32>,
    topic_alias: Option<u32>,
    receive_maximum: Option<u32>,
    max_packet: Option<u32>,
}

impl ConnackLimits {
    pub(super) fn new(connack: &Connack<'_>) -> Self {
        let number = |id: PropertyId| connack.properties.number(id);
        Self {
            max_qos: number(PropertyId::MaximumQoS),
            retain: number(PropertyId::RetainAvailable),
            wildcard: number(PropertyId::WildcardSubscriptionAvailable),
            shared: number(PropertyId::SharedSubscriptionAvailable),
            subscription_identifier: number(PropertyId::SubscriptionIdentifierAvailable),
            topic_alias: number(PropertyId::TopicAliasMaximum),
            receive_maximum: number(PropertyId::ReceiveMaximum),
            max_packet: number(PropertyId::MaximumPacketSize),
        }
    }

    fn merged(&self, declared: &Limits) -> Limits {
        Limits {
            max_qos: self.max_qos.map_or(declared.max_qos, |max| declared.max_qos.min(max as u8)),
            retain: declared.retain && self.retain != Some(0),
            wildcard: declared.wildcard && self.wildcard != Some(0),
            shared: declared.shared && self.shared != Some(0),
            subscription_identifier: declared.subscription_identifier && self.subscription_identifier != Some(0),
            topic_alias: self.topic_alias.unwrap_or(0),
            receive_maximum: self.receive_maximum.unwrap_or(65_535),
            max_packet: self.max_packet.unwrap_or(u32::MAX),
        }
    }
}

fn unavailable(subscription: &Subscription<'_>, version: Version, limits: &Limits) -> Option<String> {
    let filter = TopicFilter::new(subscription.filter.as_str()?, version)?;
    if filter.has_wildcard() && !limits.wildcard {
        return Some("the Server offers no wildcard subscriptions".to_owned());
    }
    (filter.share().is_some() && !limits.shared).then(|| "the Server offers no shared subscriptions".to_owned())
}
