//! CONNECT.

use crate::{BOTH, Client, Field, PropertyId, Rule, V5, V311, accepted, differ, refused};
use mqttspec_codec::Version;

/// A CONNECT with these flags and this payload.
fn connect(version: Version, flags: &str, payload: &str) -> String {
    let none = if version == V5 { "00" } else { "" };
    format!("10 [('MQTT') {:02x} {flags} 003c {none} {payload}]", version.level())
}

/// Where the payload begins.
const fn payload_at(version: Version) -> usize {
    match version {
        V311 => 12,
        V5 => 13,
    }
}

/// What stands before a Will: an empty client identifier and, in 5.0, no Will Properties.
const fn before_will(version: Version) -> (&'static str, usize) {
    match version {
        V311 => ("()", 14),
        V5 => ("() 00", 16),
    }
}

#[test]
fn protocol_name() {
    for (version, none) in BOTH {
        let named = |name: &str| format!("10 [({name}) {:02x} 02 003c {none} ()]", version.level());
        for wrong in ["'MQTX'", "'mqtt'", "'MQIsdp'", "", "'MQTT '"] {
            let error = (Rule::ProtocolName, Field::ProtocolName, 2);
            differ((version, Client), &named("'MQTT'"), &named(wrong), error, "MQTT-3.1.2-1");
        }
        refused(version, Client, "10 [0005 'MQTT']", (Rule::Overrun, Field::ProtocolName, 2), "MQTT-3.1.4-1");
    }
}

#[test]
fn protocol_level() {
    for (version, none) in BOTH {
        for level in ["00", "03", "06", "84", "85", "ff"] {
            let input = format!("10 [('MQTT') {level} 02 003c {none} ()]");
            refused(version, Client, &input, (Rule::ProtocolLevel, Field::ProtocolLevel, 8), "MQTT-3.1.2-2");
        }
        // A CONNECT is decoded by the version that it names.
        accepted(version, Client, &connect(V311, "02", "()"));
        accepted(version, Client, &connect(V5, "02", "()"));
    }
}

#[test]
fn flags() {
    for (version, _) in BOTH {
        let (before, _) = before_will(version);
        let bare = |flags| connect(version, flags, "()");
        let will = |flags| connect(version, flags, &format!("{before} ('w') ()"));
        let error = |rule| (rule, Field::ConnectFlags, 9);
        differ((version, Client), &bare("02"), &bare("03"), error(Rule::ConnectFlagsReserved), "MQTT-3.1.2-3");
        accepted(version, Client, &bare("00"));

        let (qos, retain) = match version {
            V311 => ("MQTT-3.1.2-13", "MQTT-3.1.2-15"),
            V5 => ("MQTT-3.1.2-11", "MQTT-3.1.2-13"),
        };
        for flags in ["08", "10", "18"] {
            refused(version, Client, &bare(flags), error(Rule::WillQosWithoutWill), qos);
        }
        refused(version, Client, &bare("20"), error(Rule::WillRetainWithoutWill), retain);

        let statement = if version == V5 { "MQTT-3.1.2-12" } else { "MQTT-3.1.2-14" };
        for lawful in ["04", "0c", "14", "24", "2c", "34"] {
            differ((version, Client), &will(lawful), &will("1c"), error(Rule::WillQos), statement);
        }
    }
}

/// Will QoS 3 without a Will breaks the rule for CONNECTs without a Will, not the one for those with.
#[test]
fn will_qos_3_without_a_will() {
    for (version, _) in BOTH {
        let input = crate::bytes(&connect(version, "18", "()"));
        let context = mqttspec_codec::Context::new(version, Client);
        let rules = mqttspec_codec::inspect(&input, &context).violations.into_iter().map(|error| error.rule);
        assert_eq!(rules.collect::<Vec<_>>(), [Rule::WillQosWithoutWill], "{version}");
    }
}

#[test]
fn user_name_and_password() {
    for (version, _) in BOTH {
        let payload = payload_at(version) + 2;
        let (user_name, password) = match version {
            V311 => ("MQTT-3.1.2-19", "MQTT-3.1.2-21"),
            V5 => ("MQTT-3.1.2-17", "MQTT-3.1.2-19"),
        };
        let missing = |field, at| (Rule::Overrun, field, at);
        let with = |flags, payload| connect(version, flags, payload);
        let who = (version, Client);
        differ(who, &with("82", "() ('u')"), &with("82", "()"), missing(Field::UserName, payload), user_name);
        refused(version, Client, &with("82", "() 0002 'u'"), missing(Field::UserName, payload), user_name);
        let good = with("c2", "() ('u') ('p')");
        differ(who, &good, &with("c2", "() ('u')"), missing(Field::Password, payload + 3), password);
        // What the flags do not announce is left over.
        refused(version, Client, &with("02", "() ('u')"), (Rule::TrailingBytes, Field::End, payload), "MQTT-3.1.4-1");
        let left = (Rule::TrailingBytes, Field::End, payload + 3);
        refused(version, Client, &with("82", "() ('u') ('p')"), left, "MQTT-3.1.4-1");
        // A password is binary data.
        accepted(version, Client, &with("c2", "() ('u') (00ff)"));
    }
}

#[test]
fn password_without_user_name() {
    accepted(V5, Client, &connect(V5, "42", "() ('p')"));
    let error = (Rule::PasswordWithoutUserName, Field::ConnectFlags, 9);
    refused(V311, Client, &connect(V311, "42", "() ('p')"), error, "MQTT-3.1.2-22");
    // By the version of the CONNECT, whatever the receiver expected.
    accepted(V311, Client, &connect(V5, "42", "() ('p')"));
}

#[test]
fn client_id() {
    for (version, _) in BOTH {
        let at = payload_at(version);
        let error = (Rule::Overrun, Field::ClientId, at);
        let good = connect(version, "02", "('c')");
        differ((version, Client), &good, &connect(version, "02", ""), error, "MQTT-3.1.3-3");
        refused(version, Client, &connect(version, "02", "0002 'c'"), error, "MQTT-3.1.3-3");
        // Who sends a zero-byte identifier without Clean Session gets a refusal, but the packet is well-formed.
        accepted(version, Client, &connect(version, "00", "()"));
    }
}

#[test]
fn will() {
    for (version, _) in BOTH {
        let (before, at) = before_will(version);
        let will = |topic: &str, payload: &str| connect(version, "06", &format!("{before} {topic} {payload}"));
        let good = will("('w')", "(00ff)");
        let who = (version, Client);
        let topic = |rule, offset| (rule, Field::WillTopic, offset);
        differ(who, &good, &will("()", "()"), topic(Rule::TopicNameEmpty, at), "MQTT-4.7.3-1");
        let wildcard = if version == V5 { "MQTT-4.7.0-1" } else { "MQTT-4.7.1-1" };
        differ(who, &good, &will("('w/+')", "()"), topic(Rule::TopicNameWildcard, at + 4), wildcard);
        differ(who, &good, &will("('#')", "()"), topic(Rule::TopicNameWildcard, at + 2), wildcard);
        differ(who, &good, &will("", ""), topic(Rule::Overrun, at), "MQTT-3.1.2-9");
        differ(who, &good, &will("('w')", ""), (Rule::Overrun, Field::WillPayload, at + 3), "MQTT-3.1.2-9");
        let short = (Rule::Overrun, Field::WillPayload, at + 3);
        differ(who, &good, &will("('w')", "0003 'ab'"), short, "MQTT-3.1.2-9");
    }
    let error = (Rule::Overrun, Field::WillPropertyLength, 15);
    refused(V5, Client, &connect(V5, "06", "()"), error, "MQTT-3.1.2-9");
}

#[test]
fn will_properties() {
    let will = |properties: &str| connect(V5, "06", &format!("() [{properties}] ('w') ()"));
    let delay = Field::WillProperty(PropertyId::WillDelayInterval);
    let good = will("18 00000005");
    let overrun = (Rule::Overrun, delay, 17);
    differ((V5, Client), &good, &will("18 000005"), overrun, "MQTT-3.1.4-1");
    differ((V5, Client), &good, &will("18 00000005 18 00000005"), (Rule::PropertyDuplicate, delay, 21), None);
    let alias = Field::WillProperty(PropertyId::TopicAlias);
    differ((V5, Client), &good, &will("23 0001"), (Rule::PropertyNotAllowed, alias, 16), None);
    // The Will Delay Interval belongs to the Will, not to the CONNECT.
    let input = "10 [('MQTT') 05 02 003c [18 00000005] ()]";
    let outside = Field::Property(PropertyId::WillDelayInterval);
    refused(V5, Client, input, (Rule::PropertyNotAllowed, outside, 13), None);
}
