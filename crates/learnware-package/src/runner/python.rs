//! A Python model in a worker process of its own: loaded once, asked many times, killed when it goes over
//! a limit.
//!
//! Frames go over the worker's standard input and output, which the worker takes over before the model is
//! imported; what the model prints goes to a capped log. The parent trusts nothing that comes back: it
//! checks every length and shape itself.

use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::{Batch, PredictError, Predictions, Predictor};
use serde_json::{Value, json};

use super::process::{Allowed, Killed, Process};
use super::protocol::{self, Frame, FrameError};
use super::sandbox::{Fenced, Isolation, Limits, Network};
use crate::manifest::ModelDeclaration;

/// Patience with a process whose pipes have closed.
const END_PATIENCE: Duration = Duration::from_secs(2);
/// Axes of an answer at most: examples and three more.
const ANSWER_AXES_MAX: usize = 5;
/// Forms that are looked at at most.
const FORMS_MAX: usize = 16;
/// What they are.
const DATA_FORMATS: [ModelFormat; 3] = [ModelFormat::Onnx, ModelFormat::LightGbm, ModelFormat::XgBoost];

/// What a worker needs to start.
#[derive(Debug, Clone)]
pub(crate) struct WorkerPlan {
    /// Interpreter of the environment.
    pub python: PathBuf,
    /// Folders that the interpreter and its packages live in.
    pub roots: Vec<PathBuf>,
    /// The unpacked package.
    pub package: PathBuf,
    /// `worker.py` and `shim/`.
    pub worker: PathBuf,
    pub model: ModelDeclaration,
    pub isolation: Isolation,
    pub limits: Limits,
}

/// A model in a running worker.
pub(crate) struct PythonPredictor {
    process: Process,
    requests: ChildStdin,
    answers: Receiver<Result<Frame, FrameError>>,
    limits: Limits,
    input_shape: Option<Vec<usize>>,
    output_shape: Option<Vec<usize>>,
    over: Option<PredictError>,
    /// The unpacked package lives as long as the worker.
    _package: Option<tempfile::TempDir>,
}

impl PythonPredictor {
    /// Starts the worker and loads the model.
    pub(crate) fn start(plan: &WorkerPlan, package: Option<tempfile::TempDir>) -> Result<Self, PredictError> {
        let not_started = |error: std::io::Error| PredictError::HostFailed { reason: error.to_string() };
        let mut command = fenced(plan).command(&plan.isolation, &plan.limits).map_err(not_started)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let allowed =
            Allowed { memory_bytes: plan.limits.memory_bytes, process_count: plan.limits.process_count };
        let mut process = Process::start(command, allowed, plan.limits.log_bytes).map_err(not_started)?;
        let (Some(requests), Some(mut stdout)) =
            (process.child().stdin.take(), process.child().stdout.take())
        else {
            return Err(PredictError::NotStarted { reason: "the worker has no pipes".into() });
        };
        let (sender, answers) = channel();
        let output_bytes = plan.limits.output_bytes;
        std::thread::spawn(move || {
            loop {
                let frame = protocol::read(&mut stdout, output_bytes);
                let last = frame.is_err();
                if sender.send(frame).is_err() || last {
                    return;
                }
            }
        });
        let mut started = Self {
            process,
            requests,
            answers,
            limits: plan.limits.clone(),
            input_shape: None,
            output_shape: None,
            over: None,
            _package: package,
        };
        started.load(plan)?;
        Ok(started)
    }

    fn load(&mut self, plan: &WorkerPlan) -> Result<(), PredictError> {
        let header = json!({
            "limits": plan.limits.resources(),
            "module_path": plan.model.module_path,
            "class_name": plan.model.class_name,
            "kwargs": plan.model.kwargs.to_json(),
        });
        let answer = self.ask(&header, &[], plan.limits.load_seconds)?;
        self.input_shape = shape(&answer.header["input_shape"]);
        self.output_shape = shape(&answer.header["output_shape"]);
        Ok(())
    }

    /// Sends one request and waits for its answer; a worker that failed otherwise than by an error of the
    /// model is ended.
    fn ask(&mut self, header: &Value, payload: &[u8], seconds: u64) -> Result<Frame, PredictError> {
        if let Some(error) = &self.over {
            return Err(error.clone());
        }
        self.process.allow(seconds);
        // A failed write shows as the end of the answers, which says more.
        let _ = protocol::write(&mut self.requests, header, payload);
        let answer = self.wait(seconds);
        self.process.rest();
        match answer {
            Ok(frame) if frame.header["ok"] == json!(true) => Ok(frame),
            Ok(frame) if frame.header["error"].is_string() => Err(PredictError::Failed {
                message: frame.header["error"].as_str().unwrap_or_default().to_owned(),
                log: self.process.log(),
            }),
            Ok(_) => Err(self.stop(&FrameError::Malformed("it is not an answer"))),
            Err(error) => Err(self.stop(&error)),
        }
    }

    fn wait(&self, seconds: u64) -> Result<Frame, FrameError> {
        // The watch ends the process at its deadline; a little more is only for its pipe to close.
        let patience = Duration::from_secs(seconds) + END_PATIENCE;
        match self.answers.recv_timeout(patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Disconnected) => Err(FrameError::Closed),
            Err(RecvTimeoutError::Timeout) => {
                self.process.overdue(seconds);
                Err(FrameError::Closed)
            }
        }
    }

    fn stop(&mut self, error: &FrameError) -> PredictError {
        let patience = if *error == FrameError::Closed { END_PATIENCE } else { Duration::ZERO };
        let status = self.process.end_gently(patience);
        let error = match (self.process.killed(), error) {
            (Some(Killed::Time(seconds)), _) => PredictError::TimedOut { seconds },
            (Some(Killed::Memory(bytes)), _) => {
                PredictError::OverLimit { what: format!("memory, {} MiB", bytes >> 20) }
            }
            (Some(Killed::Processes(count)), _) => {
                PredictError::OverLimit { what: format!("processes and threads, {count}") }
            }
            (None, FrameError::TooLarge(bytes)) => PredictError::OverLimit {
                what: format!(
                    "output, {} MiB; it answers {} MiB",
                    self.limits.output_bytes >> 20,
                    bytes >> 20
                ),
            },
            (None, FrameError::Malformed(reason)) => {
                PredictError::BadAnswer { reason: format!("its message is not a frame: {reason}") }
            }
            (None, FrameError::Closed) => PredictError::Crashed {
                reason: status.map_or_else(|error| error.to_string(), ending),
                log: self.process.log(),
            },
        };
        self.over = Some(error.clone());
        error
    }
}

/// Forms of a model that its worker offers.
#[derive(Debug)]
pub(super) struct Offered {
    /// Format and content of each.
    pub(super) forms: Vec<(ModelFormat, Vec<u8>)>,
    /// What could not be written, and why.
    pub(super) notes: Vec<String>,
}

impl PythonPredictor {
    /// Asks for the model in forms that are data; `rows` show what it takes.
    pub(super) fn forms(&mut self, rows: &Matrix) -> Result<Offered, PredictError> {
        let header = json!({
            "kind": "convert",
            "shape": [rows.rows(), rows.columns()],
            "bytes_max": self.limits.output_bytes,
        });
        let answer = self.ask(&header, &protocol::bytes_of(rows.as_slice()), self.limits.call_seconds)?;
        offered(&answer)
            .ok_or_else(|| PredictError::BadAnswer { reason: "its forms do not fit its bytes".into() })
    }
}

/// Reads what a worker offers; `None` when it contradicts itself.
fn offered(answer: &Frame) -> Option<Offered> {
    let notes = answer.header["notes"].as_array()?.iter().filter_map(Value::as_str);
    let (mut forms, mut left) = (Vec::new(), answer.payload.as_slice());
    for form in answer.header["forms"].as_array()?.iter().take(FORMS_MAX) {
        let (content, rest) = left.split_at_checked(usize::try_from(form["bytes"].as_u64()?).ok()?)?;
        let format = DATA_FORMATS.into_iter().find(|format| form["format"] == json!(format.word()))?;
        forms.push((format, content.to_vec()));
        left = rest;
    }
    Some(Offered { forms, notes: notes.map(str::to_owned).collect() })
}

impl Predictor for PythonPredictor {
    fn input_shape(&self) -> Option<Vec<usize>> {
        self.input_shape.clone()
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.output_shape.clone()
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
        if batch.is_empty() {
            let columns = self.output_shape.as_ref().map_or(1, |shape| shape.iter().product());
            return Ok(Predictions { values: Matrix::zeros(0, columns) });
        }
        let (header, payload) = request(batch, self.input_shape.as_deref())?;
        let answer = self.ask(&header, &payload, self.limits.call_seconds)?;
        predictions(&answer, batch.len())
    }

    fn finetune(&mut self, batch: &Batch, labels: &[f64]) -> Result<(), PredictError> {
        let (data, mut payload) = request(batch, self.input_shape.as_deref())?;
        // Labels of classes are whole numbers; so are some quantities, which no library minds.
        let classes = labels.iter().all(|label| label.fract() == 0.0 && *label >= 0.0);
        let header =
            json!({"kind": "finetune", "data": data, "data_bytes": payload.len(), "classes": classes});
        payload.extend(protocol::bytes_of(labels));
        let answer = self.ask(&header, &payload, self.limits.call_seconds)?;
        if answer.header["trained"] == json!(true) {
            return Ok(());
        }
        Err(PredictError::NotTrainable { reason: "its class has no method `finetune(X, y)`".into() })
    }

    fn generate(&mut self, texts: &[String]) -> Result<Vec<String>, PredictError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let header = json!({"kind": "text", "answers": "texts"});
        let payload = json!(texts).to_string().into_bytes();
        let answer = self.ask(&header, &payload, self.limits.call_seconds)?;
        let bad = |reason: String| PredictError::BadAnswer { reason };
        let answers: Vec<String> =
            serde_json::from_slice(&answer.payload).map_err(|_| bad("it is not a list of texts".into()))?;
        if answers.len() != texts.len() {
            return Err(bad(format!("{} answers for {} texts", answers.len(), texts.len())));
        }
        Ok(answers)
    }
}

fn fenced(plan: &WorkerPlan) -> Fenced {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut read_only = plan.roots.clone();
    read_only.extend([plan.package.clone(), plan.worker.clone()]);
    let cores = std::thread::available_parallelism().map_or(1, |count| count.get().min(4)).to_string();
    let mut environment =
        vec![("LANG", "C.UTF-8"), ("HOME", "/tmp"), ("PATH", "/usr/bin:/bin"), ("TMPDIR", "/tmp")];
    environment.extend([
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONHASHSEED", "0"),
        ("TF_CPP_MIN_LOG_LEVEL", "2"),
    ]);
    // Numerical libraries reserve memory per thread; without this they take every core of the host.
    environment.extend(
        [
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "NUMEXPR_NUM_THREADS",
            "LOKY_MAX_CPU_COUNT",
        ]
        .map(|name| (name, cores.as_str())),
    );
    Fenced {
        program: plan.python.clone(),
        arguments: vec![
            "-B".into(),
            "-s".into(),
            text(&plan.worker.join("worker.py")),
            text(&plan.package),
            text(&plan.worker.join("shim")),
        ],
        read_only,
        writable: Vec::new(),
        network: Network::Off,
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        folder: plan.package.clone(),
    }
}

fn request(batch: &Batch, input_shape: Option<&[usize]>) -> Result<(Value, Vec<u8>), PredictError> {
    let fits = |found: &[usize]| match input_shape {
        Some(wanted) if wanted != found => Err(PredictError::BadInput {
            reason: format!("the model takes examples of shape {wanted:?}, but the data has {found:?}"),
        }),
        _ => Ok(()),
    };
    let numbers = |shape: &[usize], values: &Matrix| {
        let mut whole = vec![values.rows()];
        whole.extend_from_slice(shape);
        (json!({"kind": "array", "shape": whole}), protocol::bytes_of(values.as_slice()))
    };
    match batch {
        Batch::Table(rows) => {
            fits(&[rows.columns()])?;
            Ok(numbers(&[rows.columns()], rows))
        }
        Batch::Tensor { shape, values } => {
            fits(shape)?;
            if shape.iter().product::<usize>() != values.columns() {
                return Err(PredictError::BadInput { reason: "the batch contradicts its own shape".into() });
            }
            Ok(numbers(shape, values))
        }
        Batch::Text(texts) => Ok((json!({"kind": "text"}), json!(texts).to_string().into_bytes())),
        _ => {
            Err(PredictError::BadInput { reason: "this kind of data is not passed to Python models".into() })
        }
    }
}

fn predictions(answer: &Frame, examples: usize) -> Result<Predictions, PredictError> {
    let bad = |reason: String| PredictError::BadAnswer { reason };
    let shape = shape(&answer.header["shape"]).ok_or_else(|| bad("it has no shape".into()))?;
    if shape.len() > ANSWER_AXES_MAX {
        return Err(bad(format!("it has {} axes", shape.len())));
    }
    let (&rows, rest) =
        shape.split_first().ok_or_else(|| bad("it is a single number, not one answer per example".into()))?;
    if rows != examples {
        return Err(bad(format!("{rows} answers for {examples} examples")));
    }
    let columns = rest.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let count = columns.and_then(|columns| columns.checked_mul(rows)).and_then(|count| count.checked_mul(8));
    match (columns, count) {
        (Some(columns @ 1..), Some(count)) if count == answer.payload.len() => {
            let values = Matrix::new(rows, columns, protocol::values_of(&answer.payload))
                .map_err(|error| bad(error.to_string()))?;
            Ok(Predictions { values })
        }
        _ => Err(bad(format!("its shape {shape:?} does not fit its {} bytes", answer.payload.len()))),
    }
}

fn shape(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(|size| size.as_u64().map(|size| size as usize)).collect()
}

/// How a process ended, for people.
fn ending(status: std::process::ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    // Bubblewrap answers 128 + signal for what ended inside.
    let signal = status.signal().or_else(|| status.code().filter(|code| *code > 128).map(|code| code - 128));
    match (signal, status.code()) {
        (Some(signal), _) => {
            let meaning = match signal {
                6 => " (abort)",
                9 => " (killed; often for lack of memory)",
                11 => " (segmentation fault)",
                24 => " (processor time used up)",
                25 => " (file too large)",
                31 => " (system call refused)",
                _ => "",
            };
            format!("signal {signal}{meaning}")
        }
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "no exit code".into(),
    }
}
