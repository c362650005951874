//! The gist of packets as `rumqttc` reads them.

use crate::gist::{Gist, bytes, number};
use ::bytes::BytesMut;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::v5;

fn start(kind: &'static str, id: Option<u16>) -> Gist {
    let mut gist = vec![("packet type", bytes(kind))];
    gist.extend(id.map(|id| ("packet identifier", number(id))));
    gist
}

pub(crate) fn v311(packet: &[u8]) -> Result<Gist, String> {
    let packet = v4::Packet::read(&mut BytesMut::from(packet), usize::MAX).map_err(|error| format!("{error:?}"))?;
    let mut gist;
    match packet {
        v4::Packet::Connect(connect) => {
            gist = start("CONNECT", None);
            gist.push(("Clean Start", number(connect.clean_session)));
            gist.push(("Keep Alive", number(connect.keep_alive)));
            gist.push(("Client Identifier", bytes(connect.client_id)));
            if let Some(will) = connect.last_will {
                gist.push(("Will QoS", number(will.qos as u8)));
                gist.push(("Will Retain", number(will.retain)));
                gist.push(("Will Topic", bytes(will.topic)));
                gist.push(("Will Payload", bytes(will.message)));
            }
            let login = connect.login.map(|login| (login.username, login.password)).unwrap_or_default();
            gist.extend([("User Name", bytes(login.0)), ("Password", bytes(login.1))]);
        }
        v4::Packet::ConnAck(connack) => {
            gist = start("CONNACK", None);
            gist.push(("Session Present", number(connack.session_present)));
        }
        v4::Packet::Publish(publish) => {
            gist = start("PUBLISH", (publish.pkid != 0).then_some(publish.pkid));
            gist.push(("DUP", number(publish.dup)));
            gist.push(("QoS", number(publish.qos as u8)));
            gist.push(("RETAIN", number(publish.retain)));
            gist.push(("Topic Name", bytes(publish.topic)));
            gist.push(("payload", bytes(publish.payload)));
        }
        v4::Packet::PubAck(ack) => gist = start("PUBACK", Some(ack.pkid)),
        v4::Packet::PubRec(ack) => gist = start("PUBREC", Some(ack.pkid)),
        v4::Packet::PubRel(ack) => gist = start("PUBREL", Some(ack.pkid)),
        v4::Packet::PubComp(ack) => gist = start("PUBCOMP", Some(ack.pkid)),
        v4::Packet::Subscribe(subscribe) => {
            gist = start("SUBSCRIBE", Some(subscribe.pkid));
            for filter in subscribe.filters {
                gist.extend([("Topic Filter", bytes(filter.path)), ("subscription QoS", number(filter.qos as u8))]);
            }
        }
        v4::Packet::SubAck(suback) => {
            gist = start("SUBACK", Some(suback.pkid));
            gist.push(("number of reason codes", number(suback.return_codes.len() as u32)));
        }
        v4::Packet::Unsubscribe(unsubscribe) => {
            gist = start("UNSUBSCRIBE", Some(unsubscribe.pkid));
            gist.extend(unsubscribe.topics.into_iter().map(|filter| ("Topic Filter", bytes(filter))));
        }
        v4::Packet::UnsubAck(unsuback) => {
            gist = start("UNSUBACK", Some(unsuback.pkid));
            gist.push(("number of reason codes", number(0_u8)));
        }
        v4::Packet::PingReq => gist = start("PINGREQ", None),
        v4::Packet::PingResp => gist = start("PINGRESP", None),
        v4::Packet::Disconnect => gist = start("DISCONNECT", None),
    }
    Ok(gist)
}

pub(crate) fn v5(packet: &[u8]) -> Result<Gist, String> {
    let packet = v5::Packet::read(&mut BytesMut::from(packet), None).map_err(|error| format!("{error:?}"))?;
    let mut gist;
    match packet {
        v5::Packet::Connect(connect, will, login) => {
            gist = start("CONNECT", None);
            gist.push(("Clean Start", number(connect.clean_start)));
            gist.push(("Keep Alive", number(connect.keep_alive)));
            gist.push(("Client Identifier", bytes(connect.client_id)));
            if let Some(will) = will {
                gist.push(("Will QoS", number(will.qos as u8)));
                gist.push(("Will Retain", number(will.retain)));
                gist.push(("Will Topic", bytes(will.topic)));
                gist.push(("Will Payload", bytes(will.message)));
            }
            let login = login.map(|login| (login.username, login.password)).unwrap_or_default();
            gist.extend([("User Name", bytes(login.0)), ("Password", bytes(login.1))]);
        }
        v5::Packet::ConnAck(connack) => {
            gist = start("CONNACK", None);
            gist.push(("Session Present", number(connack.session_present)));
        }
        v5::Packet::Publish(publish) => {
            gist = start("PUBLISH", (publish.pkid != 0).then_some(publish.pkid));
            gist.push(("DUP", number(publish.dup)));
            gist.push(("QoS", number(publish.qos as u8)));
            gist.push(("RETAIN", number(publish.retain)));
            gist.push(("Topic Name", bytes(publish.topic)));
            gist.push(("payload", bytes(publish.payload)));
        }
        v5::Packet::PubAck(ack) => gist = start("PUBACK", Some(ack.pkid)),
        v5::Packet::PubRec(ack) => gist = start("PUBREC", Some(ack.pkid)),
        v5::Packet::PubRel(ack) => gist = start("PUBREL", Some(ack.pkid)),
        v5::Packet::PubComp(ack) => gist = start("PUBCOMP", Some(ack.pkid)),
        v5::Packet::Subscribe(subscribe) => {
            gist = start("SUBSCRIBE", Some(subscribe.pkid));
            for filter in subscribe.filters {
                gist.extend([("Topic Filter", bytes(filter.path)), ("subscription QoS", number(filter.qos as u8))]);
            }
        }
        v5::Packet::SubAck(suback) => {
            gist = start("SUBACK", Some(suback.pkid));
            gist.push(("number of reason codes", number(suback.return_codes.len() as u32)));
        }
        v5::Packet::Unsubscribe(unsubscribe) => {
            gist = start("UNSUBSCRIBE", Some(unsubscribe.pkid));
            gist.extend(unsubscribe.filters.into_iter().map(|filter| ("Topic Filter", bytes(filter))));
        }
        v5::Packet::UnsubAck(unsuback) => {
            gist = start("UNSUBACK", Some(unsuback.pkid));
            gist.push(("number of reason codes", number(unsuback.reasons.len() as u32)));
        }
        v5::Packet::PingReq(_) => gist = start("PINGREQ", None),
        v5::Packet::PingResp(_) => gist = start("PINGRESP", None),
        v5::Packet::Disconnect(_) => gist = start("DISCONNECT", None),
        v5::Packet::Auth(_) => gist = start("AUTH", None),
    }
    Ok(gist)
}
