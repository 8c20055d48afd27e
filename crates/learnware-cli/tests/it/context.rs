//! A temporary directory in which the binary runs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use learnware_package::native::onnx::write::{self, LinearModel};
use serde_json::Value;

/// A directory with a home and a dock of its own.
pub(crate) struct TestContext {
    folder: tempfile::TempDir,
    cache: PathBuf,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TestContext {
    pub(crate) fn new() -> Self {
        // One cache for all tests, so that environments of Python models are made once.
        let cache = PathBuf::from(Self::cache());
        Self { folder: tempfile::tempdir().unwrap(), cache }
    }

    /// One that has fetched nothing yet.
    pub(crate) fn with_empty_cache() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        Self { folder, cache }
    }

    /// One folder for all tests, so that environments of Python models are made once.
    pub(crate) fn cache() -> &'static str {
        concat!(env!("CARGO_TARGET_TMPDIR"), "/cache")
    }

    /// A path in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Runs `learnware` with arguments split at spaces.
    pub(crate) fn run(&self, arguments: &str) -> Answer {
        self.run_with(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs `learnware`.
    pub(crate) fn run_with(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().unwrap())
    }

    /// Runs `learnware` with something on its standard input, and arguments split at spaces.
    pub(crate) fn run_input(&self, arguments: &str, input: &str) -> Answer {
        let mut command = self.command(&arguments.split_whitespace().collect::<Vec<_>>());
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        // A command that refuses its arguments reads nothing.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        Answer::of(child.wait_with_output().unwrap())
    }

    /// `learnware` in the directory, about to be run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_learnware"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("LEARNWARE_DOCK", self.path("dock"))
            .env("LEARNWARE_CACHE", &self.cache);
        for variable in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "LEARNWARE_TOKEN", "NO_COLOR"] {
            command.env_remove(variable);
        }
        for proxy in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(proxy);
        }
        command
    }

    /// Runs a command that must succeed, with `--json`.
    pub(crate) fn json(&self, arguments: &str) -> Value {
        let answer = self.run(&format!("{arguments} --json"));
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.json()
    }

    /// Runs a command that must fail, and gives what it says.
    pub(crate) fn refusal(&self, arguments: &str) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.code, 2, "{answer:?}");
        assert_eq!(answer.stdout, "");
        answer.stderr
    }

    /// Names of the files in the directory.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Answer {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output as the one JSON document it must be.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stderr, "", "nothing is on standard error with --json");
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// A table of numbers and a category, with 60 rows and labels.
pub(crate) fn shop_csv() -> String {
    let mut text = String::from("size,price,colour,sold\n");
    for row in 0..60 {
        let colour = ["red", "green", "blue"][row % 3];
        let sold = if row % 4 == 0 { "yes" } else { "no" };
        text += &format!("{},{:.2},{colour},{sold}\n", row % 7, (row * row % 31) as f64 * 1.5);
    }
    text
}

impl TestContext {
    /// Writes a linear model: one output for each row of coefficients; two and more outputs are classes.
    pub(crate) fn linear_model(&self, name: &str, coefficients: &[&[f64]]) {
        let columns = coefficients[0].len();
        let model = LinearModel {
            offset: vec![0.0; columns],
            scale: vec![1.0; columns],
            coefficients: coefficients.concat(),
            intercepts: vec![0.0; coefficients.len()],
        };
        let classes = (0..).take(coefficients.len()).collect();
        let answer =
            if coefficients.len() == 1 { write::Answer::Quantities } else { write::Answer::Softmax(classes) };
        self.write(name, write::linear(&model, &answer).unwrap());
    }

    /// Packs and submits a learnware that adds up `a` and `b` with the given factors, trained around `centre`.
    pub(crate) fn submit_sum(&self, name: &str, factors: [f64; 2], centre: f64) -> String {
        self.sum_package(name, factors, centre);
        let submitted = self.json("submit model.zip");
        assert_eq!(submitted["status"], "usable", "{submitted}");
        submitted["id"].as_str().unwrap().to_owned()
    }

    /// Packs it only, as `model.zip`.
    pub(crate) fn sum_package(&self, name: &str, factors: [f64; 2], centre: f64) -> PathBuf {
        self.linear_model("model.onnx", &[&factors]);
        self.write("train.csv", plane_csv(centre, factors));
        let words = ["--name", name, "--description", "Adds two columns up.", "--license", "mit"];
        let pack = ["pack", "model.onnx", "--data", "train.csv", "--labels", "y", "-o", "model.zip"];
        let answer = self.run_with(&[&pack[..], &words[..]].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        self.path("model.zip")
    }
}

/// Rows around a centre, with the sum of the columns as label.
pub(crate) fn plane_csv(centre: f64, factors: [f64; 2]) -> String {
    let mut text = String::from("a,b,y\n");
    for row in 0..80 {
        let a = centre + f64::from(row % 9) / 4.0 - 1.0;
        let b = centre + f64::from(row * row % 13) / 6.0 - 1.0;
        text += &format!("{a},{b},{}\n", factors[0] * a + factors[1] * b);
    }
    text
}

/// Whether Python models run here; says loudly when they don't, and why.
pub(crate) fn python_works(context: &TestContext, test: &str) -> bool {
    let folder = context.path("probe");
    std::fs::create_dir_all(&folder).unwrap();
    let code = "class Model:\n    def predict(self, X):\n        return [0] * len(X)\n";
    std::fs::write(folder.join("__init__.py"), code).unwrap();
    std::fs::write(folder.join("requirements.txt"), "numpy\n").unwrap();
    context.write("probe.csv", plane_csv(0.0, [1.0, 1.0]));
    let pack =
        "pack probe --data probe.csv --labels y --task regression --name Probe --license mit -o probe.zip";
    context.json(pack);
    let answer = context.run("run probe.zip probe.csv");
    if answer.code != 0 {
        println!("SKIPPED {test}: Python models do not run here: {}", answer.stderr);
    }
    answer.code == 0
}
