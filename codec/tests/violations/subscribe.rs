//! SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK.

use crate::{BOTH, Client, Field, Rule, Server, V5, V311, accepted, differ, refused};

#[test]
fn packet_identifier_zero() {
    for (version, none) in BOTH {
        let rows = [
            (Client, "82", "('a') 00", "MQTT-2.3.1-1", "MQTT-2.2.1-3"),
            (Client, "a2", "('a')", "MQTT-2.3.1-1", "MQTT-2.2.1-3"),
            (Server, "90", "00", "MQTT-2.3.1-7", "MQTT-2.2.1-6"),
            (Server, "b0", if version == V5 { "00" } else { "" }, "MQTT-2.3.1-7", "MQTT-2.2.1-6"),
        ];
        for (sender, first, payload, v311, v5) in rows {
            let none = if first == "b0" && version == V311 { "" } else { none };
            let with = |id: &str| format!("{first} [{id} {none} {payload}]");
            let error = (Rule::PacketIdentifierZero, Field::PacketIdentifier, 2);
            let statement = if version == V5 { v5 } else { v311 };
            differ((version, sender), &with("0001"), &with("0000"), error, statement);
        }
    }
}

#[test]
fn empty_payload() {
    for (version, none) in BOTH {
        let at = 4 + none.len() / 2;
        let rows = [
            (Client, "82", "('a') 00", "MQTT-3.8.3-3", "MQTT-3.8.3-2"),
            (Client, "a2", "('a')", "MQTT-3.10.3-2", "MQTT-3.10.3-2"),
            (Server, "90", "00", "MQTT-3.8.4-5", "MQTT-3.8.4-6"),
            (Server, "b0", "00", "", "MQTT-3.11.3-2"),
        ];
        for (sender, first, payload, v311, v5) in rows {
            if (first, version) == ("b0", V311) {
                continue;
            }
            let with = |payload: &str| format!("{first} [0001 {none} {payload}]");
            let error = (Rule::PayloadEmpty, Field::Payload, at);
            let statement = if version == V5 { v5 } else { v311 };
            differ((version, sender), &with(payload), &with(""), error, statement);
        }
    }
}

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

#[test]
fn filters() {
    for (version, none) in BOTH {
        let at = 6 + none.len() / 2;
        let (multi, single) = match version {
            V311 => ("MQTT-4.7.1-2", "MQTT-4.7.1-3"),
            V5 => ("MQTT-4.7.1-1", "MQTT-4.7.1-2"),
        };
        let rows = [
            ("", Rule::TopicFilterEmpty, None, "MQTT-4.7.3-1"),
            ("a#", Rule::MultiLevelWildcard, Some(1), multi),
            ("#/a", Rule::MultiLevelWildcard, Some(0), multi),
            ("a/#/b", Rule::MultiLevelWildcard, Some(2), multi),
            ("##", Rule::MultiLevelWildcard, Some(0), multi),
            ("#a", Rule::MultiLevelWildcard, Some(0), multi),
            ("a/#+", Rule::MultiLevelWildcard, Some(2), multi),
            ("a+", Rule::SingleLevelWildcard, Some(1), single),
            ("+a", Rule::SingleLevelWildcard, Some(0), single),
            ("a/+b/c", Rule::SingleLevelWildcard, Some(2), single),
            ("++", Rule::SingleLevelWildcard, Some(0), single),
            ("+#", Rule::SingleLevelWildcard, Some(0), single),
        ];
        for (filter, rule, offset, statement) in rows {
            // An empty filter has no character to point at: the error is at its length.
            let error = (rule, Field::TopicFilter, offset.map_or(at - 2, |offset| at + offset));
            let subscribe = |filter: &str| format!("82 [0001 {none} ('{filter}') 00]");
            let unsubscribe = |filter: &str| format!("a2 [0001 {none} ('{filter}')]");
            differ((version, Client), &subscribe("a"), &subscribe(filter), error, statement);
            differ((version, Client), &unsubscribe("a"), &unsubscribe(filter), error, statement);
        }
        for lawful in ["#", "+", "/", "//", "a/+/#", "+/+", "/+", "+/#", "$SYS/#", "a b", "$share", "$shared/+/a"] {
            accepted(version, Client, &format!("82 [0001 {none} ('{lawful}') 00]"));
            accepted(version, Client, &format!("a2 [0001 {none} ('{lawful}')]"));
        }
    }
}

#[test]
fn shared_filters() {
    let rows = [
        ("$share//a", Rule::ShareNameEmpty, 7, "MQTT-4.8.2-1"),
        ("$share/", Rule::ShareNameEmpty, 7, "MQTT-4.8.2-1"),
        ("$share/g", Rule::SharedFilter, 8, "MQTT-4.8.2-2"),
        ("$share/g/", Rule::SharedFilter, 8, "MQTT-4.8.2-2"),
        ("$share/+/a", Rule::SharedFilter, 7, "MQTT-4.8.2-2"),
        ("$share/#", Rule::SharedFilter, 7, "MQTT-4.8.2-2"),
        ("$share/g#/a", Rule::SharedFilter, 8, "MQTT-4.8.2-2"),
        ("$share/g/a#", Rule::MultiLevelWildcard, 10, "MQTT-4.7.1-1"),
        ("$share/g/+a", Rule::SingleLevelWildcard, 9, "MQTT-4.7.1-2"),
    ];
    for (filter, rule, offset, statement) in rows {
        let error = (rule, Field::TopicFilter, 7 + offset);
        differ(
            (V5, Client),
            "82 [0001 00 ('$share/g/a') 00]",
            &format!("82 [0001 00 ('{filter}') 00]"),
            error,
            statement,
        );
        differ((V5, Client), "a2 [0001 00 ('$share/g/a')]", &format!("a2 [0001 00 ('{filter}')]"), error, statement);
    }
    for lawful in ["$share/g/#", "$share/g/+", "$share/g//", "$share/$g/$SYS/x", "$share/g/$share/h/a"] {
        accepted(V5, Client, &format!("82 [0001 00 ('{lawful}') 00]"));
    }
    // 3.1.1 knows no shared subscriptions: these are filters like any other.
    for lawful in ["$share//a", "$share/", "$share/g", "$share/g/", "$share/+/a", "$share/#"] {
        accepted(V311, Client, &format!("82 [0001 ('{lawful}') 00]"));
    }
}

#[test]
fn no_local_on_shared() {
    let error = (Rule::NoLocalOnShared, Field::SubscriptionOptions, 17);
    let shared = |options: &str| format!("82 [0001 00 ('$share/g/a') {options}]");
    differ((V5, Client), &shared("02"), &shared("04"), error, "MQTT-3.8.3-4");
    accepted(V5, Client, "82 [0001 00 ('share/g/a') 04]");
    accepted(V5, Client, "82 [0001 00 ('$share') 04]");
    // The second of two.
    let two = |options: &str| format!("82 [0001 00 ('a') 04 ('$share/g/a') {options}]");
    differ((V5, Client), &two("00"), &two("04"), (error.0, error.1, 21), "MQTT-3.8.3-4");
}

#[test]
fn codes() {
    for code in 0..=255_u8 {
        let error = |at| (Rule::ReasonCode, Field::ReasonCode, at);
        let v5 = [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
        let suback = format!("90 [0001 00 00 {code:02x}]");
        if v5.contains(&code) {
            accepted(V5, Server, &suback);
        } else {
            refused(V5, Server, &suback, error(6), "MQTT-3.9.3-2");
        }
        let suback = format!("90 [0001 00 {code:02x}]");
        if [0, 1, 2, 0x80].contains(&code) {
            accepted(V311, Server, &suback);
        } else {
            refused(V311, Server, &suback, error(5), "MQTT-3.9.3-2");
        }
        let unsuback = format!("b0 [0001 00 00 {code:02x}]");
        if [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91].contains(&code) {
            accepted(V5, Server, &unsuback);
        } else {
            refused(V5, Server, &unsuback, error(6), "MQTT-3.11.3-2");
        }
    }
}

#[test]
fn subscription_identifier() {
    use mqttspec_codec::PropertyId;
    let property = Field::Property(PropertyId::SubscriptionIdentifier);
    let subscribe = |properties: &str| format!("82 [0001 [{properties}] ('a') 00]");
    let good = subscribe("0b ffffff7f");
    differ((V5, Client), &good, &subscribe("0b 00"), (Rule::PropertyValue, property, 6), None);
    differ((V5, Client), &good, &subscribe("0b 01 0b 02"), (Rule::PropertyDuplicate, property, 7), None);
    let needless = (Rule::VariableByteIntegerMinimal, property, 6);
    differ((V5, Client), &good, &subscribe("0b 8100"), needless, "MQTT-1.5.5-1");
    let unsubscribe = "a2 [0001 [0b 01] ('a')]";
    refused(V5, Client, unsubscribe, (Rule::PropertyNotAllowed, property, 5), None);
}
