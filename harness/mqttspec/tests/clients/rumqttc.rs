//! rumqttc, which has every transport, and two clients: one for each version.

use crate::support::{MESSAGES, Received, Server, complete, payloads};
use mqttspec::target::Transport;
use std::time::Duration;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(30);

/// rumqttc's word for a transport.
fn transport(server: &Server, transport: Transport) -> rumqttc::Transport {
    let tls = || rumqttc::TlsConfiguration::Simple {
        ca: std::fs::read(server.ca()).unwrap(),
        alpn: Some(vec![if transport.is_web_socket() { b"http/1.1".to_vec() } else { b"mqtt".to_vec() }]),
        client_auth: None,
    };
    match transport {
        Transport::Tcp => rumqttc::Transport::Tcp,
        Transport::Tls => rumqttc::Transport::Tls(tls()),
        Transport::Ws => rumqttc::Transport::Ws,
        Transport::Wss => rumqttc::Transport::Wss(tls()),
    }
}

fn host(server: &Server, transport: Transport) -> String {
    match transport {
        Transport::Tcp | Transport::Tls => "localhost".to_owned(),
        _ => format!("{}://localhost:{}/mqtt", transport.scheme(), server.port(transport)),
    }
}

/// The same text for both clients, whose types have the same names.
macro_rules! exchange {
    ($name:ident, $version:literal, will($($properties:expr)?), $($import:item)+) => {
        mod $name {
            use super::*;
            $($import)+

            fn open(server: &Server, kind: Transport, id: &str, will: bool) -> (AsyncClient, EventLoop) {
                let mut options = MqttOptions::new(id, host(server, kind), server.port(kind));
                options.set_transport(transport(server, kind));
                if will {
                    options.set_last_will(LastWill::new("t/will", "gone", QoS::AtLeastOnce, false $(, $properties)?));
                }
                AsyncClient::new(options, 100)
            }

            /// Goes on until `look` has found what it waits for.
            async fn until<T>(events: &mut EventLoop, mut look: impl FnMut(Incoming) -> Option<T>) -> T {
                let found = async {
                    loop {
                        if let Event::Incoming(packet) = events.poll().await.unwrap()
                            && let Some(found) = look(packet)
                        {
                            return found;
                        }
                    }
                };
                timeout(LONG, found).await.expect("in time")
            }

            async fn subscribe(server: &Server, kind: Transport, id: &str, filter: &str) -> (AsyncClient, EventLoop) {
                let (client, mut events) = open(server, kind, id, false);
                client.subscribe(filter, QoS::ExactlyOnce).await.unwrap();
                until(&mut events, |packet| matches!(packet, Incoming::SubAck(_)).then_some(())).await;
                (client, events)
            }

            /// Publishes all of it, and waits for what answers the last.
            async fn publish(server: &Server, kind: Transport) {
                let (client, mut events) = open(server, kind, "pub", false);
                let sending = tokio::spawn(async move {
                    for (number, qos) in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce].into_iter().enumerate() {
                        for payload in payloads(number as u8) {
                            client.publish(format!("t/{number}"), qos, false, payload).await.unwrap();
                        }
                    }
                    client.publish("r", QoS::AtLeastOnce, true, "kept").await.unwrap();
                    client
                });
                let mut left = (MESSAGES + 1, MESSAGES);
                until(&mut events, |packet| {
                    match packet {
                        Incoming::PubAck(_) => left.0 -= 1,
                        Incoming::PubComp(_) => left.1 -= 1,
                        _ => {}
                    }
                    (left == (0, 0)).then_some(())
                })
                .await;
                drop(sending.await.unwrap());
            }

            async fn received(events: &mut EventLoop, count: usize) -> Received {
                let mut received = Vec::new();
                until(events, |packet| {
                    if let Incoming::Publish(publish) = packet {
                        let topic: &[u8] = publish.topic.as_ref();
                        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                        received.push((text(topic), text(&publish.payload)));
                    }
                    (received.len() == count).then_some(())
                })
                .await;
                received
            }

            pub(super) async fn run(server: &Server, kind: Transport) {
                let who = format!("rumqttc, {} over {}", $version, kind.word());
                let (_client, mut events) = subscribe(server, kind, "sub", "t/#").await;
                let publishing = publish(server, kind);
                let (_, mut first) = tokio::join!(publishing, received(&mut events, 3 * MESSAGES));
                let (_dies, mut dying) = open(server, kind, "dies", true);
                until(&mut dying, |packet| matches!(packet, Incoming::ConnAck(_)).then_some(())).await;
                // Without DISCONNECT.
                drop(dying);
                first.extend(received(&mut events, 1).await);
                complete(&first, &who);
                let (_late, mut events) = subscribe(server, kind, "late", "r").await;
                assert_eq!(received(&mut events, 1).await, [("r".to_owned(), "kept".to_owned())], "{who}");
            }
        }
    };
}

exchange! {
    v311, "3.1.1", will(),
    use rumqttc::{AsyncClient, Event, EventLoop, Incoming, LastWill, MqttOptions, QoS};
}

exchange! {
    v5, "5.0", will(None),
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::LastWill;
    use rumqttc::v5::{AsyncClient, Event, EventLoop, Incoming, MqttOptions};
}

#[tokio::test(flavor = "multi_thread")]
async fn rumqttc() {
    // Its TLS takes the provider of the process; another test may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    for transport in Transport::ALL {
        v311::run(&Server::start().await, transport).await;
        v5::run(&Server::start().await, transport).await;
    }
}
