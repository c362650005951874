//! What the Server offers, and what the case needs of it.

use super::connection::Limits;
use super::{Player, Stop};
use crate::scenario::{Requirement, Value};
use mqttspec_codec::packet::Subscription;
use mqttspec_codec::{Connack, Packet, PropertyId, TopicFilter, Version};

/// Who tells what a Server offers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    ByProfile,
    ByConnack,
}

/// What a requirement asks.
enum Asked {
    AtLeast(u64),
    /// A range, or alternatives.
    Within(String),
    Flag(bool),
}

impl Asked {
    /// Whether a Server that offers everything does not suit.
    const fn is_of_less(&self) -> bool {
        matches!(self, Self::Within(_) | Self::Flag(false))
    }
}

/// What there is of something that a requirement names, with its name.
enum Offer {
    Number(&'static str, u64),
    Flag(&'static str, bool),
    /// No CONNACK says so, in either version.
    Declared(&'static str, bool),
}

impl Offer {
    const fn is_told_by_connack(&self) -> bool {
        !matches!(self, Self::Declared(..))
    }
}

impl std::fmt::Display for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(name, has) => write!(f, "{name} {has}"),
            Self::Flag(name, true) | Self::Declared(name, true) => f.write_str(name),
            Self::Flag(name, false) | Self::Declared(name, false) => write!(f, "no {name}"),
        }
    }
}

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
        if let Some(lacking) = self.lacking(&limits, Told::ByConnack).filter(|_| self.stop.is_none()) {
            self.wait = None;
            self.stop = Some(Stop::Unsupported(format!("CONNACK says: {lacking}")));
        }
    }

    /// What the case requires and is not so.
    pub(super) fn lacking(&self, limits: &Limits, told: Told) -> Option<String> {
        let lacks = |requirement: &Requirement| -> Option<String> {
            let asked = self.asked(&requirement.value)?;
            let (offer, by_connack) = self.offer(&requirement.key, limits)?;
            // CONNACK of 5.0 says what the Server is short of, and alone says some of it at all.
            let only_connack = self.case.version == Version::V5 && asked.is_of_less() && offer.is_told_by_connack();
            let early = told == Told::ByProfile && (by_connack || only_connack);
            (!early && !self.suits(&asked, &offer)).then(|| offer.to_string())
        };
        self.case.scenario.requires.iter().find_map(lacks)
    }

    fn asked(&self, value: &Value) -> Option<Asked> {
        Some(match value {
            Value::Bool(value) => Asked::Flag(*value),
            Value::Number(least) => Asked::AtLeast(*least),
            Value::Text(text) => {
                let text = crate::template::substitute(text, |name| {
                    self.case.choices.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone())
                });
                match (text.as_str(), text.parse()) {
                    (_, Ok(least)) => Asked::AtLeast(least),
                    ("true", _) => Asked::Flag(true),
                    ("false", _) => Asked::Flag(false),
                    // A call is a number, too.
                    _ => match self.names.number(&Value::Text(text.clone())) {
                        Ok(least) => Asked::AtLeast(least),
                        Err(_) => Asked::Within(text),
                    },
                }
            }
            Value::Bytes(_) | Value::Fill { .. } | Value::Null => return None,
        })
    }

    /// What there is of something, and whether only CONNACK tells; `None` for what is asked of the target elsewhere.
    fn offer(&self, key: &str, limits: &Limits) -> Option<(Offer, bool)> {
        let number = |name, value: u32| Offer::Number(name, value.into());
        let declared = &self.settings.declared;
        Some(match key {
            "max-qos" => (number("Maximum QoS", limits.max_qos.into()), false),
            "retain" => (Offer::Flag("retained messages", limits.retain), false),
            "wildcard" => (Offer::Flag("wildcard subscriptions", limits.wildcard), false),
            "shared" => (Offer::Flag("shared subscriptions", limits.shared), false),
            "subscription-identifier" => {
                (Offer::Flag("subscription identifiers", limits.subscription_identifier), false)
            }
            "credentials" => (Offer::Declared("check of User Name and Password", declared.credentials), false),
            "challenge" => (Offer::Declared("Authentication Method CHALLENGE", declared.challenge), false),
            "web-socket" => (Offer::Declared("WebSocket", declared.web_socket), false),
            "topic-alias" => (number("Topic Alias Maximum", limits.topic_alias), true),
            "receive-maximum" => (number("Receive Maximum", limits.receive_maximum), true),
            "maximum-packet-size" => (number("Maximum Packet Size", limits.max_packet), true),
            _ => return None,
        })
    }

    fn suits(&self, asked: &Asked, offer: &Offer) -> bool {
        match (asked, offer) {
            (Asked::AtLeast(least), Offer::Number(_, has)) => has >= least,
            (Asked::Within(set), Offer::Number(_, has)) => {
                self.names.accepts_number(&Value::Text(set.clone()), *has).unwrap_or(false)
            }
            (Asked::Flag(wanted), Offer::Flag(_, has) | Offer::Declared(_, has)) => wanted == has,
            _ => true,
        }
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
            web_socket: declared.web_socket,
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
