//! What people read.

use crate::runs::{
    CASE, CONTROL, OTHER, broken, bytes, conversation, ended, failed, finding, finished, over, proved, started,
};
use anstream::{AutoStream, ColorChoice};
use insta::assert_snapshot;
use mqttspec::report::Report;
use mqttspec::report::terminal::{Settings, Terminal};
use mqttspec_engine::event::{CaseResult, Event, Moment, RuleOutcome, Silence, Verdict};
use mqttspec_engine::statement::Level;

fn settings() -> Settings {
    Settings::default()
}

/// As it is read from a pipe.
fn piped(settings: Settings, events: &[Event]) -> String {
    written(settings, events, ColorChoice::Never)
}

fn written(settings: Settings, events: &[Event], colours: ColorChoice) -> String {
    let mut out = Vec::new();
    let mut terminal = Terminal::new(AutoStream::new(&mut out, colours), settings);
    events.iter().for_each(|event| terminal.event(event).expect("a buffer has room"));
    drop(terminal);
    String::from_utf8(out).expect("text")
}

/// A case with its conversation.
fn played(result: CaseResult) -> Vec<Event> {
    let mut events = conversation(&result.case);
    events.push(Event::CaseFinished(result));
    events
}

#[test]
fn passes() {
    let events = [
        started("mosquitto", &[CONTROL, CASE, OTHER]),
        finished(CONTROL, Verdict::Pass, ""),
        finished(CASE, Verdict::Pass, ""),
        finished(OTHER, Verdict::Pass, ""),
        ended(0),
    ];
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn embedded() {
    assert_snapshot!(piped(settings(), &[started("embedded", &[CASE]), finished(CASE, Verdict::Pass, ""), ended(0)]));
}

#[test]
fn verbose() {
    let pass = |case: &str, silence| {
        Event::CaseFinished(CaseResult { rules: vec![proved(silence)], ..over(case, Verdict::Pass, "") })
    };
    let events = [
        started("mosquitto", &[CONTROL, CASE, OTHER, "will/x@v5"]),
        pass(CONTROL, None),
        pass(CASE, Some(Silence::Ordered)),
        pass(OTHER, Some(Silence::Witnessed)),
        finished("will/x@v5", Verdict::Info, "MQTT-3.1.2-8: the Will comes twice -- the other way"),
        ended(0),
    ];
    assert_snapshot!(piped(Settings { verbose: true, ..settings() }, &events));
}

#[test]
fn fail() {
    let mut events = vec![started("mosquitto", &[CONTROL, CASE]), finished(CONTROL, Verdict::Pass, "")];
    events.extend(played(failed(CASE, vec![proved(None), broken()])));
    events.push(ended(1));
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn fail_in_colour() {
    let mut events = vec![started("mosquitto", &[CASE])];
    events.extend(played(failed(CASE, vec![broken()])));
    events.push(ended(1));
    let text = written(settings(), &events, ColorChoice::AlwaysAnsi);
    assert_snapshot!(text.replace('\u{1b}', "ESC"));
    assert!(!piped(settings(), &events).contains('\u{1b}'));
}

#[test]
fn fail_of_several_rules_in_many_cases() {
    let second = RuleOutcome {
        name: "CONNACK".to_owned(),
        text: "CONNECT is answered with CONNACK".to_owned(),
        statement: "MQTT-3.1.4-5".to_owned(),
        level: Level::Should,
        ..broken()
    };
    let two = "qos/qos2-duplicate-publish@v5,sub-qos=1";
    let events = [
        started("mosquitto", &[CASE, two, OTHER]),
        Event::CaseFinished(failed(CASE, vec![second, broken()])),
        Event::CaseFinished(failed(two, vec![broken()])),
        Event::CaseFinished(failed(OTHER, vec![broken()])),
        ended(1),
    ];
    assert_snapshot!(piped(Settings::default(), &events));
}

#[test]
fn nonstrict() {
    let should = RuleOutcome { level: Level::Should, ..broken() };
    let mut late = broken();
    if let Some(breach) = &mut late.breach {
        (breach.late, breach.hex) = (true, None);
        (breach.expected, breach.actual) = ("within 2.000 s".to_owned(), "it came 3.100 s after".to_owned());
    }
    let late = CaseResult { verdict: Verdict::Nonstrict, ..failed(OTHER, vec![late]) };
    let mut events = vec![started("mosquitto", &[CASE, OTHER])];
    events.extend(played(failed(CASE, vec![should])));
    events.extend([Event::CaseFinished(late), ended(0)]);
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn inconclusive() {
    let reason = "blocked by qos/qos2-duplicate-publish.control@v5,sub-qos=2, which is fail";
    let crash = CaseResult { tags: vec!["crash".to_owned()], ..over(OTHER, Verdict::Inconclusive, "the server died") };
    let events = [
        started("mosquitto", &[CASE, OTHER]),
        finished(CASE, Verdict::Inconclusive, reason),
        Event::CaseFinished(crash),
        ended(6),
    ];
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn unsupported_and_skipped() {
    let lacks = "the Server said in CONNACK: Maximum QoS 1";
    let cases = ["qos/a@v5", "qos/b.control@v5", "qos/b@v5", "qos/c@v5", "qos/d@v3.1.1", "wildcard/e@v5"];
    let events = [
        started("mosquitto", &cases),
        finished(cases[0], Verdict::Unsupported, lacks),
        finished(cases[1], Verdict::Unsupported, lacks),
        finished(cases[2], Verdict::Unsupported, &format!("so is its control: {lacks}")),
        finished(cases[3], Verdict::Unsupported, lacks),
        finished(cases[4], Verdict::Unsupported, "the Server does not speak the version"),
        finished(cases[5], Verdict::Skipped, "it needs the server for itself: run it with --exclusive"),
        ended(4),
    ];
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn findings() {
    let dup = "DUP 1 in the first PUBLISH of identifier 7";
    let events = [
        started("mosquitto", &[CONTROL, CASE, OTHER, "qos/a@v5", "qos/b@v5"]),
        finding(CONTROL, Some("MQTT-3.3.1-3"), Level::Must, dup),
        finding(CASE, Some("MQTT-3.3.1-3"), Level::Must, dup),
        finding(CASE, Some("MQTT-3.3.1-3"), Level::Must, "DUP 1 in the first PUBLISH of identifier 8"),
        finding("qos/a@v5", Some("MQTT-3.3.1-3"), Level::Must, dup),
        finding("qos/b@v5", Some("MQTT-3.3.1-3"), Level::Must, dup),
        // The same id is another statement in 3.1.1.
        finding(OTHER, Some("MQTT-3.3.1-3"), Level::Must, dup),
        finding(CASE, None, Level::Should, "PINGRESP without a PINGREQ, after 3 packets"),
        finding("qos/a@v5", None, Level::Should, "PINGRESP without a PINGREQ, after 17 packets"),
        finding(CASE, None, Level::Info, "a PUBLISH that no filter asked for"),
        ended(1),
    ];
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn missing_and_left_behind() {
    let left = vec!["the session of ms0010".to_owned(), "the retained message on t/a".to_owned()];
    let events = [
        started("mosquitto", &[CONTROL, CASE, OTHER]),
        Event::CaseFinished(CaseResult { left_behind: left, ..over(CONTROL, Verdict::Pass, "") }),
        ended(130),
    ];
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn death() {
    let crash = CaseResult {
        tags: vec!["crash".to_owned()],
        ..over(CASE, Verdict::Fail, "the server died, alone with this case")
    };
    let events = [
        started("mosquitto", &[CASE, OTHER]),
        Event::TargetDied { reason: "exit status: 139".to_owned(), running: vec![CASE.to_owned(), OTHER.to_owned()] },
        Event::CaseFinished(crash),
        finished(OTHER, Verdict::Pass, ""),
        ended(1),
    ];
    assert_snapshot!(piped(settings(), &events));
}

#[test]
fn nothing_planned_and_nothing_ready() {
    assert_snapshot!(piped(settings(), &[started("embedded", &[]), ended(4)]));
    assert_snapshot!("not_ready", piped(settings(), &[started("mosquitto", &[CASE, OTHER]), ended(5)]));
}

/// A case that ran again counts once, with what it came to last.
#[test]
fn the_last_result_of_a_case_counts() {
    let events = [
        started("mosquitto", &[CASE]),
        finished(CASE, Verdict::Inconclusive, "the server died"),
        finished(CASE, Verdict::Pass, ""),
        ended(0),
    ];
    let text = piped(settings(), &events);
    assert!(text.contains("1 case: 1 pass  in") && !text.contains("INCONCLUSIVE"), "{text}");
}

#[test]
fn a_long_conversation_shows_its_end() {
    let mut events = vec![started("mosquitto", &[CASE])];
    events.extend(conversation(CASE));
    for at_us in 1..=100 {
        let moment = Moment { case: CASE.to_owned(), client: "pub".to_owned(), connection: 1, at_us: 40_000 + at_us };
        events.push(Event::Sent(bytes(moment, "c000", &format!("PINGREQ number {at_us}"))));
    }
    events.push(Event::CaseFinished(failed(CASE, vec![broken()])));
    let text = piped(settings(), &events);
    assert!(
        text.contains("conversation, the last 20 of 107 lines\n      0.040081  pub -> PINGREQ number 81\n"),
        "{text}"
    );
    assert!(text.contains("PINGREQ number 100\n") && !text.contains("number 80\n"), "{text}");
}

/// Whatever it says, a server cannot move the cursor of who reads about it.
#[test]
fn no_control_character_gets_through() {
    let evil = "\u{1b}[2J\u{9b}1m\u{202e}\rx\ny\u{7}";
    let mut rule = broken();
    (rule.text, rule.statement) = (evil.to_owned(), evil.to_owned());
    if let Some(breach) = &mut rule.breach {
        breach.expected = evil.to_owned();
        breach.actual = evil.to_owned();
        breach.hex = Some(evil.to_owned());
        breach.place = evil.to_owned();
        breach.step = evil.to_owned();
    }
    let case = format!("qos/{evil}");
    let fail = CaseResult {
        tags: vec![evil.to_owned()],
        left_behind: vec![evil.to_owned()],
        ..failed(&case, vec![rule.clone(), RuleOutcome { level: Level::Should, ..rule }])
    };
    let names: Vec<String> = (0..5).map(|number| format!("{number}{evil}")).collect();
    let mut planned: Vec<&str> = names.iter().map(String::as_str).collect();
    planned.push(&case);
    let moment = Moment { case: case.clone(), client: evil.to_owned(), connection: 0, at_us: 0 };
    let mut start = started(evil, &planned);
    if let Event::RunStarted { environment, .. } = &mut start {
        environment.again = vec![evil.to_owned()];
    }
    let events = [
        start,
        Event::Refused { moment: moment.clone(), reason: evil.to_owned() },
        Event::Received(bytes(moment, "c000", evil)),
        Event::CaseFinished(fail),
        finding(&case, Some(evil), Level::Must, evil),
        finished(&names[0], Verdict::Inconclusive, evil),
        finished(&names[1], Verdict::Unsupported, evil),
        finished(&names[2], Verdict::Skipped, evil),
        finished(&names[3], Verdict::Info, evil),
        Event::TargetDied { reason: evil.to_owned(), running: names.clone() },
        ended(1),
    ];
    let text = piped(Settings { verbose: true, ..settings() }, &events);
    let control = text.chars().find(|&c| c != '\n' && (c.is_control() || c == '\u{202e}'));
    assert_eq!(control, None, "{text}");
    // The text is printed without colours by the stripping stream; nothing of it was an escape sequence of ours.
    let coloured = written(settings(), &events, ColorChoice::AlwaysAnsi);
    assert!(!coloured.contains("\u{1b}[2J") && !coloured.contains('\u{9b}'), "{coloured}");
}

/// `mqttspec run | head` goes on without a reader; a full disk is told.
#[test]
fn a_reader_that_has_gone_is_no_error() {
    struct Gone(std::io::ErrorKind);
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut terminal = Terminal::new(Gone(std::io::ErrorKind::BrokenPipe), settings());
    assert!(terminal.event(&started("mosquitto", &[CASE])).is_ok());
    assert!(terminal.event(&ended(0)).is_ok());
    let mut terminal = Terminal::new(Gone(std::io::ErrorKind::StorageFull), settings());
    assert!(terminal.event(&started("mosquitto", &[CASE])).is_err());
}
