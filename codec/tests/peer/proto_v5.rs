//! A 5.0 packet of `mqtt-proto` as one of ours.

use crate::proto_v311::qos;
use crate::room::Room;
use mqtt_proto::v5;
use mqttspec_codec::{
    Acknowledgement, Auth, Connack, Connect, Disconnect, List, Packet, Properties, Property, PropertyId, Publish,
    ReasonCode, RetainHandling, Suback, Subscribe, Subscription, SubscriptionOptions, Unsubscribe, Value, Version,
    Will,
};

/// Collects properties from the fields of the other codec's property structs.
struct Collector<'a> {
    room: &'a Room,
    list: Vec<Property<'a>>,
}

impl<'a> Collector<'a> {
    fn new(room: &'a Room) -> Self {
        Self { room, list: Vec::new() }
    }

    fn number(mut self, id: PropertyId, value: Option<impl Into<u32>>) -> Self {
        self.list.extend(value.map(|value| Property::number(id, value.into()).expect("a number")));
        self
    }

    fn text(mut self, id: PropertyId, value: Option<impl AsRef<str>>) -> Self {
        self.list.extend(value.map(|value| Property { id, value: Value::Text(self.room.text(value.as_ref())) }));
        self
    }

    fn binary(mut self, id: PropertyId, value: Option<impl AsRef<[u8]>>) -> Self {
        self.list.extend(value.map(|value| Property { id, value: Value::Binary(self.room.bytes(value.as_ref())) }));
        self
    }

    fn user(mut self, properties: &[v5::UserProperty]) -> Properties<'a> {
        self.list.extend(properties.iter().map(|property| Property {
            id: PropertyId::UserProperty,
            value: Value::Pair(self.room.text(&property.name), self.room.text(&property.value)),
        }));
        Properties::list(self.room.list(self.list))
    }
}

macro_rules! acknowledgement {
    ($room:ident, $packet:ident, $ack:ident) => {
        Packet::$packet(Acknowledgement {
            packet_identifier: $ack.pid.value(),
            reason: ReasonCode($ack.reason_code as u8),
            properties: Collector::new($room)
                .text(PropertyId::ReasonString, $ack.properties.reason_string)
                .user(&$ack.properties.user_properties),
        })
    };
}

macro_rules! suback {
    ($room:ident, $packet:ident, $suback:ident) => {
        Packet::$packet(Suback {
            packet_identifier: $suback.pid.value(),
            properties: Collector::new($room)
                .text(PropertyId::ReasonString, $suback.properties.reason_string)
                .user(&$suback.properties.user_properties),
            reasons: $room.list($suback.topics.iter().map(|code| *code as u8)),
        })
    };
}

pub(crate) fn packet<'a>(room: &'a Room, bytes: &[u8]) -> Result<Packet<'a>, String> {
    let packet = v5::Packet::decode(bytes).map_err(|error| format!("{error:?}"))?.ok_or("incomplete")?;
    Ok(match packet {
        v5::Packet::Connect(connect) => Packet::Connect(self::connect(room, connect)),
        v5::Packet::Connack(connack) => Packet::Connack(self::connack(room, connack)),
        v5::Packet::Publish(publish) => Packet::Publish(self::publish(room, publish)),
        v5::Packet::Puback(ack) => acknowledgement!(room, Puback, ack),
        v5::Packet::Pubrec(ack) => acknowledgement!(room, Pubrec, ack),
        v5::Packet::Pubrel(ack) => acknowledgement!(room, Pubrel, ack),
        v5::Packet::Pubcomp(ack) => acknowledgement!(room, Pubcomp, ack),
        v5::Packet::Subscribe(subscribe) => Packet::Subscribe(self::subscribe(room, subscribe)),
        v5::Packet::Suback(suback) => suback!(room, Suback, suback),
        v5::Packet::Unsubscribe(unsubscribe) => {
            let filters = unsubscribe.topics.iter().map(|filter| room.text(filter));
            Packet::Unsubscribe(Unsubscribe {
                packet_identifier: unsubscribe.pid.value(),
                properties: Collector::new(room).user(&unsubscribe.properties.user_properties),
                filters: List::new(room.list(filters)),
            })
        }
        v5::Packet::Unsuback(unsuback) => suback!(room, Unsuback, unsuback),
        v5::Packet::Pingreq => Packet::Pingreq,
        v5::Packet::Pingresp => Packet::Pingresp,
        v5::Packet::Disconnect(disconnect) => Packet::Disconnect(Disconnect {
            reason: ReasonCode(disconnect.reason_code as u8),
            properties: Collector::new(room)
                .number(PropertyId::SessionExpiryInterval, disconnect.properties.session_expiry_interval)
                .text(PropertyId::ReasonString, disconnect.properties.reason_string)
                .text(PropertyId::ServerReference, disconnect.properties.server_reference)
                .user(&disconnect.properties.user_properties),
        }),
        v5::Packet::Auth(auth) => Packet::Auth(Auth {
            reason: ReasonCode(auth.reason_code as u8),
            properties: Collector::new(room)
                .text(PropertyId::AuthenticationMethod, auth.properties.auth_method)
                .binary(PropertyId::AuthenticationData, auth.properties.auth_data)
                .text(PropertyId::ReasonString, auth.properties.reason_string)
                .user(&auth.properties.user_properties),
        }),
    })
}

fn connect<'a>(room: &'a Room, connect: v5::Connect) -> Connect<'a> {
    let own = connect.properties;
    Connect {
        version: Version::V5,
        clean_start: connect.clean_start,
        keep_alive: connect.keep_alive,
        properties: Collector::new(room)
            .number(PropertyId::SessionExpiryInterval, own.session_expiry_interval)
            .number(PropertyId::ReceiveMaximum, own.receive_max)
            .number(PropertyId::MaximumPacketSize, own.max_packet_size)
            .number(PropertyId::TopicAliasMaximum, own.topic_alias_max)
            .number(PropertyId::RequestResponseInformation, own.request_response_info)
            .number(PropertyId::RequestProblemInformation, own.request_problem_info)
            .text(PropertyId::AuthenticationMethod, own.auth_method)
            .binary(PropertyId::AuthenticationData, own.auth_data)
            .user(&own.user_properties),
        client_id: room.text(&connect.client_id),
        will: connect.last_will.map(|will| Will {
            qos: qos(will.qos),
            retain: will.retain,
            properties: Collector::new(room)
                .number(PropertyId::WillDelayInterval, will.properties.delay_interval)
                .number(PropertyId::PayloadFormatIndicator, will.properties.payload_is_utf8)
                .number(PropertyId::MessageExpiryInterval, will.properties.message_expiry_interval)
                .text(PropertyId::ContentType, will.properties.content_type)
                .text(PropertyId::ResponseTopic, will.properties.response_topic.as_deref())
                .binary(PropertyId::CorrelationData, will.properties.correlation_data)
                .user(&will.properties.user_properties),
            topic: room.text(&will.topic_name),
            payload: room.bytes(&will.payload),
        }),
        user_name: connect.username.map(|name| room.text(&name)),
        password: connect.password.map(|password| room.bytes(&password)),
    }
}

fn connack<'a>(room: &'a Room, connack: v5::Connack) -> Connack<'a> {
    let own = connack.properties;
    Connack {
        session_present: connack.session_present,
        reason: ReasonCode(connack.reason_code as u8),
        properties: Collector::new(room)
            .number(PropertyId::SessionExpiryInterval, own.session_expiry_interval)
            .number(PropertyId::ReceiveMaximum, own.receive_max)
            .number(PropertyId::MaximumQoS, own.max_qos.map(|qos| qos as u8))
            .number(PropertyId::RetainAvailable, own.retain_available)
            .number(PropertyId::MaximumPacketSize, own.max_packet_size)
            .text(PropertyId::AssignedClientIdentifier, own.assigned_client_id)
            .number(PropertyId::TopicAliasMaximum, own.topic_alias_max)
            .text(PropertyId::ReasonString, own.reason_string)
            .number(PropertyId::WildcardSubscriptionAvailable, own.wildcard_subscription_available)
            .number(PropertyId::SubscriptionIdentifierAvailable, own.subscription_id_available)
            .number(PropertyId::SharedSubscriptionAvailable, own.shared_subscription_available)
            .number(PropertyId::ServerKeepAlive, own.server_keep_alive)
            .text(PropertyId::ResponseInformation, own.response_info)
            .text(PropertyId::ServerReference, own.server_reference)
            .text(PropertyId::AuthenticationMethod, own.auth_method)
            .binary(PropertyId::AuthenticationData, own.auth_data)
            .user(&own.user_properties),
    }
}

fn publish<'a>(room: &'a Room, publish: v5::Publish) -> Publish<'a> {
    let own = publish.properties;
    Publish {
        dup: publish.dup,
        qos: qos(publish.qos_pid.qos()),
        retain: publish.retain,
        topic: room.text(&publish.topic_name),
        packet_identifier: publish.qos_pid.pid().map(mqtt_proto::Pid::value),
        properties: Collector::new(room)
            .number(PropertyId::PayloadFormatIndicator, own.payload_is_utf8)
            .number(PropertyId::MessageExpiryInterval, own.message_expiry_interval)
            .number(PropertyId::TopicAlias, own.topic_alias)
            .text(PropertyId::ResponseTopic, own.response_topic.as_deref())
            .binary(PropertyId::CorrelationData, own.correlation_data)
            .number(PropertyId::SubscriptionIdentifier, own.subscription_id.map(v5::VarByteInt::value))
            .text(PropertyId::ContentType, own.content_type)
            .user(&own.user_properties),
        payload: room.bytes(&publish.payload),
    }
}

fn subscribe<'a>(room: &'a Room, subscribe: v5::Subscribe) -> Subscribe<'a> {
    let entry = |(filter, options): &(mqtt_proto::TopicFilter, v5::SubscriptionOptions)| Subscription {
        filter: room.text(filter),
        options: SubscriptionOptions::new(qos(options.max_qos))
            .with_no_local(options.no_local)
            .with_retain_as_published(options.retain_as_published)
            .with_retain_handling(match options.retain_handling {
                v5::RetainHandling::SendAtSubscribe => RetainHandling::Send,
                v5::RetainHandling::SendAtSubscribeIfNotExist => RetainHandling::SendIfNew,
                v5::RetainHandling::DoNotSend => RetainHandling::DoNotSend,
            }),
    };
    Subscribe {
        packet_identifier: subscribe.pid.value(),
        properties: Collector::new(room)
            .number(PropertyId::SubscriptionIdentifier, subscribe.properties.subscription_id.map(v5::VarByteInt::value))
            .user(&subscribe.properties.user_properties),
        subscriptions: List::new(room.list(subscribe.topics.iter().map(entry))),
    }
}
