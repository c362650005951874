//! PUBLISH: each value of its flags.

use crate::{BOTH, Client, Field, Rule, Server, accepted, refused};

/// What follows the first byte cannot make it lawful, so no byte more is waited for.
#[test]
fn flags() {
    for (version, none) in BOTH {
        for sender in [Client, Server] {
            for flags in 0..16_u8 {
                let qos = flags >> 1 & 3;
                let id = if qos == 0 { "" } else { "0001" };
                let first = format!("3{flags:x}");
                let publish = format!("{first} [('a') {id} {none} 'x']");
                let (rule, statement) = match (qos, flags & 8 != 0) {
                    (3, _) => (Rule::PublishQos, "MQTT-3.3.1-4"),
                    (0, true) => (Rule::DupWithoutQos, "MQTT-3.3.1-2"),
                    _ => {
                        accepted(version, sender, &publish);
                        continue;
                    }
                };
                for input in [publish, first] {
                    refused(version, sender, &input, (rule, Field::FixedHeader, 0), statement);
                }
            }
        }
    }
}
