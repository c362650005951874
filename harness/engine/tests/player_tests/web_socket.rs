//! Frames and the subprotocol of a WebSocket, as data.

use super::support::Test;
use mqttspec_engine::player::Settings;

const fn over_web_socket(settings: &mut Settings) {
    settings.declared.web_socket = true;
}

fn upgrade(offers: &str) -> String {
    format!("requires web-socket=#true\n client c\n c open offers=\"{offers}\" rule=r\n c -> CONNECT\n c <- CONNACK")
}

#[test]
fn the_subprotocol_is_mqtt() {
    let taken = upgrade("mqtt other");
    Test::new("v3.1.1 v5", &taken, "").with(over_web_socket).expect("pass\n r: proved");
    let other = upgrade("other mqtt");
    Test::new("v3.1.1 v5", &other, "").with(over_web_socket).expect("fail\n r: broken\n `other`");
}

#[test]
fn without_web_socket_nothing_is_played() {
    Test::new("v5", &upgrade("other mqtt"), "").expect("unsupported\n no WebSocket");
}

#[test]
fn a_text_frame() {
    let body = |sent: &str| {
        format!("requires web-socket=#true\n client c\n ws-frame text {{ {sent}; }}\n c -> PINGREQ\n c alive rule=r")
    };
    let publish = body("c -> PUBLISH topic=\"a\" payload=x");
    let played = Test::new("v3.1.1", &publish, "").with(over_web_socket).play().remove(0);
    assert_eq!(played.writes[1].1, b"text 0\x04\0\x01ax");
    // A PINGREQ begins with a byte that is no UTF-8.
    Test::new("v5", &body("c -> PINGREQ"), "").with(over_web_socket).expect("inconclusive\n UTF-8");
}

#[test]
fn a_binary_frame_is_a_write() {
    let body =
        "requires web-socket=#true\n client c\n ws-frame binary { c -> PINGREQ; c -> PINGREQ; }\n c alive rule=r";
    let played = Test::new("v3.1.1", body, "").with(over_web_socket).play().remove(0);
    assert_eq!(played.writes[1].1, [0xc0, 0, 0xc0, 0]);
}
