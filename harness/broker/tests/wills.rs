//! Will Messages.

mod support;

use mqttspec_codec::{Connect, Properties, Property, PropertyId, Version, Will};
use support::*;

fn with_will(bench: &mut Bench, version: Version, id: &str, will: Will<'_>) -> Client {
    bench.connect(version, &Connect { will: Some(will), ..connect(version, id) }).0
}

/// A client whose session goes on, with a Will that is held back.
fn delayed(bench: &mut Bench, id: &str, expiry: u32, delay: u32) -> Client {
    let expiry = [number(PropertyId::SessionExpiryInterval, expiry)];
    let delay = [number(PropertyId::WillDelayInterval, delay)];
    let will = Will { properties: Properties::list(&delay), ..will("w", "gone") };
    let properties = Properties::list(&expiry);
    bench.connect(V5, &Connect { will: Some(will), properties, ..connect(V5, id) }).0
}

fn watcher(bench: &mut Bench, version: Version) -> Client {
    let watcher = bench.client(version, "watcher");
    bench.subscribe(watcher, "w", QOS2);
    watcher
}

#[test]
fn published_on_every_end_but_disconnect() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let watcher = watcher(&mut bench, version);
        let aborted = with_will(&mut bench, version, "a", Will { qos: QOS1, ..will("w", "1") });
        bench.abort(aborted);
        assert_eq!(bench.hear(watcher, "1").qos, QOS1);
        let violating = with_will(&mut bench, version, "b", will("w", "2"));
        bench.raw(violating, &[0x00, 0x00]);
        bench.disconnected(violating, 0x81);
        bench.hear(watcher, "2");
        let silent = Connect { keep_alive: 2, will: Some(will("w", "3")), ..connect(version, "c") };
        bench.connect(version, &silent);
        bench.seconds(3);
        bench.hear(watcher, "3");
        let taken = with_will(&mut bench, version, "d", will("w", "4"));
        bench.client(version, "d");
        bench.disconnected(taken, 0x8e);
        bench.hear(watcher, "4");
        let polite = with_will(&mut bench, version, "e", will("w", "5"));
        bench.leave(polite);
        bench.abort(polite);
        bench.quiet(watcher);
        // Once only: the next connection of the client has no Will.
        let next = bench.client(version, "a");
        bench.abort(next);
        bench.quiet(watcher);
    }
}

#[test]
fn retained_or_not() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let client = with_will(&mut bench, version, "a", Will { retain: true, ..will("kept", "1") });
        bench.abort(client);
        let client = with_will(&mut bench, version, "a", will("not", "2"));
        bench.abort(client);
        let late = bench.client(version, "late");
        bench.subscribe(late, "#", QOS0);
        assert!(bench.hear(late, "1").retain);
        bench.quiet(late);
    }
}

#[test]
fn properties_go_with_it_in_order_but_not_the_delay() {
    let mut bench = Bench::new();
    let watcher = watcher(&mut bench, V5);
    let properties = [
        Property::user("b", "1"),
        number(PropertyId::WillDelayInterval, 0),
        number(PropertyId::MessageExpiryInterval, 30),
        Property::user("a", "2"),
        Property::text(PropertyId::ContentType, "text"),
        Property::user("b", "1"),
    ];
    let properties = Properties::list(&properties);
    let client = with_will(&mut bench, V5, "a", Will { properties, ..will("w", "x") });
    // The Message Expiry Interval counts from the publication.
    bench.seconds(100);
    bench.abort(client);
    let heard = bench.hear(watcher, "x").properties;
    let expected = [properties.iter().next().unwrap()];
    assert_eq!(heard.iter().next().unwrap(), expected[0]);
    assert_eq!(heard.number(PropertyId::MessageExpiryInterval), Some(30));
    assert_eq!(heard.find(PropertyId::WillDelayInterval), None);
    let names: Vec<_> = heard.user_properties().map(|(name, _)| name.as_str().unwrap()).collect();
    assert_eq!(names, ["b", "a", "b"]);
    assert!(heard.text(PropertyId::ContentType).is_some_and(|text| text == "text"));
}

#[test]
fn a_delay_holds_it_back() {
    let mut bench = Bench::new();
    let watcher = watcher(&mut bench, V5);
    let client = delayed(&mut bench, "a", 100, 10);
    bench.abort(client);
    bench.seconds(9);
    bench.quiet(watcher);
    bench.seconds(1);
    bench.hear(watcher, "gone");
    bench.seconds(200);
    bench.quiet(watcher);
}

#[test]
fn the_end_of_the_session_ends_the_delay() {
    let mut bench = Bench::new();
    let watcher = watcher(&mut bench, V5);
    let client = delayed(&mut bench, "a", 5, 10);
    bench.abort(client);
    bench.seconds(4);
    bench.quiet(watcher);
    bench.seconds(1);
    bench.hear(watcher, "gone");
    let client = delayed(&mut bench, "b", 0, 10);
    bench.abort(client);
    bench.hear(watcher, "gone");
}

#[test]
fn coming_back_cancels_a_delayed_will() {
    let mut bench = Bench::new();
    let watcher = watcher(&mut bench, V5);
    let client = delayed(&mut bench, "a", 100, 10);
    bench.abort(client);
    bench.seconds(9);
    let (client, present) = bench.resume(V5, "a");
    assert!(present);
    bench.seconds(300);
    bench.abort(client);
    bench.seconds(300);
    bench.quiet(watcher);
    // The Will of the new connection waits for the end of that connection.
    let client = delayed(&mut bench, "b", 100, 10);
    bench.abort(client);
    bench.seconds(5);
    let expiry = [number(PropertyId::SessionExpiryInterval, 100)];
    let again = Connect { clean_start: false, properties: Properties::list(&expiry), ..connect(V5, "b") };
    let (client, connack) = bench.connect(V5, &Connect { will: Some(will("w", "new")), ..again });
    assert!(connack.session_present);
    bench.seconds(300);
    bench.quiet(watcher);
    bench.abort(client);
    bench.hear(watcher, "new");
    bench.quiet(watcher);
}

#[test]
fn takeover_with_a_delayed_will() {
    let mut bench = Bench::new();
    let watcher = watcher(&mut bench, V5);
    // The session goes on and the delay has not passed: no Will.
    delayed(&mut bench, "a", 100, 10);
    let (client, present) = bench.resume(V5, "a");
    assert!(present);
    bench.leave(client);
    bench.seconds(50);
    bench.quiet(watcher);
    // Clean Start ends the session, and so the delay.
    delayed(&mut bench, "b", 100, 10);
    bench.client(V5, "b");
    bench.hear(watcher, "gone");
    // A session without expiry ends with its connection.
    delayed(&mut bench, "c", 0, 10);
    assert!(!bench.resume(V5, "c").1);
    bench.hear(watcher, "gone");
}

#[test]
fn a_will_reaches_the_kept_session_of_its_own_client() {
    for version in Version::ALL {
        let mut bench = Bench::new();
        let expiry = [number(PropertyId::SessionExpiryInterval, 100)];
        let properties = if version == V5 { Properties::list(&expiry) } else { Properties::EMPTY };
        let connect = Connect {
            clean_start: false,
            will: Some(Will { qos: QOS1, ..will("w", "mine") }),
            properties,
            ..connect(version, "a")
        };
        let (client, _) = bench.connect(version, &connect);
        bench.subscribe(client, "w", QOS1);
        let (second, present) = bench.resume(version, "a");
        bench.disconnected(client, 0x8e);
        assert!(present);
        bench.hear(second, "mine");
    }
}

#[test]
fn a_will_payload_that_is_not_what_it_claims_is_refused() {
    let mut bench = Bench::new();
    let format = [number(PropertyId::PayloadFormatIndicator, 1)];
    let will = Will { payload: &[0xff], properties: Properties::list(&format), ..will("w", "") };
    assert_eq!(bench.refused(V5, &Connect { will: Some(will), ..connect(V5, "a") }), Some(0x99));
}
