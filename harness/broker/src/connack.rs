//! CONNACK: what the server tells of itself, and refusals.

use crate::broker::{Broker, ConnectionId};
use crate::session::{ClientId, ExpiryInterval};
use mqttspec_codec::{Connack, Connect, Packet, Properties, Property, PropertyId, QoS, ReasonCode, Version};

/// Why a CONNECT is not accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    /// The Connect Return Code of 3.1.1; `None` where it has none that applies.
    pub(crate) v311: Option<u8>,
    /// The Connect Reason Code of 5.0.
    pub(crate) v5: ReasonCode,
    pub(crate) text: &'static str,
}

pub(crate) const fn refusal(v311: Option<u8>, v5: ReasonCode, text: &'static str) -> Refusal {
    Refusal { v311, v5, text }
}

/// The largest packet that a client takes, as its CONNECT says.
pub(crate) fn maximum_packet_size(connect: &Connect<'_>) -> usize {
    let size = connect.properties.number(PropertyId::MaximumPacketSize);
    // 0 is a Protocol Error, not a size; the refusal that says so is written.
    size.filter(|&size| size != 0).map_or(usize::MAX, |size| size as usize)
}

impl Broker {
    /// CONNACK with a code that refuses, where there is one, and close.
    // [v5:MQTT-3.2.2-7] [v5:MQTT-3.2.2-8] [v5:MQTT-3.1.4-2] [v5:MQTT-4.13.2-1]
    // [v3.1.1:MQTT-3.2.2-5] [v3.1.1:MQTT-3.2.2-6]
    pub(crate) fn refuse(&mut self, connection: ConnectionId, version: Version, refusal: &Refusal, size: usize) {
        match (version, refusal.v311) {
            (Version::V5, _) => self.refuse_v5(connection, refusal.v5, refusal.text, size),
            (Version::V311, Some(code)) => {
                self.write_refusal(connection, Version::V311, ReasonCode(code), &[], size);
                self.close(connection);
            }
            (Version::V311, None) => self.close(connection),
        }
    }

    pub(crate) fn refuse_v5(&mut self, connection: ConnectionId, reason: ReasonCode, text: &str, size: usize) {
        if !self.config.behaviour.refuses_with_connack {
            return self.close(connection);
        }
        let said = self.reason_string(text);
        self.refuse_with(connection, reason, &said, size);
    }

    /// CONNACK with these properties, or without any if they make it too large, and close.
    pub(crate) fn refuse_with(
        &mut self,
        connection: ConnectionId,
        reason: ReasonCode,
        properties: &[Property<'_>],
        size: usize,
    ) {
        // [v5:MQTT-3.2.2-19] [v5:MQTT-3.2.2-20]
        if !self.write_refusal(connection, Version::V5, reason, properties, size) {
            self.write_refusal(connection, Version::V5, reason, &[], size);
        }
        self.close(connection);
    }

    /// Writes a CONNACK that refuses, unless it is larger than `size`.
    fn write_refusal(
        &mut self,
        connection: ConnectionId,
        version: Version,
        reason: ReasonCode,
        properties: &[Property<'_>],
        size: usize,
    ) -> bool {
        // [v5:MQTT-3.2.2-6] [v3.1.1:MQTT-3.2.2-4]
        let connack = Connack { session_present: false, reason, properties: Properties::list(properties) };
        let Ok(bytes) = Packet::Connack(connack).to_bytes(version) else { return true };
        let fits = bytes.len() <= size;
        if fits {
            self.write_bytes(connection, bytes);
        }
        fits
    }

    /// The CONNACK that accepts; `None` when it is too large for the client even without what only people read.
    // [v5:MQTT-3.1.2-24] [v5:MQTT-3.1.4-5] [v3.1.1:MQTT-3.1.4-4]
    pub(crate) fn acceptance(
        &self,
        connect: &Connect<'_>,
        session_present: bool,
        assigned: Option<&ClientId>,
    ) -> Option<Vec<u8>> {
        let size = maximum_packet_size(connect);
        let (said, properties) = match connect.version {
            Version::V5 if self.config.behaviour.talkative => {
                (self.reason_string(""), self.connack_properties(connect, assigned))
            }
            Version::V5 => (Vec::new(), self.connack_properties(connect, assigned)),
            Version::V311 => (Vec::new(), Vec::new()),
        };
        let connack = |properties: &[Property<'_>]| {
            let properties = Properties::list(properties);
            let connack = Connack { session_present, reason: ReasonCode::SUCCESS, properties };
            Packet::Connack(connack).to_bytes(connect.version).ok().filter(|bytes| bytes.len() <= size)
        };
        // [v5:MQTT-3.2.2-19] [v5:MQTT-3.2.2-20]
        connack(&[said, properties.clone()].concat()).or_else(|| connack(&properties))
    }

    /// Whatever differs from what a client assumes.
    fn connack_properties<'a>(&'a self, connect: &Connect<'a>, assigned: Option<&'a ClientId>) -> Vec<Property<'a>> {
        let config = &self.config;
        let explicit = config.behaviour.states_defaults;
        let mut properties = Vec::new();
        let mut number = |id, value: Option<u32>| {
            properties.extend(value.and_then(|value| Property::number(id, value)));
        };
        let asked = connect
            .properties
            .number(PropertyId::SessionExpiryInterval)
            .map_or(ExpiryInterval::AT_CLOSE, ExpiryInterval);
        let given = self.limited(asked);
        number(PropertyId::SessionExpiryInterval, (explicit || given != asked).then_some(given.0));
        let receive_maximum = config.receive_maximum.max(1);
        number(PropertyId::ReceiveMaximum, (explicit || receive_maximum != u16::MAX).then_some(receive_maximum.into()));
        // [v5:MQTT-3.2.2-9]
        let maximum_qos = config.maximum_qos;
        number(PropertyId::MaximumQoS, (maximum_qos != QoS::ExactlyOnce).then_some(maximum_qos as u32));
        let unless = |available: bool| (explicit || !available).then_some(available.into());
        number(PropertyId::RetainAvailable, unless(config.retain_available));
        number(PropertyId::MaximumPacketSize, Some(config.maximum_packet_size.max(1)));
        let aliases = config.topic_alias_maximum;
        number(PropertyId::TopicAliasMaximum, (explicit || aliases != 0).then_some(aliases.into()));
        number(PropertyId::WildcardSubscriptionAvailable, unless(config.wildcard_subscription_available));
        number(PropertyId::SubscriptionIdentifierAvailable, unless(config.subscription_identifiers_available));
        number(PropertyId::SharedSubscriptionAvailable, unless(config.shared_subscription_available));
        let keep_alive = config.server_keep_alive.or_else(|| explicit.then_some(connect.keep_alive));
        number(PropertyId::ServerKeepAlive, keep_alive.map(u32::from));
        // [v5:MQTT-3.1.3-7] [v5:MQTT-3.2.2-16]
        properties.extend(assigned.map(|id| Property::text(PropertyId::AssignedClientIdentifier, id)));
        // [v5:MQTT-4.12.0-5] [v5:MQTT-4.12.0-6]
        let method = connect.properties.find(PropertyId::AuthenticationMethod);
        properties.extend(method.map(|value| Property { id: PropertyId::AuthenticationMethod, value }));
        // [v5:MQTT-3.1.2-28]
        if connect.properties.number(PropertyId::RequestResponseInformation) == Some(1) {
            let information = config.response_information.as_deref();
            properties.extend(information.map(|text| Property::text(PropertyId::ResponseInformation, text)));
        }
        properties
    }
}
