//! `any-of` and `any-order`.

use super::support::check;

const ANY_OF: &str = r#"
    client c
    fault {
        c -> PUBLISH topic="$t/a" qos=1 id=1
        any-of {
            branch { c closed rule=closes; }
            branch { c <- PUBACK id=1 code="0x80..0xff" rule=r; }
        }
    }
"#;

#[test]
fn the_first_that_happens_is_taken() {
    check("v5", ANY_OF, "c PUBLISH: PUBACK code=0x90", "pass\n rule r: proved\n !rule closes");
    check("v5", ANY_OF, "c PUBLISH: close", "pass\n rule closes: proved\n !rule r");
}

/// A packet and the close behind it may come at one instant: the packet was first.
#[test]
fn what_comes_at_one_instant_is_still_in_order() {
    check("v5", ANY_OF, "c PUBLISH: PUBACK code=0x90; close", "pass\n rule r: proved\n !rule closes");
}

#[test]
fn none_of_them_breaks_the_rule() {
    check("v5", ANY_OF, "", "fail\n rule closes: broken MQTT-4.13.1-1");
    check("v5", ANY_OF, "c PUBLISH: nothing", "fail\n rule closes: broken");
}

#[test]
fn all_closed_breaks_the_rule_of_branches_that_receive() {
    let body = r#"
        client c
        c -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        c <- SUBACK id=1
        any-of {
            branch { c <- PUBLISH topic="$t/a" payload=one rule=r; }
            branch { c <- PUBLISH topic="$t/a" payload=two rule=r; }
        }
    "#;
    let server = |then: &str| format!("c SUBSCRIBE: answer; {then}");
    check("v3.1.1 v5", body, &server("PUBLISH topic=p/a payload=two"), "pass");
    check("v3.1.1 v5", body, &server("close"), "fail\n rule r: broken\n got the Server closed the connection");
    check("v3.1.1 v5", body, &server("nothing"), "fail\n rule r: broken");
}

#[test]
fn branches_of_two_clients_take_the_one_that_comes_first() {
    let body = r#"
        client a
        client b
        a -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        b -> SUBSCRIBE id=1 { filter "$t/a" qos=1; }
        any-of {
            branch { a <- PUBLISH topic="$t/a" rule=r; }
            branch { b <- PUBLISH topic="$t/a" rule=q; }
        }
    "#;
    let b = "b SUBSCRIBE: answer; after 1s; PUBLISH topic=p/a; after 1s; @a PUBLISH topic=p/a";
    check("v3.1.1 v5", body, b, "pass\n rule q: proved\n !rule r");
    // Both are there when the step looks.
    let later = body.replace("any-of {", "wait \"5s\"\n any-of {");
    check("v3.1.1 v5", &later, b, "pass\n rule q: proved\n !rule r");
}

const ANY_ORDER: &str = r#"
    client c
    c -> SUBSCRIBE id=1 { filter "$t/+" qos=1; }
    c <- SUBACK id=1
    any-order {
        c <- PUBLISH topic="$t/a" payload=one rule=r
        c <- PUBLISH topic="$t/a" payload=two rule=r
        c <- PUBLISH topic="$t/b" payload=one rule=q
    }
"#;

#[test]
fn packets_in_any_order_are_all_waited_for() {
    let server = |order: [&str; 3]| {
        let deliveries = order.map(|delivery| format!("PUBLISH {delivery}"));
        format!("c SUBSCRIBE: answer; {}", deliveries.join("; "))
    };
    let (one, two, other) = ("topic=p/a payload=one", "topic=p/a payload=two", "topic=p/b payload=one");
    for order in [[one, two, other], [other, two, one], [two, one, other], [two, other, one]] {
        check("v3.1.1 v5", ANY_ORDER, &server(order), "pass\n rule r: proved\n rule q: proved");
    }
    check("v3.1.1 v5", ANY_ORDER, &server([one, one, other]), "fail\n rule r: broken");
    check("v3.1.1 v5", ANY_ORDER, &server([one, two, two]), "fail\n rule q: broken");
}
