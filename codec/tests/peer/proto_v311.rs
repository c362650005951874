//! A 3.1.1 packet of `mqtt-proto` as one of ours.

use crate::room::Room;
use mqtt_proto::v3;
use mqttspec_codec::{
    Acknowledgement, Connack, Connect, Disconnect, List, Packet, Properties, Publish, QoS, ReasonCode, Suback,
    Subscribe, Subscription, SubscriptionOptions, Unsubscribe, Version, Will,
};

pub(crate) fn qos(qos: mqtt_proto::QoS) -> QoS {
    QoS::from_u8(qos as u8).expect("three levels")
}

pub(crate) fn packet<'a>(room: &'a Room, bytes: &[u8]) -> Result<Packet<'a>, String> {
    let packet = v3::Packet::decode(bytes).map_err(|error| format!("{error:?}"))?.ok_or("incomplete")?;
    let properties = Properties::EMPTY;
    let ack = |id: mqtt_proto::Pid| Acknowledgement::new(id.value(), ReasonCode::SUCCESS);
    Ok(match packet {
        v3::Packet::Connect(connect) => Packet::Connect(Connect {
            version: Version::V311,
            clean_start: connect.clean_session,
            keep_alive: connect.keep_alive,
            properties,
            client_id: room.text(&connect.client_id),
            will: connect.last_will.map(|will| Will {
                qos: qos(will.qos),
                retain: will.retain,
                properties,
                topic: room.text(&will.topic_name),
                payload: room.bytes(&will.message),
            }),
            user_name: connect.username.map(|name| room.text(&name)),
            password: connect.password.map(|password| room.bytes(&password)),
        }),
        v3::Packet::Connack(connack) => Packet::Connack(Connack {
            session_present: connack.session_present,
            reason: ReasonCode(connack.code as u8),
            properties,
        }),
        v3::Packet::Publish(publish) => Packet::Publish(Publish {
            dup: publish.dup,
            qos: qos(publish.qos_pid.qos()),
            retain: publish.retain,
            topic: room.text(&publish.topic_name),
            packet_identifier: publish.qos_pid.pid().map(mqtt_proto::Pid::value),
            properties,
            payload: room.bytes(&publish.payload),
        }),
        v3::Packet::Puback(id) => Packet::Puback(ack(id)),
        v3::Packet::Pubrec(id) => Packet::Pubrec(ack(id)),
        v3::Packet::Pubrel(id) => Packet::Pubrel(ack(id)),
        v3::Packet::Pubcomp(id) => Packet::Pubcomp(ack(id)),
        v3::Packet::Subscribe(subscribe) => {
            let entries = subscribe.topics.iter().map(|(filter, level)| Subscription {
                filter: room.text(filter),
                options: SubscriptionOptions::new(qos(*level)),
            });
            Packet::Subscribe(Subscribe {
                packet_identifier: subscribe.pid.value(),
                properties,
                subscriptions: List::new(room.list(entries)),
            })
        }
        v3::Packet::Suback(suback) => {
            let codes = suback.topics.iter().map(|code| match code {
                v3::SubscribeReturnCode::MaxLevel0 => 0,
                v3::SubscribeReturnCode::MaxLevel1 => 1,
                v3::SubscribeReturnCode::MaxLevel2 => 2,
                v3::SubscribeReturnCode::Failure => 0x80,
            });
            Packet::Suback(Suback { packet_identifier: suback.pid.value(), properties, reasons: room.list(codes) })
        }
        v3::Packet::Unsubscribe(unsubscribe) => {
            let filters = unsubscribe.topics.iter().map(|filter| room.text(filter));
            Packet::Unsubscribe(Unsubscribe {
                packet_identifier: unsubscribe.pid.value(),
                properties,
                filters: List::new(room.list(filters)),
            })
        }
        v3::Packet::Unsuback(id) => {
            Packet::Unsuback(Suback { packet_identifier: id.value(), properties, reasons: &[] })
        }
        v3::Packet::Pingreq => Packet::Pingreq,
        v3::Packet::Pingresp => Packet::Pingresp,
        v3::Packet::Disconnect => Packet::Disconnect(Disconnect { reason: ReasonCode::SUCCESS, properties }),
    })
}
