//! A server that dies in the middle of a run: what ran is inconclusive, suspects run again alone, and the one that kills
//! it fails. Needs mosquitto, and says so when it is not there.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Options, Summary, gate, run_server};
use mqttspec::target::{Server, TargetName};
use mqttspec_codec::Version;
use mqttspec_engine::event::{Event, Verdict};
use mqttspec_engine::plan::Selection;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn kill(process: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -KILL {process}")]).status().expect("a shell");
    assert!(status.success());
}

/// The mosquittos that this process has started: after a restart only the system knows the new one.
fn mosquittos_of_ours() -> Vec<u32> {
    let ours = format!(" {} ", std::process::id());
    let is_ours = |process: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let (name, rest) = stat.split_once(") ").unwrap_or_default();
        name.ends_with("(mosquitto")
            && rest.get(1..).is_some_and(|rest| rest.starts_with(&ours))
            && !rest.starts_with('Z')
    };
    let entries = std::fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_ours).collect()
}

/// One server of ours at a time, so that only the right one is killed.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Runs some cases and kills the server whenever `deadly` says so.
async fn run(deadly: impl Fn(&Event, usize) -> bool) -> Option<(Summary, Vec<Event>)> {
    let _alone = ALONE.lock().await;
    let name = TargetName::parse("mosquitto").expect("a built-in profile");
    let Ok(mut server) = Server::start(name, None, &Version::ALL, Duration::from_secs(10)).await else {
        eprintln!("\nLEFT OUT: no mosquitto is installed (apt install mosquitto)\n");
        return None;
    };
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let selection = Selection::new(&["qos/qos1-handshake".to_owned(), "session/session-expiry-elapsed".to_owned()]);
    let cases = selection.select(corpus.cases(), &corpus.catalogue).expect("they exist");
    let options = Options { run_id: "crash".to_owned(), ..Options::default() };
    let events = Arc::new(Mutex::new(Vec::new()));
    let mut kills = 0;
    let summary = run_server(cases, &corpus.catalogue, &options, &mut server, &mut |event| {
        if deadly(&event, kills) {
            kills += 1;
            mosquittos_of_ours().into_iter().for_each(kill);
        }
        events.lock().expect("one thread").push(event);
    })
    .await;
    server.stop().await;
    let events = std::mem::take(&mut *events.lock().expect("one thread"));
    Some((summary, events))
}

fn is_start(event: &Event, of: &str) -> bool {
    matches!(event, Event::CaseStarted { case, .. } if case.starts_with(of))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_kills_the_server_fails_and_the_others_are_run_again() {
    const DEADLY: &str = "session/session-expiry-elapsed@v5";
    let Some((summary, events)) = run(|event, _| is_start(event, DEADLY)).await else { return };
    assert!(events.iter().any(|event| matches!(event, Event::TargetDied { .. })));
    assert!(summary.crash.is_some());
    assert_eq!(gate(&summary, false).exit_code, 1);
    for result in &summary.results {
        if result.case == DEADLY {
            assert_eq!((result.verdict, result.tags.as_slice()), (Verdict::Fail, &["crash".to_owned()][..]));
        } else {
            assert_eq!(result.verdict, Verdict::Pass, "{result:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_once_fails_no_case_but_the_run() {
    const STRUCK: &str = "session/session-expiry-elapsed@v5";
    let Some((summary, _)) = run(|event, kills| kills == 0 && is_start(event, STRUCK)).await else { return };
    assert!(summary.crash.is_some());
    assert_eq!(gate(&summary, false).exit_code, 1);
    assert!(summary.results.iter().all(|result| result.verdict == Verdict::Pass), "{:#?}", summary.results);
}
