//! CONNECT: each value of its flags, and the version that it names.

use crate::{BOTH, Client, Field, Rule, V5, V311, accepted, bytes, refused};
use mqttspec_codec::{Context, Version, decode};

/// A CONNECT with these flags and the payload that they announce.
fn connect(version: Version, flags: u8) -> String {
    let none = if version == V5 { "00" } else { "" };
    let mut payload = "('c')".to_owned();
    for (flag, field) in [(0x04, format!("{none} ('w') ()")), (0x80, "('u')".to_owned()), (0x40, "('p')".to_owned())] {
        if flags & flag != 0 {
            payload += &field;
        }
    }
    format!("10 [('MQTT') {:02x} {flags:02x} 003c {none} {payload}]", version.level())
}

#[test]
fn flags() {
    for (version, _) in BOTH {
        for flags in 0..=255_u8 {
            let (will, qos, retain) = (flags & 0x04 != 0, flags >> 3 & 3, flags & 0x20 != 0);
            let password_alone = flags & 0xc0 == 0x40;
            let pick = |v311, v5| if version == V5 { v5 } else { v311 };
            let broken = if flags & 1 != 0 {
                Some((Rule::ConnectFlagsReserved, "MQTT-3.1.2-3"))
            } else if !will && qos != 0 {
                Some((Rule::WillQosWithoutWill, pick("MQTT-3.1.2-13", "MQTT-3.1.2-11")))
            } else if !will && retain {
                Some((Rule::WillRetainWithoutWill, pick("MQTT-3.1.2-15", "MQTT-3.1.2-13")))
            } else if qos == 3 {
                Some((Rule::WillQos, pick("MQTT-3.1.2-14", "MQTT-3.1.2-12")))
            } else if password_alone && version == V311 {
                Some((Rule::PasswordWithoutUserName, "MQTT-3.1.2-22"))
            } else {
                None
            };
            match broken {
                None => accepted(version, Client, &connect(version, flags)),
                Some((rule, statement)) => {
                    refused(version, Client, &connect(version, flags), (rule, Field::ConnectFlags, 9), statement);
                }
            }
        }
    }
}

/// Whatever the receiver expected.
#[test]
fn decoded_by_the_version_that_it_names() {
    for (expected, _) in BOTH {
        for (version, _) in BOTH {
            accepted(expected, Client, &connect(version, 0x02));
        }
        // Of 5.0 alone: a password without a user name.
        accepted(expected, Client, &connect(V5, 0x42));
        let error = |text: &str| {
            let input = bytes(text);
            decode(&input, &Context::new(expected, Client)).map(drop).map_err(|error| (error.rule, error.field))
        };
        assert_eq!(error(&connect(V311, 0x42)), Err((Rule::PasswordWithoutUserName, Field::ConnectFlags)));
        // 5.0 alone wants the fewest bytes.
        assert_eq!(error("10 8c00 ('MQTT') 04 02 0000 ()"), Ok(()));
        let needless = (Rule::VariableByteIntegerMinimal, Field::RemainingLength);
        assert_eq!(error("10 8d00 ('MQTT') 05 02 0000 00 ()"), Err(needless));
    }
}
