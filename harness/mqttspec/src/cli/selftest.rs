//! `mqttspec selftest`.

use super::args::SelfTestArgs;
use super::failure::Failure;
use super::{code, corpus, output, plan, suggest};
use crate::run::Options;
use crate::selftest::report::{SelfTest, list};
use crate::selftest::{Trial, selftest, trials, without_saboteur};
use indicatif::{ProgressBar, ProgressStyle};
use mqttspec_broker::Sabotage;
use mqttspec_engine::plan::Case;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::available_parallelism;

pub(super) fn run(args: &SelfTestArgs) -> Result<u8, Failure> {
    let internal = |error: &dyn std::fmt::Display| Failure::new(code::INTERNAL, error.to_string(), None);
    let saboteurs = named(&args.saboteurs)?;
    if args.list {
        return output::print(&list(saboteurs).map_err(|error| internal(&error))?);
    }
    let corpus = corpus(args.scenarios.as_deref())?;
    let cases = plan::select(&corpus, &args.selectors, &args.filters, &args.versions)?;
    let json = args.json.as_deref().map(create).transpose()?;
    let mut trials = trials(&saboteurs, &cases);
    if args.saboteurs.is_empty() && !(args.selectors.is_empty() && args.filters.is_empty()) {
        trials.retain(|trial| could_be_caught(trial, &cases));
    }
    if trials.is_empty() {
        output::error("mqttspec: no saboteur breaks a statement of these cases\n");
        return Ok(code::NOTHING);
    }
    let jobs = args.jobs.and_then(|jobs| NonZeroUsize::new(jobs as usize));
    let jobs = jobs.or(available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let options = Options { timeout: args.timeout, ..Options::default() };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed}").map_err(|error| internal(&error))?;
    let bar = ProgressBar::new(trials.len() as u64).with_style(style.progress_chars("=> "));
    let results = selftest(&trials, &cases, &corpus.catalogue, &options, jobs, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let without_saboteur = match args.saboteurs.is_empty() {
        true => without_saboteur(&cases, &corpus.catalogue, &results),
        false => Vec::new(),
    };
    let told = SelfTest { results, without_saboteur };
    if let Some((file, path)) = json {
        let written = |error: io::Error| internal(&format!("{} cannot be written: {error}", path.display()));
        write_json(file, &told).map_err(written)?;
    }
    output::print(&told.table(args.verbose).map_err(|error| internal(&error))?)?;
    Ok(u8::from(!told.all_caught()))
}

/// The saboteurs of these names; all without any.
fn named(names: &[String]) -> Result<Vec<&'static Sabotage>, Failure> {
    if names.is_empty() {
        return Ok(Sabotage::all().collect());
    }
    names.iter().map(|name| saboteur(name)).collect()
}

/// The saboteur of this name.
pub(super) fn saboteur(name: &str) -> Result<&'static Sabotage, Failure> {
    Sabotage::find(name).ok_or_else(|| {
        let near = suggest::nearest(name, Sabotage::all().map(|sabotage| sabotage.name));
        let help = suggest::did_you_mean(&near, "`mqttspec selftest --list` lists the saboteurs");
        Failure::usage(format!("no saboteur is called `{name}`"), help)
    })
}

/// Whether a rule of these cases names a statement that the saboteur breaks.
fn could_be_caught(trial: &Trial, cases: &[Case]) -> bool {
    let broken = trial.sabotage.breaks(trial.version);
    let of_version = |case: &&Case| case.version == trial.version;
    cases.iter().filter(of_version).any(|case| case.statements().any(|id| broken.contains(&id)))
}

fn create(path: &Path) -> Result<(File, &Path), Failure> {
    super::reports::create(path).map(|file| (file, path))
}

fn write_json(file: File, told: &SelfTest) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    serde_json::to_writer(&mut out, &told.document())?;
    out.write_all(b"\n")?;
    out.flush()
}
