//! Servers that only pretend: nothing that they do not do may be proved.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, Summary, gate, run_server};
use mqttspec::target::{Endpoint, Server};
use mqttspec_codec::{
    Acknowledgement, Connack, Context, Decoded, Packet, Properties, QoS, ReasonCode, Sender, Suback, Version, decode,
};
use mqttspec_engine::event::{RuleKind, RuleState, Verdict};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a pretender does with a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pretence {
    Silent,
    ClosesAtOnce,
    ClosesAfterConnack,
    SilentAfterConnack,
    AcknowledgesAndDeliversNothing,
}

async fn pretend(mut stream: TcpStream, pretence: Pretence) {
    let mut buffer = Vec::new();
    let mut version = Version::V311;
    if pretence == Pretence::ClosesAtOnce {
        return;
    }
    let mut chunk = [0; 4096];
    while let Ok(len @ 1..) = stream.read(&mut chunk).await {
        buffer.extend_from_slice(&chunk[..len]);
        while let Ok(Decoded::Packet { packet, len }) = decode(&buffer, &Context::new(version, Sender::Client)) {
            if let Packet::Connect(connect) = &packet {
                version = connect.version;
            }
            let answer = answer(&packet, version, pretence);
            let connected = matches!(packet, Packet::Connect(_));
            buffer.drain(..len);
            if let Some(bytes) = answer
                && stream.write_all(&bytes).await.is_err()
            {
                return;
            }
            if connected && pretence == Pretence::ClosesAfterConnack {
                return;
            }
        }
    }
}

fn answer(packet: &Packet<'_>, version: Version, pretence: Pretence) -> Option<Vec<u8>> {
    if pretence == Pretence::Silent {
        return None;
    }
    let connected = matches!(packet, Packet::Connect(_));
    if !connected && pretence != Pretence::AcknowledgesAndDeliversNothing {
        return None;
    }
    let ok = |id: u16| Acknowledgement::new(id, ReasonCode::SUCCESS);
    let (mut codes, none) = (Vec::new(), Properties::EMPTY);
    let packet = match packet {
        Packet::Connect(connect) => Packet::Connack(Connack {
            session_present: !connect.clean_start,
            reason: ReasonCode::SUCCESS,
            properties: none,
        }),
        Packet::Publish(publish) => match (publish.qos, publish.packet_identifier) {
            (QoS::AtLeastOnce, Some(id)) => Packet::Puback(ok(id)),
            (QoS::ExactlyOnce, Some(id)) => Packet::Pubrec(ok(id)),
            _ => return None,
        },
        Packet::Pubrel(ack) => Packet::Pubcomp(ok(ack.packet_identifier)),
        Packet::Pubrec(ack) => Packet::Pubrel(ok(ack.packet_identifier)),
        Packet::Subscribe(subscribe) => {
            codes.extend(subscribe.subscriptions.iter().map(|subscription| subscription.options.qos() as u8));
            let packet_identifier = subscribe.packet_identifier;
            Packet::Suback(Suback { packet_identifier, properties: none, reasons: &codes })
        }
        Packet::Unsubscribe(unsubscribe) => {
            if version == Version::V5 {
                codes.extend(unsubscribe.filters.iter().map(|_| 0));
            }
            let packet_identifier = unsubscribe.packet_identifier;
            Packet::Unsuback(Suback { packet_identifier, properties: none, reasons: &codes })
        }
        Packet::Pingreq => Packet::Pingresp,
        _ => return None,
    };
    packet.to_bytes(version).ok()
}

/// Runs the whole corpus against a pretender, past readiness.
async fn run(pretence: Pretence) -> (Summary, BTreeMap<String, usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pretend(stream, pretence));
        }
    });
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    // Nobody is there who could be late: a short deadline shows the same as a long one.
    let options = Options { timeout: Duration::from_millis(300), jobs: 400, ..Options::default() };
    let mut server = Server::without_readiness(Endpoint::tcp("127.0.0.1", port), options.timeout);
    let summary = run_server(corpus.cases(), &corpus.catalogue, &options, &mut server, &mut |_| {}).await;
    serving.abort();
    let mut proved = BTreeMap::new();
    for rule in summary.results.iter().flat_map(|result| &result.rules) {
        if rule.state == RuleState::Proved {
            *proved.entry(format!("{:?} {}", rule.kind, rule.statement)).or_default() += 1;
        }
    }
    assert_eq!(summary.results.len(), corpus.cases().len());
    assert_ne!(gate(&summary, false).exit_code, 0);
    (summary, proved)
}

/// The cases that pass.
fn passed(summary: &Summary) -> Vec<&str> {
    let passed = summary.results.iter().filter(|result| result.verdict == Verdict::Pass);
    passed.map(|result| result.case.as_str()).collect()
}

/// Nothing but what CONNACK itself shows.
async fn check_nothing_beyond_connack(pretence: Pretence) {
    let (summary, proved) = run(pretence).await;
    let connack = [
        "MQTT-3.1.2-28",
        "MQTT-3.1.3-5",
        "MQTT-3.1.4-4",
        "MQTT-3.1.4-5",
        "MQTT-3.2.0-1",
        "MQTT-3.2.2-1",
        "MQTT-3.2.2-2",
        "MQTT-3.2.2-3",
    ];
    for name in proved.keys() {
        assert!(connack.iter().any(|id| name.ends_with(id)), "proved by a server that does nothing: {proved:#?}");
    }
    let passed = passed(&summary);
    assert!(passed.is_empty(), "passed by a server that does nothing: {passed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silent() {
    let (_, proved) = run(Pretence::Silent).await;
    assert!(proved.is_empty(), "{proved:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_at_once() {
    let (_, proved) = run(Pretence::ClosesAtOnce).await;
    assert!(proved.is_empty(), "{proved:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closes_after_connack() {
    check_nothing_beyond_connack(Pretence::ClosesAfterConnack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_after_connack() {
    check_nothing_beyond_connack(Pretence::SilentAfterConnack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledges_everything_and_delivers_nothing() {
    let (summary, proved) = run(Pretence::AcknowledgesAndDeliversNothing).await;
    // Every statement here is about the form of an acknowledgement.
    let scenario: Vec<&String> =
        proved.keys().filter(|name| name.starts_with(&format!("{:?}", RuleKind::Scenario))).collect();
    eprintln!("proved: {scenario:#?}");
    let passed = passed(&summary);
    assert!(passed.is_empty(), "passed by a server that delivers nothing: {passed:#?}");
}
