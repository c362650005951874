//! PUBLISH.

use crate::{BOTH, Client, Field, PropertyId, Rule, Server, V5, V311, accepted, differ, refused};
use mqttspec_codec::{Context, Version, decode};

#[test]
fn qos_and_dup() {
    for (version, none) in BOTH {
        for sender in [Client, Server] {
            let with_id = |first: &str| format!("{first} [('a') 0001 {none} 'x']");
            let error = |rule| (rule, Field::FixedHeader, 0);
            for lawful in ["32", "33", "34", "35", "3a", "3b", "3c", "3d"] {
                accepted(version, sender, &with_id(lawful));
            }
            for wrong in ["36", "37", "3e", "3f"] {
                refused(version, sender, &with_id(wrong), error(Rule::PublishQos), "MQTT-3.3.1-4");
                refused(version, sender, wrong, error(Rule::PublishQos), "MQTT-3.3.1-4");
            }
            let good = format!("30 [('a') {none}]");
            for wrong in ["38", "39"] {
                let bad = format!("{wrong} [('a') {none}]");
                differ((version, sender), &good, &bad, error(Rule::DupWithoutQos), "MQTT-3.3.1-2");
                refused(version, sender, wrong, error(Rule::DupWithoutQos), "MQTT-3.3.1-2");
            }
        }
    }
}

#[test]
fn packet_identifier_zero() {
    for (version, none) in BOTH {
        for (sender, v5) in [(Client, "MQTT-2.2.1-3"), (Server, "MQTT-2.2.1-4")] {
            let publish = |id: &str| format!("32 [('a') {id} {none}]");
            let error = (Rule::PacketIdentifierZero, Field::PacketIdentifier, 5);
            let statement = if version == V5 { v5 } else { "MQTT-2.3.1-1" };
            differ((version, sender), &publish("0001"), &publish("0000"), error, statement);
            accepted(version, sender, &publish("ffff"));
        }
    }
}

#[test]
fn topic_name() {
    for (version, none) in BOTH {
        let publish = |topic: &str| format!("30 [({topic}) {none} 'x']");
        let good = publish("'a/b'");
        for (topic, at) in [("'a/+'", 6), ("'#'", 4), ("'a+'", 5), ("'+/#'", 4)] {
            let error = (Rule::TopicNameWildcard, Field::TopicName, at);
            differ((version, Client), &good, &publish(topic), error, "MQTT-3.3.2-2");
            refused(version, Server, &publish(topic), error, "MQTT-3.3.2-2");
        }
        let error = (Rule::TopicNameEmpty, Field::TopicName, 2);
        differ((version, Client), &good, &publish(""), error, "MQTT-4.7.3-1");
        for lawful in ["'/'", "' '", "'$SYS/x'", "'$share/g/a'"] {
            accepted(version, Client, &publish(lawful));
        }
    }
}

#[test]
fn empty_topic_name_needs_an_alias() {
    let empty = (Rule::TopicNameEmpty, Field::TopicName, 2);
    differ((V5, Client), "30 [() [23 0001]]", "30 [() 00]", empty, "MQTT-4.7.3-1");
    refused(V5, Client, "30 [() [26('a')('b')]]", empty, "MQTT-4.7.3-1");
    // In 3.1.1 the same bytes are an empty topic with a payload.
    refused(V311, Client, "30 [() [23 0001]]", empty, "MQTT-4.7.3-1");
}

#[test]
fn topic_alias_zero() {
    let error = (Rule::PropertyValue, Field::Property(PropertyId::TopicAlias), 7);
    for sender in [Client, Server] {
        differ((V5, sender), "30 [('a') [23 0001]]", "30 [('a') [23 0000]]", (error.0, error.1, 7), "MQTT-3.3.2-8");
    }
    refused(V5, Client, "30 [() [23 0000]]", (error.0, error.1, 6), "MQTT-3.3.2-8");
}

#[test]
fn subscription_identifier() {
    let property = Field::Property(PropertyId::SubscriptionIdentifier);
    accepted(V5, Server, "30 [('a') [0b 01]]");
    refused(V5, Client, "30 [('a') [0b 01]]", (Rule::PropertyNotAllowed, property, 6), "MQTT-3.3.4-6");
    // One for each subscription that matched, and the same twice is no error.
    accepted(V5, Server, "30 [('a') [0b 01 0b ffffff7f 0b 01]]");
    refused(V5, Server, "30 [('a') [0b 00]]", (Rule::PropertyValue, property, 7), None);
    let needless = (Rule::VariableByteIntegerMinimal, property, 7);
    refused(V5, Server, "30 [('a') [0b 8100]]", needless, "MQTT-1.5.5-1");
    refused(V5, Server, "30 [('a') [0b ffffffff7f]]", (Rule::VariableByteIntegerLength, property, 7), None);
    refused(V5, Server, "30 [('a') [0b ff]]", (Rule::Overrun, property, 7), None);
}

#[test]
fn response_topic() {
    let property = Field::Property(PropertyId::ResponseTopic);
    for wrong in ["'r/+'", "'r/#'"] {
        let bad = format!("30 [('a') [08({wrong})]]");
        let error = (Rule::TopicNameWildcard, property, 11);
        differ((V5, Client), "30 [('a') [08('r/a')]]", &bad, error, "MQTT-3.3.2-14");
    }
    let will = |topic: &str| format!("10 [('MQTT') 05 06 0000 00 () [08({topic})] ('w') ()]");
    let error = (Rule::TopicNameWildcard, Field::WillProperty(PropertyId::ResponseTopic), 19);
    differ((V5, Client), &will("'r'"), &will("'+'"), error, "MQTT-3.3.2-14");
}

/// What follows the first byte cannot make a PUBLISH of QoS 3 lawful, so no byte more is waited for.
#[test]
fn first_byte_is_judged_at_once() {
    for version in Version::ALL {
        for first in [0x36, 0x38] {
            assert!(decode(&[first], &Context::new(version, Client)).is_err(), "{first:02x}");
        }
    }
}
