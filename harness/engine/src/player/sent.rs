//! What the player has to remember of what it sends.

use super::Player;
use super::connection::OwnLimits;
use mqttspec_codec::{Packet, PacketType, PropertyId, Publish, QoS, Text, TopicName, Version};

impl Player {
    /// Whether a Response Topic has a wildcard, which is the sender's breach.
    pub(super) fn note_response_topic(&mut self, publish: &Publish<'_>) {
        let response = publish.properties.text(PropertyId::ResponseTopic);
        self.wild_response |= response.and_then(Text::as_str).is_some_and(|topic| topic.contains(['+', '#']));
    }

    /// What the player has to remember of a packet that it sends.
    pub(super) fn note_sent(&mut self, connection: u32, packet: &Packet<'_>) {
        let state = &mut self.connections[connection as usize];
        let client = &mut self.clients[state.client];
        let mut answerable = |packet: PacketType, id: u16| client.answerable.insert((packet as u8, id));
        match packet {
            Packet::Connect(connect) => {
                let number = |id: PropertyId| connect.properties.number(id);
                // A second CONNECT is an error, and changes nothing.
                if !state.connect_sent {
                    state.client_id = connect.client_id.as_bytes().to_vec();
                    state.own = OwnLimits {
                        receive_maximum: number(PropertyId::ReceiveMaximum).unwrap_or(65_535),
                        topic_alias: number(PropertyId::TopicAliasMaximum).unwrap_or(0),
                        max_packet: number(PropertyId::MaximumPacketSize).map_or(usize::MAX, |max| max as usize),
                        clean_start: connect.clean_start,
                        session_expiry: number(PropertyId::SessionExpiryInterval).unwrap_or(0),
                        keep_alive: connect.keep_alive,
                        authenticates: connect.properties.find(PropertyId::AuthenticationMethod).is_some(),
                        problem_information: number(PropertyId::RequestProblemInformation) != Some(0),
                    };
                }
                state.connect_sent = true;
                let kept = match connect.version {
                    Version::V311 => !connect.clean_start,
                    Version::V5 => number(PropertyId::SessionExpiryInterval).unwrap_or(0) > 0,
                };
                if kept && !connect.client_id.is_empty() {
                    self.sessions.insert(connect.client_id.as_bytes().to_vec(), connect.version);
                }
                if let Some(will) = connect.will {
                    self.published.insert(will.topic.as_bytes().to_vec());
                    if will.retain {
                        self.retained.insert(will.topic.as_bytes().to_vec());
                    }
                }
            }
            Packet::Publish(publish) => {
                let alias = publish.properties.number(PropertyId::TopicAlias);
                let topic = match alias.filter(|_| publish.topic.is_empty()) {
                    Some(alias) => state.own_aliases.get(&alias).cloned(),
                    None => Some(publish.topic.as_bytes().to_vec()),
                };
                if let (Some(alias), Some(topic)) = (alias, &topic) {
                    state.own_aliases.insert(alias, topic.clone());
                }
                if let Some(topic) = topic {
                    let lawful = publish.topic.is_empty()
                        || publish.topic.as_str().is_some_and(|topic| TopicName::new(topic).is_some());
                    // A Server without retained messages keeps none, and would refuse to be asked.
                    if publish.retain && state.limits.retain && !publish.payload.is_empty() && lawful {
                        self.retained.insert(topic.clone());
                    }
                    self.published.insert(topic.clone());
                    client.last_publish = Some((topic, publish.qos as u8));
                }
                if let Some(id) = publish.packet_identifier {
                    state.outbound.insert(id);
                    let answer = if publish.qos == QoS::ExactlyOnce { PacketType::Pubrec } else { PacketType::Puback };
                    client.answerable.insert((answer as u8, id));
                }
            }
            Packet::Pubrel(ack) => drop(answerable(PacketType::Pubcomp, ack.packet_identifier)),
            Packet::Pubrec(ack) => {
                if ack.reason.is_error() {
                    state.inbound.remove(&ack.packet_identifier);
                    state.acknowledge(ack.packet_identifier, false, self.now);
                } else {
                    answerable(PacketType::Pubrel, ack.packet_identifier);
                }
            }
            Packet::Puback(ack) | Packet::Pubcomp(ack) => {
                let completed = packet.packet_type() == PacketType::Pubcomp;
                state.inbound.remove(&ack.packet_identifier);
                state.acknowledge(ack.packet_identifier, completed, self.now);
            }
            Packet::Subscribe(subscribe) => {
                state.filters += subscribe.subscriptions.iter().count();
                answerable(PacketType::Suback, subscribe.packet_identifier);
                let asked =
                    subscribe.subscriptions.iter().map(|subscription| subscription.options.qos() as u8).collect();
                state.requested.insert((PacketType::Suback as u8, subscribe.packet_identifier), asked);
            }
            Packet::Unsubscribe(unsubscribe) => {
                answerable(PacketType::Unsuback, unsubscribe.packet_identifier);
                let asked = unsubscribe.filters.iter().map(|_| 0).collect();
                state.requested.insert((PacketType::Unsuback as u8, unsubscribe.packet_identifier), asked);
            }
            Packet::Pingreq => state.pings_sent += 1,
            Packet::Disconnect(disconnect)
                // A session whose expiry is raised here lives on as well; one that is ended needs no clean-up, but
                // the clean-up does no harm.
                if disconnect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0) > 0 => {
                    let id = client.client_id.as_bytes().to_vec();
                    self.sessions.insert(id, state.version);
                }
            _ => {}
        }
    }
}
