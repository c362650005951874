//! The HTML report in a real browser, as people use it. Without Chromium this is left out, and says so; with
//! `MQTTSPEC_BROWSER=required` that is a failure.

mod chromium;
mod hostile;
mod matrix;

use chromium::Browser;
use mqttspec::corpus::Corpus;
use mqttspec::report::{Reports, html};
use mqttspec::run::{Isolation, Options, run_embedded};
use mqttspec_broker::{Config, Sabotage};
use mqttspec_engine::event::{Environment, Event, PlannedCase, SCHEMA, Text};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A run of an area against a server that breaks a clause, as a page.
fn page(folder: &Path) -> PathBuf {
    let corpus = Corpus::built_in().expect("scenarios");
    let cases: Vec<_> = corpus.cases().into_iter().filter(|case| case.id.starts_with("qos/")).collect();
    let sabotage = Sabotage::find("puback-missing").expect("a saboteur");
    let config = Config { sabotage: Some(sabotage), ..Config::default() };
    let path = folder.join("report.html");
    let file = std::fs::File::create(&path).expect("a file");
    let mut reports = Reports::new();
    reports.add_whole("report.html", |run| html::write(run, &file));
    let planned = |case: &mqttspec_engine::plan::Case| PlannedCase {
        case: case.id.clone(),
        title: case.scenario.title.clone(),
        version: case.version.to_string(),
        place: case.scenario.source.place(case.scenario.span),
        statements: case.statements().map(str::to_owned).collect(),
        control: case.control.clone(),
    };
    reports.event(Event::RunStarted {
        schema: SCHEMA,
        tool: "0.1.0".to_owned(),
        corpus: corpus.hash.clone(),
        target: "embedded".to_owned(),
        image: None,
        seed: 0,
        environment: Environment { again: vec!["mqttspec".to_owned(), "run".to_owned()], ..Environment::default() },
        planned: cases.iter().map(planned).collect(),
    });
    let source = |case: &mqttspec_engine::plan::Case| Text {
        name: case.scenario.source.path.clone(),
        text: case.scenario.source.text.clone(),
    };
    reports.event(Event::Corpus { sources: cases.iter().map(source).collect(), statements: Vec::new() });
    let tell = &mut |event| reports.event(event);
    run_embedded(cases, &corpus.catalogue, &Options::default(), &config, Isolation::PerCase, tell);
    assert_eq!(reports.finish(1, "the server breaks the standard", Duration::ZERO), 1);
    assert!(reports.troubles().is_empty());
    drop(reports);
    path
}

#[tokio::test]
async fn from_the_index_to_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut browser) = Browser::start(folder.path()).await else { return };
    browser.open(&page(folder.path()), "").await;
    let all = browser.number("document.querySelectorAll('tr.case').length").await;
    let shown = "[...document.querySelectorAll('tr.case')].filter(row => row.offsetParent).length";
    assert_eq!(browser.number(shown).await, all);
    assert_eq!(browser.text("document.getElementById('shown').textContent").await, format!("{all} of {all} cases"));

    // Filters by hand: they go to the address.
    browser.run("document.querySelector('input[value=fail]').click()").await;
    let failed = browser.number(shown).await;
    assert!(failed > 0 && failed < all, "{failed} of {all}");
    assert_eq!(browser.text("location.search").await, "?verdict=fail");
    browser.run("const q = document.querySelector('[name=q]'); q.focus()").await;
    browser.type_text("v5 QoS1").await;
    let found = browser.number(shown).await;
    assert!(found > 0 && found < failed, "{found} of {failed}");
    assert_eq!(browser.text("location.search").await, "?verdict=fail&q=v5+QoS1");

    // To the first failure by keyboard: from the filters over the button and the table to its link.
    let first = browser.text("document.querySelector('tr.case:not([hidden]) a').textContent").await;
    for _ in 0..3 {
        browser.press("Tab").await;
    }
    browser.press("Enter").await;
    let visible =
        "[...document.querySelectorAll('.page')].filter(page => page.offsetParent).map(page => page.id).join()";
    browser.until(visible, &first).await;
    assert_eq!(browser.text("document.getElementById('index').offsetParent ? 'index' : ''").await, "");
    let page = format!("document.getElementById({first:?})");
    for (what, least) in [("li.broken", 1), ("svg g.bad", 1), ("svg .arrow", 3), (".hex", 3), (".rule dd", 4)] {
        let there = browser.number(&format!("{page}.querySelectorAll({what:?}).length")).await;
        assert!(there >= least, "{there} {what}");
    }
    assert!(browser.text(&format!("{page}.innerText")).await.contains(&format!("mqttspec run {first}")));
    // And back: what was filtered still is.
    browser.run("history.back()").await;
    browser.until(visible, "").await;
    assert_eq!(browser.number(shown).await, found);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// An address with filters in it shows what they let through; a statement leads to its cases.
#[tokio::test]
async fn an_address_holds_the_filters() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut browser) = Browser::start(folder.path()).await else { return };
    browser.open(&page(folder.path()), "?verdict=fail&version=3.1.1").await;
    let versions = "[...new Set([...document.querySelectorAll('tr.case')].filter(row => row.offsetParent)\
                    .map(row => row.dataset.verdict + row.dataset.version))].join()";
    assert_eq!(browser.text(versions).await, "fail3.1.1");
    let statement = "document.querySelector('#statements ~ div tr[data-verdict=fail] details')";
    browser.run(&format!("{statement}.querySelector('summary').click()")).await;
    browser.run(&format!("{statement}.querySelector('a').click()")).await;
    browser.until("document.querySelectorAll('.page:target').length + ''", "1").await;
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn without_a_script_on_a_phone_in_the_dark() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut browser) = Browser::start(folder.path()).await else { return };
    browser.phone_in_the_dark_without_script().await;
    let page = page(folder.path());
    browser.open(&page, "").await;
    assert_eq!(browser.text("document.getElementById('filters').offsetParent ? 'filters' : ''").await, "");
    assert_eq!(browser.text("getComputedStyle(document.body).backgroundColor").await, "rgb(21, 24, 29)");
    let first = browser.text("document.querySelector('tr.case a').textContent").await;
    let fits = "document.documentElement.scrollWidth <= innerWidth ? '' : document.documentElement.scrollWidth + ''";
    assert_eq!(browser.text(fits).await, "");
    browser.open(&page, &format!("#{first}")).await;
    let visible =
        "[...document.querySelectorAll('.page')].filter(page => page.offsetParent).map(page => page.id).join()";
    browser.until(visible, &first).await;
    assert_eq!(browser.text(fits).await, "");
}

/// What a server says is text, whatever it looks like.
#[tokio::test]
async fn a_hostile_server_puts_nothing_into_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = hostile::run(folder.path()).await;
    let text = std::fs::read_to_string(&page).expect("written");
    assert!(text.contains("&#60;script&#62;") && text.contains(hostile::WORD), "what it says is there");
    assert!(!text.contains("\u{202e}") && !text.contains("<img") && text.matches("<script").count() == 1);
    assert!(!text.contains(hostile::PASSWORD), "a password is not");
    let Some(mut browser) = Browser::start(folder.path()).await else { return };
    browser.open(&page, "").await;
    assert_eq!(browser.number("document.scripts.length").await, 1);
    assert_eq!(
        browser
            .number("document.querySelectorAll('img, iframe, a:not([href^=\"#\"]), [onclick], [onerror]').length")
            .await,
        0
    );
    assert_eq!(browser.text("document.title").await.split(':').next(), Some("mqtt"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
