//! What is asked of a server in one version.

use super::session::{Nothing, Session};
use super::sheet::Fact;
use crate::transport::Connector;
use mqttspec_codec::{
    List, Packet, Properties, Property, PropertyId, Publish, QoS, ReasonCode, Subscribe, Subscription,
    SubscriptionOptions, Version,
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(super) struct Trials<'a> {
    pub(super) connector: Connector,
    pub(super) credentials: Option<&'a (String, Vec<u8>)>,
    pub(super) version: Version,
    pub(super) topic: String,
    pub(super) timeout: Duration,
    pub(super) stop: &'a AtomicBool,
}

/// What CONNACK says where it says something: name, property, and what it means when it is not there.
const SAID: [(&str, PropertyId, Option<u32>); 6] = [
    ("receive-maximum", PropertyId::ReceiveMaximum, Some(65_535)),
    ("maximum-packet-size", PropertyId::MaximumPacketSize, None),
    ("topic-alias-maximum", PropertyId::TopicAliasMaximum, Some(0)),
    ("server-keep-alive", PropertyId::ServerKeepAlive, None),
    ("session-expiry", PropertyId::SessionExpiryInterval, None),
    ("maximum-qos", PropertyId::MaximumQoS, None),
];
/// What CONNACK may say is not there.
const OFFERED: [(&str, PropertyId); 4] = [
    ("retain", PropertyId::RetainAvailable),
    ("wildcard", PropertyId::WildcardSubscriptionAvailable),
    ("shared", PropertyId::SharedSubscriptionAvailable),
    ("subscription-identifier", PropertyId::SubscriptionIdentifierAvailable),
];

impl Trials<'_> {
    pub(super) async fn run(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        match self.connack().await {
            Ok(said) => facts = said,
            Err(nothing) => facts.push(Fact::unknown("connack", nothing.words())),
        }
        let known = |facts: &[Fact], name: &str| {
            self.stop.load(Ordering::Relaxed) || facts.iter().any(|fact| fact.name == name)
        };
        if !known(&facts, "maximum-qos") {
            facts.push(self.maximum_qos().await);
        }
        for (name, filter, identifier) in [
            ("wildcard", format!("{}/+", self.topic), None),
            ("shared", format!("$share/mqttspec/{}", self.topic), None),
            ("subscription-identifier", self.topic.clone(), Some(1)),
        ] {
            let is_of_version = self.version == Version::V5 || name == "wildcard";
            if is_of_version && !known(&facts, name) {
                facts.push(offered(name, self.subscribe(&filter, identifier).await));
            }
        }
        if !known(&facts, "retain") {
            facts.push(self.retain().await);
        }
        facts.push(self.assigned().await);
        facts
    }

    async fn open(&self, client_id: &str) -> Result<Session, Nothing> {
        Session::open(&self.connector, self.version, self.credentials, client_id, self.timeout).await
    }

    /// A session that was accepted.
    async fn accepted(&self) -> Result<Session, Nothing> {
        let id: String = "probe".chars().chain(std::iter::repeat_with(fastrand::alphanumeric).take(15)).collect();
        let mut session = self.open(&id).await?;
        let code = session
            .wait(|packet| if let Packet::Connack(connack) = packet { Some(connack.reason) } else { None })
            .await?;
        if code == ReasonCode::SUCCESS { Ok(session) } else { Err(Nothing::Closed) }
    }

    /// What the server says of itself. In 3.1.1 it has no way to.
    async fn connack(&self) -> Result<Vec<Fact>, Nothing> {
        if self.version == Version::V311 {
            return Ok(Vec::new());
        }
        let mut session = self.open(&format!("probe{}", fastrand::u32(..))).await?;
        let said = session.wait(|packet| {
            let Packet::Connack(connack) = packet else { return None };
            let mut facts = Vec::new();
            for (name, id, default) in SAID {
                match (connack.properties.number(id), default) {
                    (Some(number), _) => facts.push(Fact::said(name, json!(number))),
                    (None, Some(default)) => facts.push(Fact::by_default(name, json!(default))),
                    (None, None) if name == "maximum-qos" => {}
                    (None, None) => facts.push(Fact::by_default(name, Value::Null)),
                }
            }
            for (name, id) in OFFERED {
                if connack.properties.number(id) == Some(0) {
                    facts.push(Fact::said(name, json!(false)));
                }
            }
            Some(facts)
        });
        let said = said.await;
        session.end().await;
        said
    }

    /// The code that a SUBSCRIBE is answered with.
    async fn subscribe(&self, filter: &str, identifier: Option<u32>) -> Result<ReasonCode, Nothing> {
        let mut session = self.accepted().await?;
        let code = subscribe(&mut session, filter, identifier).await;
        session.end().await;
        code
    }

    async fn maximum_qos(&self) -> Fact {
        match self.subscribe(&self.topic, None).await {
            Ok(ReasonCode(granted @ 0..=2)) => Fact::tried("maximum-qos", json!(granted), "granted"),
            Ok(code) => Fact::unknown("maximum-qos", format!("SUBSCRIBE is answered with {code}")),
            Err(nothing) => Fact::unknown("maximum-qos", nothing.words()),
        }
    }

    /// Leaves a message on a topic of its own, looks for it, and takes it away.
    async fn retain(&self) -> Fact {
        let topic = format!("{}/retained", self.topic);
        let kept = self.kept(&topic).await;
        let cleared = self.clear(&topic).await;
        let fact = match kept {
            Ok(()) => Fact::tried("retain", json!(true), "kept and delivered"),
            Err(nothing) => {
                Fact::unknown("retain", format!("a retained message was not delivered: {}", nothing.words()))
            }
        };
        match cleared {
            Err(nothing) if fact.value == json!(true) => Fact {
                note: format!("{}; it could not be taken away from {topic}: {}", fact.note, nothing.words()),
                ..fact
            },
            _ => fact,
        }
    }

    async fn kept(&self, topic: &str) -> Result<(), Nothing> {
        let mut session = self.accepted().await?;
        let seen = async {
            session.send(&retained(topic, b"mqttspec probe")).await?;
            ping(&mut session).await?;
            send_subscribe(&mut session, topic, &[]).await?;
            session.wait(|packet| matches!(packet, Packet::Publish(publish) if publish.retain).then_some(())).await
        };
        let seen = seen.await;
        session.end().await;
        seen
    }

    async fn clear(&self, topic: &str) -> Result<(), Nothing> {
        let mut session = self.accepted().await?;
        session.send(&retained(topic, b"")).await?;
        // What was answered after it comes after it.
        let done = ping(&mut session).await;
        session.end().await;
        done
    }

    /// Whether a Client may leave its identifier to the Server.
    async fn assigned(&self) -> Fact {
        let name = "empty-client-identifier";
        let Ok(mut session) = self.open("").await else { return Fact::unknown(name, "no connection") };
        let came = session
            .wait(|packet| {
                let Packet::Connack(connack) = packet else { return None };
                let id = connack.properties.text(PropertyId::AssignedClientIdentifier);
                let id = id.and_then(mqttspec_codec::Text::as_str).map(str::to_owned);
                Some((connack.reason, id))
            })
            .await;
        let fact = match came {
            Ok((ReasonCode::SUCCESS, Some(id))) => Fact::tried(name, json!(true), format!("assigned {id:?}")),
            Ok((ReasonCode::SUCCESS, None)) => Fact::tried(name, json!(true), "accepted"),
            Ok((code, _)) => Fact::tried(name, json!(false), format!("refused with {code}")),
            Err(nothing) => Fact::unknown(name, nothing.words()),
        };
        session.end().await;
        fact
    }
}

fn offered(name: &'static str, came: Result<ReasonCode, Nothing>) -> Fact {
    match came {
        Ok(ReasonCode(granted @ 0..=2)) => Fact::tried(name, json!(true), format!("granted QoS {granted}")),
        // These codes say that the feature is not there; any other may have another cause.
        Ok(code @ ReasonCode(0x9e | 0xa1 | 0xa2)) => Fact::tried(name, json!(false), format!("refused with {code}")),
        Ok(code) => Fact::unknown(name, format!("SUBSCRIBE is answered with {code}")),
        Err(nothing) => Fact::unknown(name, nothing.words()),
    }
}

async fn subscribe(session: &mut Session, filter: &str, identifier: Option<u32>) -> Result<ReasonCode, Nothing> {
    let properties: Vec<Property<'_>> = identifier
        .and_then(|number| Property::number(PropertyId::SubscriptionIdentifier, number))
        .into_iter()
        .collect();
    send_subscribe(session, filter, &properties).await?;
    let code = |packet: Packet<'_>| match packet {
        Packet::Suback(suback) => suback.reason_codes().next(),
        _ => None,
    };
    session.wait(code).await
}

async fn send_subscribe(session: &mut Session, filter: &str, properties: &[Property<'_>]) -> Result<(), Nothing> {
    let entries = [Subscription { filter: filter.into(), options: SubscriptionOptions::new(QoS::ExactlyOnce) }];
    let (subscriptions, properties) = (List::new(&entries), Properties::list(properties));
    session.send(&Packet::Subscribe(Subscribe { packet_identifier: 1, properties, subscriptions })).await
}

async fn ping(session: &mut Session) -> Result<(), Nothing> {
    session.send(&Packet::Pingreq).await?;
    session.wait(|packet| matches!(packet, Packet::Pingresp).then_some(())).await
}

fn retained<'a>(topic: &'a str, payload: &'a [u8]) -> Packet<'a> {
    Packet::Publish(Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: true,
        topic: topic.into(),
        packet_identifier: None,
        properties: Properties::EMPTY,
        payload,
    })
}
