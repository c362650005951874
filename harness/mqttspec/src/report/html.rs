//! The run as one HTML file that needs no network: an index, a page for each case, each scenario and the environment. The
//! pages are sections of the file, shown when they are the target of the address; only the filters need a script. What is
//! said by others is text and nothing else: the templates escape it, and no other script than ours may run.

mod case;
mod diagram;
mod frame;
mod index;
mod locate;

use super::run::{Case, Run};
use super::statements::rank;
use super::text::{Seconds, lines};
use askama::Template;
use case::{CasePage, Evidence};
use index::{Environment, Index, Source};
use mqttspec_engine::event::Verdict;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

/// When so much is written, the frames of further cases are left out: a page is to be opened, not only to be had.
const ENOUGH: usize = 16 << 20;

const STYLE: &str = include_str!("../../templates/style.css");
const SCRIPT: &str = include_str!("../../templates/filter.js");
/// Of the script, as a Content Security Policy names it. A browser that finds another tells the right one in its console.
const SCRIPT_HASH: &str = "sha256-5LQnR9DUL4hH1tuDad9yUMHCwAkSAttk0uxODKtc7R0=";

#[derive(Template)]
#[template(path = "head.html")]
pub(super) struct Head<'a> {
    title: String,
    script_hash: &'a str,
    style: &'a str,
}

#[derive(Template)]
#[template(path = "foot.html")]
pub(super) struct Foot<'a> {
    script: &'a str,
}

impl Head<'_> {
    /// The head of a page with this title.
    pub(super) const fn new(title: String) -> Self {
        Self { title, script_hash: SCRIPT_HASH, style: STYLE }
    }
}

impl Foot<'_> {
    /// The end of a page, with the script.
    pub(super) const fn new() -> Self {
        Self { script: SCRIPT }
    }
}

/// Writes the page.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run, out: impl Write) -> io::Result<()> {
    let mut out = Counted { out: BufWriter::new(out), written: 0 };
    let title = format!("{}: {}", lines(&run.target), index::outcome(run));
    render(&Head::new(title), &mut out)?;
    let cases = by_verdict(run);
    render(&Index::new(run, &cases), &mut out)?;
    render(&Environment::new(run), &mut out)?;
    for (name, text) in &run.sources {
        render(&Source::new(name, text), &mut out)?;
    }
    let told: Vec<&Case> = cases.iter().copied().filter(|case| has_evidence(case)).collect();
    for case in &cases {
        let at = told.iter().position(|other| std::ptr::eq(*other, *case));
        let near = |at: Option<usize>| at.and_then(|at| told.get(at)).map(|case| Link::to(case));
        let (before, after) = (near(at.and_then(|at| at.checked_sub(1))), near(at.map(|at| at + 1)));
        let (evidence, left_out) = match at {
            None => (None, "What a case says that passes is left out here; --json, --pcapng and --events have it."),
            Some(_) if out.written > ENOUGH => {
                (None, "This page is long enough: its frames are in --json and --pcapng.")
            }
            Some(_) => (Some(Evidence::new(run, case)), ""),
        };
        render(&CasePage::new(run, case, [before, after], evidence, left_out), &mut out)?;
    }
    render(&Foot::new(), &mut out)?;
    out.out.flush()
}

pub(super) fn render(template: &impl Template, out: &mut impl Write) -> io::Result<()> {
    Template::write_into(template, out)
}

fn by_verdict(run: &Run) -> Vec<&Case> {
    let mut cases: Vec<&Case> = run.cases.iter().collect();
    cases.sort_by_key(|case| rank(case.verdict()));
    cases
}

/// Whether the frames of a case are shown.
fn has_evidence(case: &Case) -> bool {
    let of_interest = case.flaky || !matches!(case.verdict(), Some(Verdict::Pass | Verdict::Skipped));
    of_interest && !(case.transcript.is_empty() && case.verdict() == Some(Verdict::Unsupported))
}

/// A link to a section.
#[derive(Debug)]
struct Link {
    href: String,
    name: String,
}

impl Link {
    fn to(case: &Case) -> Self {
        Self::named(&case.planned.case)
    }

    fn named(id: &str) -> Self {
        let name = lines(id);
        Self { href: href(&name), name }
    }
}

/// The address of a section.
fn href(id: &str) -> String {
    let mut href = "#".to_owned();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"/@,=.-_:".contains(&byte) {
            href.push(char::from(byte));
        } else {
            let _ = write!(href, "%{byte:02X}");
        }
    }
    href
}

/// Seconds with so many digits that what is next to one another can be told apart.
fn seconds(micros: u64) -> String {
    Seconds(micros).to_string()
}

/// Counts what goes through.
struct Counted<W> {
    out: W,
    written: usize,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
