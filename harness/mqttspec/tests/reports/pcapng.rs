//! Captures, as tshark reads them. Without it this is left out, and says so; with `MQTTSPEC_TSHARK=required` that is a
//! failure.

use crate::runs::{CASE, OTHER, broken, bytes, conversation, ended, failed, finding, started};
use mqttspec::corpus::Corpus;
use mqttspec::report::{Run, pcapng};
use mqttspec::run::{Isolation, Options, run_embedded};
use mqttspec_broker::Config;
use mqttspec_codec::generate::strategy;
use mqttspec_codec::{Hex, Sender, Version};
use mqttspec_engine::event::{Ending, Event, Moment};
use mqttspec_engine::statement::Level;
use proptest::prelude::*;
use std::io::ErrorKind;
use std::process::Command;

/// What tshark makes of the capture of a run: a line for each packet, these fields in it, with `|` between them.
fn read(run: &Run, fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    pcapng::write(run, file.as_file()).expect("written");
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file.path()).args(["-T", "fields", "-E", "separator=|", "-E", "aggregator=;"]);
    fields.iter().for_each(|field| _ = command.args(["-e", field]));
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let left_out = std::env::var_os("MQTTSPEC_TSHARK").is_none_or(|value| value != "required");
            assert!(left_out, "no tshark");
            eprintln!("\nLEFT OUT: no tshark is installed (apt install tshark)\n");
            return None;
        }
        output => output.expect("tshark runs"),
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !told.contains("cut short") && !told.contains("appears to"), "{told}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect())
}

/// The whole corpus: what was said is what tshark reads.
#[test]
fn the_corpus() {
    let corpus = Corpus::built_in().expect("scenarios");
    let cases: Vec<_> = corpus.cases().into_iter().filter(|case| case.id.starts_with("qos/")).collect();
    let planned: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let mut events = vec![started("embedded", &planned)];
    let tell = &mut |event| events.push(event);
    run_embedded(cases.clone(), &corpus.catalogue, &Options::default(), &Config::default(), Isolation::PerCase, tell);
    let whole = |hex: &str| hex.len() >= 4 && hex.len() / 2 < 4096;
    let said = events.iter().filter(|event| match event {
        Event::Sent(bytes) | Event::Received(bytes) => whole(&bytes.hex),
        _ => false,
    });
    let said = said.count();
    let Some(packets) = read(&Run::of(&events), &["mqtt.msgtype", "tcp.analysis.flags"]) else { return };
    let read: usize = packets.iter().map(|packet| packet[0].split(';').filter(|kind| !kind.is_empty()).count()).sum();
    assert!(said > 100 && read >= said, "{read} of {said}");
    let flagged: Vec<_> = packets.iter().filter(|packet| !packet[1].is_empty()).collect();
    assert!(flagged.is_empty(), "{flagged:?}");
}

#[test]
fn what_broke_a_rule_is_a_comment() {
    let mut events = vec![started("mosquitto", &[OTHER, CASE])];
    events.extend(conversation(CASE));
    events.push(finding(CASE, Some("MQTT-3.3.1-3"), Level::Must, "DUP 1 in a first PUBLISH"));
    events.extend([Event::CaseFinished(failed(CASE, vec![broken()])), ended(1)]);
    let fields = ["frame.comment", "mqtt.msgtype", "frame.time_epoch", "ip.src", "tcp.flags.reset"];
    let Some(packets) = read(&Run::of(&events), &fields) else { return };
    assert!(packets[0][0].contains(&format!("case {CASE}: fail")), "{packets:?}");
    let told: Vec<_> = packets.iter().filter(|packet| packet[0].contains("FAIL MQTT-4.3.3-10")).collect();
    let [packet] = told.as_slice() else { panic!("{packets:?}") };
    assert!(packet[0].contains("FINDING MQTT-3.3.1-3") && packet[1].starts_with('3'), "{packet:?}");
    // The case began a second after the run, and this came 38 ms later.
    assert!(packet[2].starts_with("1700000001.038123") && packet[3] == "192.0.2.1", "{packet:?}");
    assert_eq!(packets.last().map(|packet| packet[4].as_str()), Some("1"));
}

/// Hex of an event, and how many bytes it stands for: valid packets, or anything; whole, or cut.
fn said() -> impl Strategy<Value = (bool, Vec<u8>, usize)> {
    let packet = |sender| strategy::packet(Version::V5, sender).prop_map(|recipe| recipe.to_bytes());
    let data =
        prop_oneof![packet(Sender::Client), packet(Sender::Server), proptest::collection::vec(any::<u8>(), 0..200),];
    (any::<bool>(), data, prop_oneof![4 => Just(0_usize), 1 => 1..300_000_usize])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 4, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever was said, the capture is one, and its TCP is right.
    #[test]
    fn it_can_always_be_read(said in proptest::collection::vec(said(), 1..60), endings in 0..6_usize) {
        let moment = |at: usize| Moment { case: CASE.to_owned(), client: "c".to_owned(), connection: 0, at_us: at as u64 };
        let mut events = vec![started("mosquitto", &[CASE]), Event::CaseStarted { case: CASE.to_owned(), at_us: 0 }];
        events.push(Event::Opened(moment(0)));
        for (at, (sent, data, more)) in said.iter().enumerate() {
            let mut told = bytes(moment(at), &Hex(data).to_string(), "x");
            told.len += more;
            events.push(if *sent { Event::Sent(told) } else { Event::Received(told) });
        }
        let endings = [Ending::ByServer, Ending::ResetByServer, Ending::ByClient, Ending::ResetByClient, Ending::HalfByClient, Ending::CutOff]
            .into_iter().cycle().skip(endings).take(2);
        events.extend(endings.map(|ending| Event::Closed { moment: moment(900), ending }));
        let fields = ["tcp.payload", "tcp.analysis.lost_segment", "tcp.analysis.out_of_order", "frame.protocols", "tcp.len"];
        if let Some(packets) = read(&Run::of(&events), &fields) {
            // tshark cuts what is long.
            let front = |hex: &str| hex.chars().take(200).collect::<String>();
            let carried: Vec<String> = packets.iter().map(|packet| front(&packet[0])).filter(|data| !data.is_empty()).collect();
            // What is longer than a packet of IPv4 goes out in several.
            let sent: Vec<String> =
                said.iter().flat_map(|(_, data, _)| data.chunks(65_000)).map(|data| front(&Hex(data).to_string())).collect();
            prop_assert_eq!(carried, sent);
            let carried: usize = packets.iter().map(|packet| packet[4].parse::<usize>().unwrap_or_default()).sum();
            prop_assert_eq!(carried, said.iter().map(|(_, data, more)| data.len() + more).sum::<usize>());
            for packet in &packets {
                prop_assert!(packet[1].is_empty() && packet[2].is_empty() && packet[3].starts_with("eth:ethertype:ip:tcp"), "{:?}", packet);
            }
        }
    }
}
