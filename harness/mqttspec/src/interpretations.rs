//! The pages on what can be read in more ways than one, and the statements that each is about.

use include_dir::{Dir, include_dir};
use mqttspec_codec::Version;
use mqttspec_engine::statement::whole;
use serde::Serialize;

static PAGES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../docs/interpretations");

/// A page of `docs/interpretations/`.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// `docs/interpretations/keep-alive.md`.
    pub path: String,
    /// Its first line.
    pub title: &'static str,
    /// The statements and clauses that it is about.
    #[serde(skip)]
    pub statements: Vec<(Version, &'static str)>,
}

impl Page {
    /// Whether it is about this: a page on a clause is one on its statement, too, and the other way round.
    #[must_use]
    pub fn is_about(&self, version: Version, id: &str) -> bool {
        let about = |named: &str| named == id || whole(named) == id || named == whole(id);
        self.statements.iter().any(|&(of, named)| of == version && about(named))
    }
}

/// Every page, by name.
#[must_use]
pub fn pages() -> Vec<Page> {
    let files = PAGES.files().filter(|file| file.path().extension().is_some_and(|kind| kind == "md"));
    let mut pages: Vec<Page> = files.filter(|file| !file.path().ends_with("README.md")).map(page).collect();
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    pages
}

/// Reads `# TITLE` and `- VERSION: ID, ID`.
fn page(file: &'static include_dir::File<'static>) -> Page {
    let text = file.contents_utf8().unwrap_or_default();
    let title = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
    let of = |version: Version| {
        let opening = format!("- {version}: ");
        let ids = text.lines().find_map(|line| line.strip_prefix(opening.as_str())).unwrap_or_default();
        ids.split(", ").filter(|id| !id.is_empty()).map(move |id| (version, id)).collect::<Vec<_>>()
    };
    let statements = Version::ALL.into_iter().flat_map(of).collect();
    Page { path: format!("docs/interpretations/{}", file.path().display()), title, statements }
}
