//! Several runs side by side: statements and cases, a column for each target.

use super::html::{self, Foot, Head};
use super::markdown::{Cell as Plain, Code};
use super::run::{Case, Run};
use super::statements::{natural, rank, said, word};
use super::terminal::level;
use super::text::lines;
use askama::Template;
use mqttspec_engine::event::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::io::{self, BufWriter, Write};

/// Several runs, and what their columns are called.
#[derive(Debug)]
pub struct Matrix<'a> {
    runs: Vec<(String, &'a Run)>,
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct Page {
    targets: Vec<Target>,
    words: Vec<&'static str>,
    versions: Vec<String>,
    statements: Vec<Table>,
    cases: Vec<Row>,
}

/// The head of a column.
struct Target {
    name: String,
    server: String,
    tool: String,
    totals: String,
}

/// The statements of a version.
struct Table {
    version: String,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    version: String,
    level: &'static str,
    what: String,
    /// Every word of its cells, and `differs` if there are several: what filters look for.
    words: String,
    cells: Vec<Option<CellView>>,
}

struct CellView {
    word: &'static str,
    /// Beside it: how many cases say so, or why.
    more: String,
}

impl<'a> Matrix<'a> {
    /// Runs, each with the name of its file, which tells those of one target apart.
    #[must_use]
    pub fn new(runs: &'a [(String, Run)]) -> Self {
        let label = |run: &Run| match &run.environment.transport {
            Some(transport) => format!("{}, {transport}", lines(&run.target)),
            None => lines(&run.target),
        };
        let labels: Vec<String> = runs.iter().map(|(_, run)| label(run)).collect();
        let is_alone = |label: &String| labels.iter().filter(|other| *other == label).count() == 1;
        let named = runs.iter().zip(&labels).map(|((file, run), label)| {
            let name = if is_alone(label) { label.clone() } else { format!("{label} ({})", lines(file)) };
            (name, run)
        });
        Self { runs: named.collect() }
    }

    /// One HTML file that needs no network.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_html(&self, out: impl Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let title = format!("MQTT conformance: {}", self.names().collect::<Vec<_>>().join(", "));
        html::render(&Head::new(title), &mut out)?;
        html::render(&self.page(), &mut out)?;
        html::render(&Foot::new(), &mut out)?;
        out.flush()
    }

    /// The statements as a page of Markdown; of the cases those on which the targets differ.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_markdown(&self, mut out: impl Write) -> io::Result<()> {
        let text = self.markdown().map_err(io::Error::other)?;
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.runs.iter().map(|(name, _)| name.as_str())
    }

    fn markdown(&self) -> Result<String, fmt::Error> {
        let page = self.page();
        let mut text = String::from("## MQTT conformance\n\n| target | what it came to |\n|---|---|\n");
        for target in &page.targets {
            writeln!(text, "| {} | {} |", Plain(&target.name), Plain(&target.totals))?;
        }
        let mut table = |title: String, rows: Vec<&Row>| -> fmt::Result {
            if rows.is_empty() {
                return Ok(());
            }
            let names: Vec<String> = self.names().map(|name| Plain(name).to_string()).collect();
            writeln!(text, "\n### {title}\n\n| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()))?;
            for row in rows {
                let cell = |cell: &Option<CellView>| cell.as_ref().map_or("–", |cell| cell.word);
                let cells: Vec<&str> = row.cells.iter().map(cell).collect();
                writeln!(text, "| <code>{}</code> | {} |", Code(&row.id), cells.join(" | "))?;
            }
            Ok(())
        };
        for statements in &page.statements {
            table(format!("Statements of MQTT {}", statements.version), statements.rows.iter().collect())?;
        }
        let differs = |row: &&Row| row.words.contains(DIFFERS);
        table("Cases on which they differ".to_owned(), page.cases.iter().filter(differs).collect())?;
        Ok(text)
    }

    fn page(&self) -> Page {
        let all = || self.runs.iter().flat_map(|(_, run)| &run.cases);
        let versions: BTreeSet<&str> = all().map(|case| case.planned.version.as_str()).collect();
        let mut words: Vec<Option<Verdict>> = all().map(Case::verdict).collect();
        words.sort_by_key(|verdict| rank(*verdict));
        words.dedup();
        Page {
            targets: self.runs.iter().map(|(name, run)| target(name, run)).collect(),
            words: words.into_iter().map(word).chain((self.runs.len() > 1).then_some(DIFFERS)).collect(),
            versions: versions.iter().map(|version| lines(version)).collect(),
            statements: versions.iter().map(|version| self.statements(version)).collect(),
            cases: self.cases(),
        }
    }

    fn statements(&self, version: &str) -> Table {
        type Heard = (Option<Verdict>, usize, usize);
        let mut rows: BTreeMap<_, (&str, Vec<Option<Heard>>)> = BTreeMap::new();
        for (at, (_, run)) in self.runs.iter().enumerate() {
            for case in run.cases.iter().filter(|case| case.planned.version == version) {
                for (id, verdict) in said(case) {
                    let (_, cells) = rows.entry(natural(id)).or_insert_with(|| (id, vec![None; self.runs.len()]));
                    let (worst, same, all) = cells[at].get_or_insert((verdict, 0, 0));
                    *all += 1;
                    if rank(verdict) < rank(*worst) {
                        (*worst, *same) = (verdict, 0);
                    }
                    *same += usize::from(*worst == verdict);
                }
            }
        }
        let row = |(id, cells): (&str, Vec<Option<Heard>>)| {
            let text = self.runs.iter().find_map(|(_, run)| run.statement(version, id));
            let view = |(worst, same, all): Heard| CellView {
                word: word(worst),
                more: if same == all { all.to_string() } else { format!("{same} of {all}") },
            };
            let cells: Vec<Option<CellView>> = cells.into_iter().map(|heard| heard.map(view)).collect();
            Row {
                id: lines(id),
                version: lines(version),
                level: text.map_or("", |text| level(text.level)),
                what: text.map(|text| lines(&text.summary)).unwrap_or_default(),
                words: words(&cells),
                cells,
            }
        };
        Table { version: lines(version), rows: rows.into_values().map(row).collect() }
    }

    /// Every case of any run, in the order in which they are planned.
    fn cases(&self) -> Vec<Row> {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut rows: Vec<Row> = Vec::new();
        for (at, (_, run)) in self.runs.iter().enumerate() {
            for case in &run.cases {
                let place = *places.entry(&case.planned.case).or_insert_with(|| {
                    rows.push(Row {
                        id: lines(&case.planned.case),
                        version: lines(&case.planned.version),
                        level: "",
                        what: lines(&case.planned.title),
                        words: String::new(),
                        cells: self.runs.iter().map(|_| None).collect(),
                    });
                    rows.len() - 1
                });
                rows[place].cells[at] = Some(CellView { word: case.word(), more: lines(case.reason()) });
            }
        }
        for row in &mut rows {
            row.words = words(&row.cells);
        }
        rows
    }
}

const DIFFERS: &str = "differs";

/// The words of the cells, and whether there are several: a target without the row differs from none.
fn words(cells: &[Option<CellView>]) -> String {
    let mut words: BTreeSet<&str> = cells.iter().flatten().map(|cell| cell.word).collect();
    if words.len() > 1 {
        words.insert(DIFFERS);
    }
    words.into_iter().collect::<Vec<_>>().join(" ")
}

fn target(name: &str, run: &Run) -> Target {
    let totals = run.totals();
    let told = totals.words().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}"));
    let image = run.image.as_ref().map(|image| image.name.clone());
    let server = run.environment.server.clone().into_iter().chain(image).collect::<Vec<_>>().join(", ");
    Target {
        name: name.to_owned(),
        server: lines(&server),
        tool: lines(&format!("corpus {}, mqttspec {}", run.corpus, run.tool)),
        totals: told.collect::<Vec<_>>().join(", "),
    }
}
