//! Several targets side by side, and a run against a baseline.

use crate::chromium::Browser;
use mqttspec::report::{Run, html, matrix::Matrix};
use mqttspec_engine::event::{
    CaseResult, Environment, Event, Expectation, Expectations, Note, PlannedCase, SCHEMA, StatementText, Verdict,
};
use mqttspec_engine::statement::Level;
use std::fs::File;

const CASES: [&str; 3] = ["qos/one@v3.1.1", "qos/one@v5", "will/two@v5"];

/// A run of the cases that comes to these verdicts.
fn run(target: &str, verdicts: [Verdict; 3]) -> Vec<Event> {
    let planned = |case: &&str| PlannedCase {
        case: (*case).to_owned(),
        title: "A <b>title</b>".to_owned(),
        version: if case.ends_with("v5") { "5.0" } else { "3.1.1" }.to_owned(),
        place: "scenarios/qos/one.kdl:1:10".to_owned(),
        statements: vec!["MQTT-4.3.3-10".to_owned()],
        control: None,
    };
    let statement = |version: &str| StatementText {
        version: version.to_owned(),
        id: "MQTT-4.3.3-10".to_owned(),
        section: "4.3.3".to_owned(),
        level: Level::Must,
        summary: "delivered once".to_owned(),
    };
    let result = |(case, verdict): (&&str, Verdict)| {
        Event::CaseFinished(CaseResult {
            case: (*case).to_owned(),
            verdict,
            reason: if verdict == Verdict::Pass { String::new() } else { "it came twice <script>".to_owned() },
            rules: Vec::new(),
            tags: Vec::new(),
            left_behind: Vec::new(),
            duration_us: 1,
        })
    };
    let mut events = vec![
        Event::RunStarted {
            schema: SCHEMA,
            tool: "0.1.0".to_owned(),
            corpus: "c".to_owned(),
            target: target.to_owned(),
            image: None,
            seed: 0,
            environment: Environment::default(),
            planned: CASES.iter().map(planned).collect(),
        },
        Event::Corpus { sources: Vec::new(), statements: vec![statement("3.1.1"), statement("5.0")] },
    ];
    events.extend(CASES.iter().zip(verdicts).map(result));
    events.push(Event::RunFinished { exit_code: 1, reason: "x".to_owned(), duration_us: 1 });
    events
}

const SHOWN: &str = "[...document.querySelectorAll('tr.case')].filter(row => row.offsetParent).length";

#[tokio::test]
async fn targets_side_by_side() {
    use Verdict::{Fail, Pass, Unsupported};
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut browser) = Browser::start(folder.path()).await else { return };
    let runs = [("one", [Pass, Pass, Pass]), ("two", [Pass, Fail, Pass]), ("three", [Pass, Pass, Unsupported])];
    let runs = runs.map(|(target, verdicts)| (format!("{target}.ndjson"), Run::of(&run(target, verdicts))));
    let path = folder.path().join("matrix.html");
    Matrix::new(&runs).write_html(File::create(&path).expect("a file")).expect("written");
    browser.open(&path, "").await;
    assert_eq!(browser.number(SHOWN).await, 3);
    let heads = "[...document.querySelectorAll('#cases ~ div th')].map(head => head.textContent).join()";
    assert_eq!(browser.text(heads).await, "case,one,two,three");
    browser.run("document.querySelector('input[value=differs]').click()").await;
    assert_eq!(browser.number(SHOWN).await, 2);
    assert_eq!(browser.text("location.search").await, "?verdict=differs");
    let cells =
        "[...document.querySelectorAll('tr.case:not([hidden]) summary')].map(cell => cell.innerText.trim()).join()";
    assert_eq!(browser.text(cells).await, "fail,unsupported");
    browser.open(&path, "?verdict=fail&version=5.0").await;
    assert_eq!(browser.number(SHOWN).await, 1);
    assert_eq!(browser.number("document.scripts.length").await, 1);
    let fits = "document.documentElement.scrollWidth <= innerWidth ? '' : document.documentElement.scrollWidth + ''";
    assert_eq!(browser.text(fits).await, "");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn changes_against_a_baseline() {
    use Verdict::{Fail, Pass};
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut browser) = Browser::start(folder.path()).await else { return };
    let mut events = run("one", [Pass, Fail, Fail]);
    let expected = |case: &str| Expectation {
        case: case.to_owned(),
        verdict: Fail,
        reason: None,
        note: Note {
            why: "known <i>".to_owned(),
            link: None,
            until: None,
            stale: false,
            place: "b.kdl:1:1".to_owned(),
        },
    };
    let cases = vec![expected(CASES[0]), expected(CASES[1])];
    let baseline = Some("b.kdl".to_owned());
    events.insert(2, Event::Expectations(Expectations { baseline, cases, ..Expectations::default() }));
    let path = folder.path().join("report.html");
    html::write(&Run::of(&events), File::create(&path).expect("a file")).expect("written");
    browser.open(&path, "?verdict=xfail").await;
    assert_eq!(browser.number(SHOWN).await, 1);
    let changes = "[...document.querySelectorAll('#baseline ~ div')][0].querySelectorAll('tr').length";
    assert_eq!(browser.number(changes).await, 2, "a head and what passes");
    browser.run("document.querySelector('#baseline ~ div a').click()").await;
    browser.until("document.querySelectorAll('.page:target').length + ''", "1").await;
    assert!(
        browser
            .text("document.querySelector('.page:target').innerText")
            .await
            .contains("xpass the baseline expects fail")
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
