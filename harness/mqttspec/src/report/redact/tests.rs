use super::*;
use mqttspec_codec::{Connect, Hex, Packet, Properties, QoS, Version, Will};
use mqttspec_engine::event::{Breach, CaseResult, Moment, RuleKind, RuleOutcome, RuleState, SHOWN, Verdict};
use mqttspec_engine::statement::Level;

const SECRET: &[u8] = b"hunter2!";

fn connect(version: Version, user_name: &str, password: Option<&[u8]>) -> Vec<u8> {
    let will = Will {
        qos: QoS::AtLeastOnce,
        retain: false,
        properties: Properties::EMPTY,
        topic: "will/topic".into(),
        payload: b"gone",
    };
    let connect = Connect {
        version,
        clean_start: true,
        keep_alive: 60,
        properties: Properties::EMPTY,
        client_id: "client".into(),
        will: Some(will),
        user_name: Some(user_name.into()),
        password,
    };
    let mut bytes = Vec::new();
    Packet::Connect(connect).encode(version, &mut bytes).expect("lawful");
    bytes
}

fn sent(bytes: &[u8]) -> Event {
    let moment = Moment { case: "case".to_owned(), client: "c".to_owned(), connection: 0, at_us: 0 };
    let hex = Hex(&bytes[..bytes.len().min(SHOWN)]).to_string();
    Event::Sent(Bytes { moment, hex, len: bytes.len(), packet: "as the engine prints it".to_owned() })
}

/// Hex and packet of what these writes on one connection come to.
fn redacted(writes: &[&[u8]]) -> Vec<(String, String)> {
    let mut redactor = Redactor::default();
    let one = |bytes: &&[u8]| {
        let mut event = sent(bytes);
        redactor.redact(&mut event);
        let Event::Sent(bytes) = event else { unreachable!() };
        (bytes.hex, bytes.packet)
    };
    writes.iter().map(one).collect()
}

#[test]
fn password_bytes_are_hidden_and_nothing_else() {
    for version in Version::ALL {
        let bytes = connect(version, "user", Some(SECRET));
        let front = Hex(&bytes[..bytes.len() - SECRET.len()]).to_string();
        let expected = format!("{front}{}", "**".repeat(SECRET.len()));
        assert_eq!(redacted(&[&bytes]), [(expected, "as the engine prints it".to_owned())]);
    }
}

#[test]
fn without_a_password_nothing_is_hidden() {
    let bytes = connect(Version::V5, "user", None);
    assert_eq!(redacted(&[&bytes])[0].0, Hex(&bytes).to_string());
    let publish = b"\x30\x08\x00\x01ahunter";
    assert_eq!(redacted(&[publish])[0].0, Hex(publish).to_string());
}

#[test]
fn in_pieces_of_any_size_the_password_stays_hidden() {
    for version in Version::ALL {
        let mut bytes = connect(version, "user", Some(SECRET));
        let end = bytes.len();
        bytes.extend_from_slice(b"\xc0\x00\x30\x08\x00\x01ahunter");
        let mut expected = Hex(&bytes).to_string();
        expected.replace_range((end - SECRET.len()) * 2..end * 2, &"**".repeat(SECRET.len()));
        for size in 1..bytes.len() {
            let writes: Vec<&[u8]> = bytes.chunks(size).collect();
            let hex: String = redacted(&writes).into_iter().map(|(hex, _)| hex).collect();
            assert_eq!(hex, expected, "pieces of {size}");
        }
    }
}

#[test]
fn a_piece_is_not_printed_as_a_packet() {
    let bytes = connect(Version::V5, "user", Some(SECRET));
    let (front, back) = bytes.split_at(20);
    let printed: Vec<String> = redacted(&[front, back]).into_iter().map(|(_, packet)| packet).collect();
    assert_eq!(printed[0], "as the engine prints it");
    assert_eq!(printed[1], format!("CONNECT continued ({} bytes)", back.len()));
}

#[test]
fn several_packets_in_one_write() {
    let one = connect(Version::V5, "user", Some(SECRET));
    let both = [&b"\xc0\x00"[..], &one, b"\x30\x05\x00\x01ahi", &one].concat();
    let hex = &redacted(&[&both])[0].0;
    assert!(!hex.contains(&Hex(SECRET).to_string()), "{hex}");
    assert_eq!(hex.matches("**").count(), 2 * SECRET.len());
    assert_eq!(hex.len(), both.len() * 2);
}

#[test]
fn what_an_event_cuts_does_not_show_later() {
    let long = "u".repeat(SHOWN + 1000);
    let bytes = connect(Version::V5, &long, Some(SECRET));
    let (front, back) = bytes.split_at(SHOWN + 500);
    let mut redactor = Redactor::default();
    let (mut first, mut second, mut third) = (sent(front), sent(back), sent(b"\xc0\x00"));
    [&mut first, &mut second, &mut third].into_iter().for_each(|event| redactor.redact(event));
    let hex = |event| match event {
        Event::Sent(bytes) => bytes.hex,
        _ => unreachable!(),
    };
    assert!(!hex(first).contains('*'));
    assert_eq!(hex(second), "**".repeat(back.len()));
    assert_eq!(hex(third), "c000");
    // A long PUBLISH hides nothing, and what follows is seen for what it is.
    let mut publish = vec![0x30, 0x80, 0x80, 0x01, 0x00, 0x01, b'a'];
    publish.resize(4 + (1 << 14), b'x');
    let connect = connect(Version::V5, "user", Some(SECRET));
    let hex = redacted(&[&publish[..5000], &publish[5000..], &connect]);
    assert!(!hex[0].0.contains('*') && !hex[1].0.contains('*') && hex[2].0.ends_with("**"), "{hex:?}");
}

#[test]
fn a_broken_connect_hides_what_looks_like_its_password() {
    let mut bytes = connect(Version::V311, "user", Some(SECRET));
    bytes[1] = 5;
    assert!(redacted(&[&bytes])[0].0.ends_with(&"**".repeat(SECRET.len())));
    let mut reserved = connect(Version::V311, "user", Some(SECRET));
    reserved[0] |= 1;
    reserved[9] |= 1;
    assert!(redacted(&[&reserved])[0].0.ends_with(&"**".repeat(SECRET.len())));
    // A length beyond the end hides up to the end.
    let mut beyond = connect(Version::V311, "user", Some(SECRET));
    let length = beyond.len() - SECRET.len() - 1;
    beyond[length] = 0xff;
    assert!(redacted(&[&beyond])[0].0.ends_with(&"**".repeat(SECRET.len())));
    // Nothing of it is there.
    for len in 0..bytes.len() {
        redacted(&[&bytes[..len]]);
    }
}

#[test]
fn connections_and_cases_are_kept_apart() {
    let bytes = connect(Version::V5, "user", Some(SECRET));
    let (front, back) = bytes.split_at(20);
    let mut redactor = Redactor::default();
    redactor.redact(&mut sent(front));
    redactor.redact(&mut Event::CaseStarted { case: "case".to_owned(), at_us: 0 });
    let mut event = sent(&bytes);
    redactor.redact(&mut event);
    let Event::Sent(whole) = event else { unreachable!() };
    assert!(whole.hex.ends_with(&"**".repeat(SECRET.len())));
    let other = |event: &mut Event| {
        let Event::Sent(bytes) = event else { unreachable!() };
        bytes.moment.connection = 1;
    };
    let (mut one, mut two) = (sent(front), sent(back));
    other(&mut two);
    redactor.redact(&mut one);
    redactor.redact(&mut two);
    let Event::Sent(two) = two else { unreachable!() };
    assert_eq!(two.hex, Hex(back).to_string());
}

#[test]
fn steps_that_set_a_password() {
    let rows = [
        (r#"c connect user-name=u password=hunter2"#, "c connect user-name=u password=(hidden)"),
        (r#"c connect password="hun ter\"2" keep-alive=1"#, "c connect password=(hidden) keep-alive=1"),
        (r#"c connect password=(hex)"68 75" { will topic=a; }"#, "c connect password=(hidden) { will topic=a; }"),
        (r#"expected c connect password="open"#, "expected c connect password=(hidden)"),
        ("CONNECT password=(hidden)", "CONNECT password=(hidden)"),
        ("password=a password=b", "password=(hidden) password=(hidden)"),
        ("no word of it", "no word of it"),
    ];
    for (step, expected) in rows {
        let breach = Breach {
            expected: step.to_owned(),
            actual: String::new(),
            hex: None,
            at_us: 0,
            place: String::new(),
            step: step.to_owned(),
            late: false,
            closed: false,
        };
        let rule = RuleOutcome {
            name: "r".to_owned(),
            kind: RuleKind::Scenario,
            text: String::new(),
            statement: String::new(),
            level: Level::Must,
            state: RuleState::Broken,
            silence: None,
            breach: Some(breach),
        };
        let mut event = Event::CaseFinished(CaseResult {
            case: "case".to_owned(),
            verdict: Verdict::Fail,
            reason: step.to_owned(),
            rules: vec![rule],
            tags: Vec::new(),
            left_behind: Vec::new(),
            duration_us: 0,
        });
        Redactor::default().redact(&mut event);
        let Event::CaseFinished(result) = event else { unreachable!() };
        let breach = result.rules[0].breach.as_ref().expect("as it was");
        assert_eq!([&result.reason, &breach.expected, &breach.step], [expected; 3]);
    }
}
