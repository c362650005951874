//! The scenarios and the catalogue: built into the binary, or from a folder of the user's.

use include_dir::{Dir, include_dir};
use miette::Diagnostic;
use mqttspec_engine::plan::{self, Case};
use mqttspec_engine::scenario::{self, LoadError, Problem, Scenario, Source};
use mqttspec_engine::statement::{Catalogue, Texts};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// Folders of `scenarios/` that hold no scenarios.
const OTHER_FOLDERS: [&str; 3] = ["statements", "targets", "baselines"];

/// Scenarios and catalogue of a run.
#[derive(Debug)]
pub struct Corpus {
    /// The statements of both versions.
    pub catalogue: Arc<Catalogue>,
    /// The scenarios, by area and name.
    pub scenarios: Vec<Arc<Scenario>>,
    /// A hash of all texts: what a result was measured against.
    pub hash: String,
}

/// Why there is no corpus.
#[derive(Debug, Error, Diagnostic)]
pub enum CorpusError {
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    #[diagnostic(help("name a file or a folder that exists and that you may read"))]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A scenario is not valid.
    #[error("{} of the scenario files are not valid", .0.len())]
    Invalid(#[related] Vec<LoadError>),
    /// The folder holds no scenario.
    #[error("{} holds no scenario", .0.display())]
    #[diagnostic(help("scenarios are files AREA/NAME.kdl in that folder"))]
    Empty(PathBuf),
}

impl Corpus {
    /// The corpus that is built in.
    ///
    /// # Errors
    /// A scenario of ours is broken: a test sees to it that none is.
    pub fn built_in() -> Result<Self, CorpusError> {
        let mut sources = Vec::new();
        for folder in BUILT_IN.dirs() {
            let area = folder.path().to_string_lossy().into_owned();
            if OTHER_FOLDERS.contains(&area.as_str()) {
                continue;
            }
            for file in folder.files().filter(|file| file.path().extension().is_some_and(|kind| kind == "kdl")) {
                let text = file.contents_utf8().unwrap_or_default().to_owned();
                sources.push((area.clone(), Source { path: format!("scenarios/{}", file.path().display()), text }));
            }
        }
        Self::load(sources)
    }

    /// The scenarios of a folder `DIR/AREA/NAME.kdl`; files in `DIR` itself have its name as area.
    ///
    /// # Errors
    /// The folder cannot be read, holds no scenario, or one that is not valid.
    pub fn from_folder(folder: &Path) -> Result<Self, CorpusError> {
        let mut files = Vec::new();
        for entry in read_folder(folder)? {
            if entry.is_dir() {
                let hidden = entry.file_name().is_some_and(|name| OTHER_FOLDERS.iter().any(|other| name == *other));
                if !hidden {
                    files.extend(read_folder(&entry)?.into_iter().filter(|path| !path.is_dir()));
                }
            } else {
                files.push(entry);
            }
        }
        files.retain(|path| path.extension().is_some_and(|kind| kind == "kdl"));
        if files.is_empty() {
            return Err(CorpusError::Empty(folder.to_owned()));
        }
        Self::from_files(&files)
    }

    /// The scenarios of these files; the folder of each is its area.
    ///
    /// # Errors
    /// A file cannot be read or is not valid.
    pub fn from_files(files: &[PathBuf]) -> Result<Self, CorpusError> {
        let mut sources = Vec::new();
        for path in files {
            let unreadable = |source| CorpusError::Unreadable { path: path.clone(), source };
            let text = std::fs::read_to_string(path).map_err(unreadable)?;
            let absolute = path.canonicalize().map_err(unreadable)?;
            let area = absolute.parent().and_then(Path::file_name).map_or("own".into(), |name| name.to_string_lossy());
            sources.push((area.into_owned(), Source { path: path.display().to_string(), text }));
        }
        Self::load(sources)
    }

    fn load(mut sources: Vec<(String, Source)>) -> Result<Self, CorpusError> {
        sources.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
        let catalogue = built_in_catalogue();
        let hash = hash(sources.iter().flat_map(|(_, source)| [source.path.as_str(), source.text.as_str()]));
        let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
        for (area, source) in sources {
            match scenario::load(Arc::new(source), &area, &catalogue) {
                Ok(loaded) => scenarios.extend(loaded.into_iter().map(Arc::new)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            errors.extend(taken_aliases(&scenarios));
        }
        if errors.is_empty() {
            Ok(Self { catalogue: Arc::new(catalogue), scenarios, hash })
        } else {
            Err(CorpusError::Invalid(errors))
        }
    }

    /// Names that scenarios had before, and those that they have now: `area/name` both.
    #[must_use]
    pub fn renamed(&self) -> Vec<(String, String)> {
        let of = |scenario: &Arc<Scenario>| {
            let now = scenario.path();
            scenario.aliases.iter().map(move |(before, _)| (before.clone(), now.clone())).collect::<Vec<_>>()
        };
        self.scenarios.iter().flat_map(of).collect()
    }

    /// Every case, controls before what they control.
    #[must_use]
    pub fn cases(&self) -> Vec<Case> {
        self.scenarios.iter().flat_map(plan::cases).collect()
    }
}

/// A name is never used again: an alias that is the name of a scenario, or an alias of another.
fn taken_aliases(scenarios: &[Arc<Scenario>]) -> Vec<LoadError> {
    let mut errors = Vec::new();
    for (at, scenario) in scenarios.iter().enumerate() {
        for (place, (alias, span)) in scenario.aliases.iter().enumerate() {
            let is_named = |other: &&Arc<Scenario>| other.path() == *alias;
            let has_it = |other: &&Arc<Scenario>| other.aliases.iter().any(|(other, _)| other == alias);
            let again = scenario.aliases[..place].iter().any(|(other, _)| other == alias);
            let owner = scenarios.iter().find(is_named).or_else(|| scenarios[..at].iter().find(has_it));
            if owner.is_some() || again {
                let owner = owner.unwrap_or(scenario);
                let problem = Problem::new(format!("`{alias}` is taken"), *span, "not free");
                let help = format!("{} has that name, or had it; names are never used again", owner.path());
                errors.push(LoadError::new(&scenario.source, vec![problem.help(help)]));
            }
        }
    }
    errors
}

/// The catalogue that is built in.
fn built_in_catalogue() -> Catalogue {
    let text = |name: &str| BUILT_IN.get_file(name).and_then(|file| file.contents_utf8()).unwrap_or_default();
    let v311 = Texts { numbered: text("statements/mqtt-3.1.1.kdl"), prose: text("statements/prose-3.1.1.kdl") };
    let v5 = Texts { numbered: text("statements/mqtt-5.0.kdl"), prose: text("statements/prose-5.0.kdl") };
    Catalogue::load(v311, v5).expect("a test loads the built-in catalogue")
}

/// The text of a profile that is built in.
#[must_use]
pub fn built_in_profile(name: &str) -> Option<&'static str> {
    BUILT_IN.get_file(format!("targets/{name}.kdl"))?.contents_utf8()
}

/// The names of the profiles that are built in.
pub fn built_in_profiles() -> impl Iterator<Item = String> {
    let files = BUILT_IN.get_dir("targets").into_iter().flat_map(Dir::files);
    files.filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned()))
}

fn read_folder(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let unreadable = |source| CorpusError::Unreadable { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

/// FNV-1a, 64 bits: tells corpora apart, no more is asked of it.
fn hash<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in texts.flat_map(|text| text.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
