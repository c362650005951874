//! The state of a broker, written down and read again.
#![cfg(feature = "serde")]

mod support;

use mqttspec_broker::{Broker, Config, State};
use mqttspec_codec::{Connect, Properties, Property, PropertyId, Publish, Will};
use support::*;

#[test]
fn a_state_is_the_same_behind_json() {
    let mut bench = Bench::new();
    let client = bench.kept(V5, "s");
    bench.subscribe(client, "$share/g/t", QOS2);
    bench.subscribe(client, "t", QOS1);
    let publisher = bench.client(V5, "p");
    let user = [Property::user("\u{feff}", "\u{10ffff}"), number(PropertyId::MessageExpiryInterval, 9)];
    let properties = Properties::list(&user);
    let retained = Publish { retain: true, properties, payload: &[0, 0xff], ..message("t", QOS2, 1, "") };
    bench.send(publisher, mqttspec_codec::Packet::Publish(retained));
    bench.take(publisher);
    bench.abort(client);
    bench.tell(publisher, "t", QOS1, "waits");
    let will = Will { qos: QOS1, ..will("w", "gone") };
    bench.connect(V5, &Connect { will: Some(will), ..connect(V5, "will") });
    let state = bench.broker.state(bench.now);
    assert!(state.sessions.iter().any(|session| !session.in_flight.is_empty() && !session.waiting.is_empty()));
    let json = serde_json::to_string(&state).expect("JSON");
    let read: State = serde_json::from_str(&json).expect("a state");
    assert_eq!(read, state);
    assert!(Broker::restore(Config::default(), &read).is_ok());
}
