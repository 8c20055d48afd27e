//! `cargo xtask experiment`: a real-data suite through the `learnware` command, the reference beside it.
//!
//! Drives the built binary as a user would, and Python scripts in `experiments/` for what is not ours:
//! training the developers' models and running the reference package. It knows nothing about learnwares
//! itself beyond the command line (`binary.rs`, `ours.rs`).

mod arrays;
mod binary;
mod hetero;
mod kind;
mod measure;
mod ours;
mod plan;
mod prepared;
mod python;
mod reference;
mod report;
mod system;

use std::path::{Path, PathBuf};

use self::binary::Binary;
use self::kind::Kind;
use self::prepared::Prepared;
use self::report::Setting;

/// What the command line asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Options {
    suite: PathBuf,
    out: PathBuf,
    space: Option<String>,
    labelled: bool,
    raw: bool,
    full: bool,
    lite: bool,
    seed: u64,
    users: Option<usize>,
    repeats: Option<usize>,
    learnwares: Option<usize>,
    epochs: Option<usize>,
    models: Option<PathBuf>,
    reference_images: bool,
    reference: Option<PathBuf>,
    reference_results: Option<PathBuf>,
    python: Option<PathBuf>,
    binary: Option<PathBuf>,
}

pub(crate) const USAGE: &str = "\
usage: cargo xtask experiment SUITE --out DIR [OPTIONS]

SUITE is a suite folder of tables, texts or images (ROOT/suites/NAME, its data in ROOT/DATASET), a T1-like .json
file, or a heterogeneous one: a .json file with a `market` of learnwares in some feature spaces and `users` in others.
Writes results.json and results.md to DIR and prints one line last.

  --features SPACE      only this feature space (all of the data set otherwise)
  --labelled            also the methods that use a few labels, over every labelled subset
  --reference PYTHON    run the reference package of that Python on the same learnwares and users
  --reference-results FILE
                        what an earlier run of the reference on the same learnwares and users wrote, instead
  --raw                 leave columns unscaled (standardised by feature_scale.json otherwise)
  --full                tables: models by the published recipe (127 leaves, 1,000 rounds) instead of the light
                        one; images: all learnwares and users instead of the first 15 and 10
  --seed N              seed of everything that draws (0)
  --users N             only the first N users
  --repeats N           with --labelled, only the first N subsets of each size
  --python PYTHON       Python with what the preparation imports (an environment is made with uv otherwise)
  --lite                heterogeneous suites: the market, users and labelled rows that two cores can run
  --binary FILE         a built `learnware` (built with --release otherwise)

Images only:
  --models DIR          ready models, learnware_00.onnx and so on (trained here otherwise: hours)
  --epochs N            epochs of the models that are trained here (35); heterogeneous suites: of the
                        reference's market map (1; it takes hours on a processor)
  --learnwares N        only the first N learnwares
  --reference-images    also run the reference's image specification, with reduced settings (minutes for each)
";

/// Runs the experiment; `Ok(true)` when results were written.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<bool, String> {
    let options = parse(arguments)?;
    let plans = plan::read(&options.suite, options.space.as_deref())?;
    std::fs::create_dir_all(&options.out).map_err(|error| format!("{}: {error}", options.out.display()))?;
    let target = crate::target_folder(root);
    let place = target.join("experiments");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let mut binary = Binary::build(root, &target, options.binary.as_deref())?;
    let mut settings = Vec::new();
    for plan in &plans {
        eprintln!("experiment: {}", plan.name());
        let python = python::interpreter(plan.kind, &place, &options)?;
        let folder = python::prepare(root, &python, plan, &place, &options)?;
        let prepared = Prepared::read(&folder, options.repeats)?;
        let work = options.out.join(plan.name());
        let ours = if plan.heterogeneous {
            hetero::run(&mut binary, &prepared, plan, &work, &options)?
        } else {
            ours::run(&mut binary, &prepared, plan, &work, &options)?
        };
        let reference = match &options.reference {
            _ if options.reference_results.is_some() => {
                options.reference_results.as_deref().map(|file| reference::of_run(file, &ours)).transpose()?
            }
            Some(python) if plan.kind != Kind::Image || options.reference_images => {
                let out = work.join("reference.json");
                python::reference(root, python, &folder, &out, plan, &options)?;
                Some(reference::read(&out)?)
            }
            Some(_) | None => None,
        };
        settings.push(Setting { plan: plan.clone(), prepared, ours, reference });
        // After every setting, so that a long run that is stopped leaves what it has.
        report::write(&options.out, &settings, &options)?;
    }
    println!("{}", report::summary_line(&settings));
    Ok(true)
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or(format!("{word} needs a value\n\n{USAGE}"));
        match word.as_str() {
            "--out" => options.out = value()?.into(),
            "--features" => options.space = Some(value()?),
            "--labelled" => options.labelled = true,
            "--raw" => options.raw = true,
            "--full" => options.full = true,
            "--lite" => options.lite = true,
            "--seed" => options.seed = number(&value()?)?,
            "--users" => options.users = Some(count(&value()?)?),
            "--repeats" => options.repeats = Some(count(&value()?)?),
            "--learnwares" => options.learnwares = Some(count(&value()?)?),
            "--epochs" => options.epochs = Some(count(&value()?)?),
            "--models" => options.models = Some(value()?.into()),
            "--reference-images" => options.reference_images = true,
            "--reference" => options.reference = Some(value()?.into()),
            "--reference-results" => options.reference_results = Some(value()?.into()),
            "--python" => options.python = Some(value()?.into()),
            "--binary" => options.binary = Some(value()?.into()),
            flag if flag.starts_with('-') => return Err(format!("unknown option {flag}\n\n{USAGE}")),
            suite if options.suite.as_os_str().is_empty() => options.suite = suite.into(),
            more => return Err(format!("one suite only, but also {more}\n\n{USAGE}")),
        }
    }
    if options.suite.as_os_str().is_empty() || options.out.as_os_str().is_empty() {
        return Err(USAGE.to_owned());
    }
    Ok(options)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is not a whole number"))
}

fn count(text: &str) -> Result<usize, String> {
    number(text).map(|number| number as usize)
}

#[cfg(test)]
mod tests {
    use super::{Options, parse};

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_option_is_read() {
        let line = "suites/a --out o --features J --labelled --raw --full --lite --seed 7 --users 3 --reference p --python q \
                    --reference-results f \
                    --repeats 2 --learnwares 5 --epochs 1 --models m --reference-images";
        let wanted = Options {
            suite: "suites/a".into(),
            out: "o".into(),
            space: Some("J".into()),
            labelled: true,
            raw: true,
            full: true,
            lite: true,
            seed: 7,
            users: Some(3),
            repeats: Some(2),
            learnwares: Some(5),
            epochs: Some(1),
            models: Some("m".into()),
            reference_images: true,
            reference: Some("p".into()),
            reference_results: Some("f".into()),
            python: Some("q".into()),
            binary: None,
        };
        assert_eq!(parse(&words(line)), Ok(wanted));
    }

    #[test]
    fn a_wrong_line_shows_the_usage() {
        for line in ["", "a", "--out o", "a --out", "a b --out o", "a --out o --what"] {
            assert!(parse(&words(line)).unwrap_err().contains("usage:"), "{line}");
        }
        assert!(parse(&words("a --out o --seed x")).is_err());
    }
}
