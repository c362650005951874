//! What a step may ask of a PUBLISH beyond single values.

use super::support::check;

#[track_caller]
fn publish(asked: &str, bytes: &str, expected: &str) {
    let body = format!(
        "client sub\n sub -> SUBSCRIBE id=1 {{ filter \"$t/a\" qos=0; }}\n sub <- SUBACK id=1\n sub <- PUBLISH {asked}"
    );
    check("v5", &body, &format!("sub SUBSCRIBE: answer; bytes {bytes}"), expected);
}

/// With the Subscription Identifiers 1 and 2.
const BOTH: &str = "300c0003702f61040b010b02 6f6e";
/// With 1 alone.
const ONE: &str = "300a0003702f61020b01 6f6e";
/// With 1 twice.
const TWICE: &str = "300c0003702f61040b010b01 6f6e";
/// With the User Property a=b.
const PROPERTY: &str = "300f0003702f61072600016100 01626f6e";
/// Without properties.
const BARE: &str = "30080003702f6100 6f6e";

#[test]
fn subscription_identifiers_are_a_list_in_any_order() {
    let asked = |identifiers: &str| format!("topic=\"$t/a\" subscription-identifier={identifiers} rule=r");
    for (identifiers, bytes) in [("\"1 2\"", BOTH), ("\"2 1\"", BOTH), ("1", ONE), ("\"1 1\"", TWICE), ("#null", BARE)]
    {
        publish(&asked(identifiers), bytes, "pass\n rule r: proved");
    }
    for (identifiers, bytes) in [
        ("1", BOTH),
        ("1", TWICE),
        ("\"1 2\"", ONE),
        ("\"1 2\"", TWICE),
        ("#null", ONE),
        ("1", BARE),
        ("\"1 1\"", BARE),
    ] {
        publish(&asked(identifiers), bytes, "fail\n rule r: broken");
    }
}

#[test]
fn no_user_property_can_be_asked_for() {
    let asked = "topic=\"$t/a\" rule=r { user-property #null; }";
    publish(asked, BARE, "pass\n rule r: proved");
    publish(asked, PROPERTY, "fail\n rule r: broken\n user properties: \"a\"=\"b\"");
}

#[test]
fn a_topic_is_known_by_its_beginning() {
    publish("topic-begins=\"$t/\" rule=r", BARE, "pass\n rule r: proved");
    publish("topic-begins=\"$t/b\" rule=r", BARE, "fail\n rule r: broken");
}
