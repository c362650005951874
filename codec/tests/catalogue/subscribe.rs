//! Subscription Options: each byte.

use crate::{BOTH, Client, Field, Rule, V5, V311, accepted, refused};

#[test]
fn options() {
    for (version, none) in BOTH {
        let at = 7 + none.len() / 2;
        let subscribe = |options: u8| format!("82 [0001 {none} ('a') {options:02x}]");
        for options in 0..=255_u8 {
            let (qos, retain_handling) = (options & 0x03, options >> 4 & 0x03);
            let reserved = if version == V5 { 0xc0 } else { 0xfc };
            let broken = if options & reserved != 0 {
                let statement = if version == V5 { "MQTT-3.8.3-5" } else { "MQTT-3.8.3-4" };
                Some((Rule::SubscriptionOptionsReserved, Some(statement)))
            } else if qos == 3 {
                Some((Rule::SubscriptionQos, (version == V311).then_some("MQTT-3.8.3-4")))
            } else if retain_handling == 3 {
                Some((Rule::RetainHandling, None))
            } else {
                None
            };
            match broken {
                None => accepted(version, Client, &subscribe(options)),
                Some((rule, statement)) => {
                    let error = (rule, Field::SubscriptionOptions, at);
                    refused(version, Client, &subscribe(options), error, statement);
                }
            }
        }
    }
}
