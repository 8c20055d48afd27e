//! Models that run: the battery that every predictor must pass, and packages like those of the reference.

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::{Batch, PredictError, Predictor};
use learnware_package::runner::{CodePolicy, Runner, RunnerConfig};
use learnware_package::template::{ModelSource, PackageWriter};
use learnware_package::{Package, archive};

use crate::support::{cache_dir, files, legacy_stat, python_package, runner};

/// What the rest of the system relies on, for any predictor on rows of `width` numbers.
pub(crate) fn predictor_contract(model: &mut dyn Predictor, width: usize) {
    let rows = |count: usize| {
        let data = (0..count * width).map(|place| ((place * 37) % 11) as f64 / 4.0 - 1.0).collect();
        Batch::Table(Matrix::new(count, width, data).unwrap())
    };
    assert!(model.input_shape().is_none_or(|shape| shape == [width]));
    let all = model.predict(&rows(7)).unwrap().values;
    assert_eq!(all.rows(), 7);
    if let Some(shape) = model.output_shape() {
        assert_eq!(all.columns(), shape.iter().product::<usize>());
    }
    assert_eq!(model.predict(&rows(7)).unwrap().values, all, "the same question has the same answer");
    let one = model.predict(&rows(7).select(&[3])).unwrap().values;
    assert_eq!(one.rows(), 1);
    for (alone, together) in one.row(0).iter().zip(all.row(3)) {
        assert!((alone - together).abs() <= 1e-9 * (1.0 + together.abs()), "one row answers as among others");
    }
    assert_eq!(model.predict(&rows(0)).unwrap().values.rows(), 0);
    if model.input_shape().is_some() {
        model.predict(&Batch::Table(Matrix::zeros(2, width + 1))).unwrap_err();
    }
    assert_eq!(model.predict(&rows(7)).unwrap().values, all, "a refused question changes nothing");
}

#[test]
fn python_models_keep_the_contract() {
    let Some(runner) = runner("python_models_keep_the_contract") else { return };
    let code = "import numpy as np\nfrom learnware.model import BaseModel\nclass MyModel(BaseModel):\n    def __init__(self):\n        super().__init__(input_shape=(4,), output_shape=(2,))\n    def predict(self, X):\n        return np.stack([X.sum(axis=1), X[:, 0]], axis=1)\n";
    let mut model = runner.start(&python_package(code, 4)).unwrap();
    predictor_contract(model.as_mut(), 4);
}

#[test]
fn texts_and_images_reach_python_models_as_they_are() {
    let Some(runner) = runner("texts_and_images_reach_python_models_as_they_are") else { return };
    let code = "class MyModel:\n    def predict(self, X):\n        assert isinstance(X, list) and all(isinstance(x, str) for x in X)\n        return [[len(x), len(x.encode()), x.count(chr(10))] for x in X]\n";
    let mut model = runner.start(&python_package(code, 2)).unwrap();
    let texts = ["", "two\nlines", "Gr\u{fc}\u{df}e \u{1f600} \"quoted\" \u{0}"].map(str::to_owned);
    let answer = model.predict(&Batch::Text(texts.to_vec())).unwrap().values;
    for (row, text) in answer.iter_rows().zip(&texts) {
        assert_eq!(row, [text.chars().count() as f64, text.len() as f64, text.matches('\n').count() as f64]);
    }
    assert_eq!(model.predict(&Batch::Text(Vec::new())).unwrap().values.rows(), 0);

    let code = "class MyModel:\n    input_shape = (3, 2, 4)\n    def predict(self, X):\n        assert X.shape[1:] == (3, 2, 4) and X.dtype == 'float64'\n        return X[:, [0, 2], [1, 0], [3, 0]]\n";
    let mut model = runner.start(&python_package(code, 2)).unwrap();
    let values = Matrix::new(2, 24, (0..48).map(f64::from).collect()).unwrap();
    let images = |shape: &[usize]| Batch::Tensor { shape: shape.to_vec(), values: values.clone() };
    let answer = model.predict(&images(&[3, 2, 4])).unwrap().values;
    assert_eq!(answer.as_slice(), [7.0, 16.0, 31.0, 40.0]);
    let refused = model.predict(&images(&[4, 2, 3])).unwrap_err();
    assert!(matches!(refused, PredictError::BadInput { .. }), "{refused}");
}

#[test]
fn a_predictor_lives_on_when_the_thread_that_started_it_ends() {
    let Some(runner) = runner("a_predictor_lives_on_when_the_thread_that_started_it_ends") else { return };
    let code = "class MyModel:\n    calls = 0\n    def predict(self, X):\n        self.calls += 1\n        return [self.calls] * len(X)\n";
    let package = python_package(code, 2);
    let mut model = std::thread::spawn(move || runner.start(&package).unwrap()).join().unwrap();
    let batch = Batch::Table(Matrix::zeros(2, 2));
    assert_eq!(model.predict(&batch).unwrap().values.as_slice(), [1.0, 1.0]);
    assert_eq!(model.predict(&batch).unwrap().values.as_slice(), [2.0, 2.0], "it is loaded once");
}

#[test]
fn answers_of_many_kinds_become_rows_of_numbers() {
    let Some(runner) = runner("answers_of_many_kinds_become_rows_of_numbers") else { return };
    let code = "import numpy as np\nclass Tensor:\n    def __init__(self, a): self.a = a\n    def detach(self): return self\n    def cpu(self): return self\n    def numpy(self): return self.a\nclass MyModel:\n    def predict(self, X):\n        kind = int(X[0, 0])\n        n = len(X)\n        return [np.ones(n, dtype=np.int32), [[1, 2]] * n, Tensor(np.ones((n, 2, 2), dtype=np.float32)), [True] * n, ['a'] * n, np.float64(1), np.ones(n + 1), {'a': 1}, np.ones((n, 0))][kind]\n";
    let mut model = runner.start(&python_package(code, 2)).unwrap();
    let mut ask = |kind: f64| model.predict(&Batch::Table(Matrix::new(3, 2, vec![kind; 6]).unwrap()));
    for (kind, columns) in [(0.0, 1), (1.0, 2), (2.0, 4), (3.0, 1)] {
        assert_eq!(ask(kind).unwrap().values.columns(), columns, "{kind}");
    }
    assert!(matches!(ask(4.0), Err(PredictError::Failed { .. })));
    for kind in [5.0, 6.0, 8.0] {
        assert!(matches!(ask(kind), Err(PredictError::BadAnswer { .. })), "{kind}");
    }
    assert!(matches!(ask(7.0), Err(PredictError::Failed { .. } | PredictError::BadAnswer { .. })));
    assert_eq!(ask(0.0).unwrap().values.rows(), 3, "it still answers");
}

#[test]
fn a_runner_that_refuses_code_says_so_and_runs_data() {
    let mut config = RunnerConfig::new(cache_dir());
    config.policy = CodePolicy::Refuse;
    let runner = Runner::new(config);
    let refused = runner.start(&python_package("", 2)).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("Python code"), "{refused}");
    let tree = "tree\nversion=v3\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\nobjective=regression\nfeature_names=a b\nfeature_infos=none none\ntree_sizes=100\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold=0.5\ndecision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=1.5 2.5\nleaf_weight=1 1\nleaf_count=1 1\ninternal_value=0\ninternal_weight=0\ninternal_count=2\nshrinkage=1\n\n\nend of trees\n";
    let writer = PackageWriter::new(ModelSource::Data(ModelFormat::LightGbm, tree.into()), statistical(2));
    let zip = writer.write().unwrap();
    assert_eq!(zip, writer.write().unwrap());
    let package = Package::from_bytes(zip).unwrap();
    assert!(package.read_text("__init__.py").unwrap().contains("lightgbm.Booster"));
    let mut model = runner.start(&package).unwrap();
    predictor_contract(model.as_mut(), 2);
    let batch = Batch::Table(Matrix::new(2, 2, vec![0.0, 0.0, 1.0, 0.0]).unwrap());
    assert_eq!(model.predict(&batch).unwrap().values.as_slice(), [1.5, 2.5]);
}

fn statistical(width: usize) -> Vec<learnware_engine::specification::StatisticalSpecification> {
    python_package("", width).statistical().to_vec()
}

/// The `__init__.py` of the reference's own test packages, in our words.
const SVM_CODE: &str = "import os\nimport joblib\nimport numpy as np\nfrom learnware.model import BaseModel\n\n\nclass SVM(BaseModel):\n    def __init__(self):\n        super(SVM, self).__init__(input_shape=(64,), output_shape=(10,))\n        folder = os.path.dirname(os.path.abspath(__file__))\n        self.model = joblib.load(os.path.join(folder, 'svm.pkl'))\n\n    def fit(self, X, y):\n        pass\n\n    def predict(self, X):\n        return self.model.predict_proba(X)\n\n    def finetune(self, X, y):\n        pass\n";
const SVM_YAML: &str = "model:\n  class_name: SVM\n  kwargs: {}\nstat_specifications:\n  - module_path: learnware.specification\n    class_name: RKMEStatSpecification\n    file_name: stat.json\n    kwargs: {}\n";

/// A pickled scikit-learn SVM on the digits, with a row of them and its own answer, trained by the Python of
/// the environment that later runs it.
fn svm(runner: &Runner, environment: &[(&str, &str)]) -> (Vec<u8>, Vec<f64>, f64) {
    let mut list = vec![("learnware.yaml", SVM_YAML), ("__init__.py", SVM_CODE)];
    let stat = legacy_stat(64);
    list.push(("stat.json", &stat));
    list.extend_from_slice(environment);
    let package = Package::from_bytes(archive::write(&files(&list)).unwrap()).unwrap();
    let made = runner.environment(&package).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let code = "import joblib, sys, json\nfrom sklearn.datasets import load_digits\nfrom sklearn.svm import SVC\nX, y = load_digits(return_X_y=True)\nm = SVC(kernel='rbf', probability=True, random_state=0).fit(X[:600], y[:600])\njoblib.dump(m, sys.argv[1])\np = m.predict_proba(X[700:701])[0]\nprint(json.dumps([X[700].tolist(), float(p.max())]))\n";
    let path = folder.path().join("svm.pkl");
    let output = std::process::Command::new(made.python())
        .args(["-W", "ignore", "-c", code])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (row, largest): (Vec<f64>, f64) = serde_json::from_slice(&output.stdout).unwrap();
    (std::fs::read(path).unwrap(), row, largest)
}

fn svm_answers(
    runner: &Runner,
    mut list: std::collections::BTreeMap<String, Vec<u8>>,
    prefix: &str,
    svm: &(Vec<u8>, Vec<f64>, f64),
) {
    list.insert(format!("{prefix}svm.pkl"), svm.0.clone());
    let package = Package::from_bytes(archive::write(&list).unwrap()).unwrap();
    let mut model = runner.start(&package).unwrap();
    assert_eq!((model.input_shape(), model.output_shape()), (Some(vec![64]), Some(vec![10])));
    let answer = model.predict(&Batch::Table(Matrix::new(1, 64, svm.1.clone()).unwrap())).unwrap().values;
    let largest = answer.row(0).iter().copied().fold(0.0, f64::max);
    assert!((largest - svm.2).abs() < 1e-12, "{largest} {}", svm.2);
    predictor_contract(model.as_mut(), 64);
}

#[test]
fn a_new_environment_has_its_modules_compiled() {
    let Some(runner) = runner("a_new_environment_has_its_modules_compiled") else { return };
    let environment = runner.environment(&python_package("", 2)).unwrap();
    let versions = std::fs::read_dir(environment.folder.join("lib")).unwrap().flatten();
    let mut compiled = versions.map(|version| version.path().join("site-packages/numpy/__pycache__"));
    assert!(compiled.any(|folder| folder.read_dir().is_ok_and(|mut files| files.next().is_some())));
}

#[test]
fn packages_like_the_references_test_data_run_unchanged() {
    let Some(runner) = runner("packages_like_the_references_test_data_run_unchanged") else { return };
    let stat = legacy_stat(64);
    let base = [("learnware.yaml", SVM_YAML), ("__init__.py", SVM_CODE), ("stat.json", stat.as_str())];
    let requirements = [("requirements.txt", "numpy\nscikit-learn\njoblib\nlearnware\n")];
    let trained = svm(&runner, &requirements);

    let plain: Vec<_> = base.iter().chain(&requirements).copied().collect();
    svm_answers(&runner, files(&plain), "", &trained);

    let foldered =
        files(&plain).into_iter().map(|(name, content)| (format!("svm/{name}"), content)).collect();
    svm_answers(&runner, foldered, "svm/", &trained);

    let module = "from .inner.classifier import SVM\n";
    let multi = [
        ("learnware.yaml", SVM_YAML),
        ("__init__.py", module),
        ("inner/__init__.py", ""),
        (
            "inner/classifier.py",
            &SVM_CODE.replace(
                "os.path.dirname(os.path.abspath(__file__))",
                "os.path.dirname(os.path.dirname(os.path.abspath(__file__)))",
            ),
        ),
        ("stat.json", &stat),
        requirements[0],
    ];
    svm_answers(&runner, files(&multi), "", &trained);

    let broken = [("__init__.py", "import no_such_module_anywhere\n")];
    let invalid: Vec<_> =
        plain.iter().filter(|(name, _)| *name != "__init__.py").chain(&broken).copied().collect();
    let package = Package::from_bytes(archive::write(&files(&invalid)).unwrap()).unwrap();
    let error = runner.start(&package).map(|_| ()).unwrap_err();
    assert!(
        matches!(&error, PredictError::Failed { message, .. } if message.contains("no_such_module_anywhere")),
        "{error}"
    );
}

#[test]
fn a_conda_environment_file_is_translated_and_runs_on_the_python_it_names() {
    let Some(runner) = runner("a_conda_environment_file_is_translated_and_runs_on_the_python_it_names")
    else {
        return;
    };
    let conda = [(
        "environment.yaml",
        "name: svm\nchannels:\n- defaults\ndependencies:\n- _libgcc_mutex=0.1=main\n- python=3.8.16=h7a1cb2a_3\n- pip\n- pip:\n  - scikit-learn==1.0.2\n  - joblib\n  - learnware\n",
    )];
    if !runner.host().interpreters.iter().any(|found| (found.version.0, found.version.1) == (3, 8)) {
        println!("SKIPPED a_conda_environment_file_...: no Python 3.8");
        return;
    }
    let trained = svm(&runner, &conda);
    let stat = legacy_stat(64);
    let list: Vec<_> =
        [("learnware.yaml", SVM_YAML), ("__init__.py", SVM_CODE), ("stat.json", stat.as_str())]
            .iter()
            .chain(&conda)
            .copied()
            .collect();
    let package = Package::from_bytes(archive::write(&files(&list)).unwrap()).unwrap();
    let made = runner.environment(&package).unwrap();
    assert!(made.python_version.starts_with("3.8."), "{}", made.python_version);
    assert!(made.notes.iter().any(|note| note.contains("learnware itself")), "{:?}", made.notes);
    svm_answers(&runner, files(&list), "", &trained);
}

#[test]
fn versions_that_cannot_be_installed_are_told_in_the_installers_words() {
    let Some(runner) = runner("versions_that_cannot_be_installed_are_told_in_the_installers_words") else {
        return;
    };
    let list = [
        ("learnware.yaml", SVM_YAML),
        ("__init__.py", SVM_CODE),
        ("stat.json", &legacy_stat(64)),
        ("requirements.txt", "numpy==0.0.1\n"),
    ];
    let package = Package::from_bytes(archive::write(&files(&list)).unwrap()).unwrap();
    let error = runner.environment(&package).unwrap_err().to_string();
    assert!(error.contains("numpy==0.0.1") && error.len() < 6000, "{error}");
    assert!(std::fs::read_dir(cache_dir().join("environments")).unwrap().flatten().count() > 0);
}

#[test]
fn without_a_fence_code_runs_only_when_it_is_allowed() {
    let Some(fenced) = runner("without_a_fence_code_runs_only_when_it_is_allowed") else { return };
    let mut host = fenced.host().clone();
    host.bubblewrap = None;
    let code = "import os\nclass MyModel:\n    def predict(self, X):\n        if X[0, 0] == 1:\n            os.system('sleep 1000')\n        return X[:, 0]\n";
    let package = python_package(code, 2);
    let mut config = RunnerConfig::new(cache_dir());
    config.limits.call_seconds = 2;
    let refused = Runner::with_host(config.clone(), host.clone()).start(&package).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("--unsafe"), "{refused}");
    config.policy = CodePolicy::Unsafe;
    let mut model = Runner::with_host(config, host).start(&package).unwrap();
    predictor_contract(model.as_mut(), 2);
    let hang = Batch::Table(Matrix::new(1, 2, vec![1.0; 2]).unwrap());
    assert_eq!(model.predict(&hang), Err(PredictError::TimedOut { seconds: 2 }));
}

/// Trains a model with its own library, packs it, and compares our evaluation with that library's through
/// the `__init__.py` that the package carries for the reference.
fn fallback_agrees(runner: &Runner, format: ModelFormat, library: &str, train: &str) {
    let list = [
        ("learnware.yaml", SVM_YAML),
        ("__init__.py", ""),
        ("stat.json", &legacy_stat(4)),
        ("requirements.txt", &format!("numpy\n{library}\n")),
    ];
    let bare = Package::from_bytes(archive::write(&files(&list)).unwrap()).unwrap();
    let made = runner.environment(&bare).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(if format == ModelFormat::Onnx { "model.onnx" } else { "model" });
    let code = format!(
        "import sys\nimport numpy as np\nr = np.random.RandomState(0)\nX = r.randn(300, 4)\ny = (X[:, 0] * X[:, 1] > 0).astype(int)\n{train}"
    );
    let output = std::process::Command::new(made.python()).args(["-c", &code]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let source = ModelSource::from_path(&path, "Model").unwrap();
    assert!(matches!(&source, ModelSource::Data(found, _) if *found == format));
    let zip = PackageWriter::new(source, statistical(4)).write().unwrap();
    let package = Package::from_bytes(zip).unwrap();
    let mut ours = runner.start(&package).unwrap();
    predictor_contract(ours.as_mut(), 4);

    let mut all: std::collections::BTreeMap<_, _> =
        package.names().map(|name| (name.to_owned(), package.read(name).unwrap())).collect();
    let yaml = package.read_text("learnware.yaml").unwrap();
    let kept: Vec<_> = yaml
        .lines()
        .filter(|line| !line.starts_with("format:") && !line.starts_with("  file_name:"))
        .collect();
    all.insert("learnware.yaml".into(), kept.join("\n").into_bytes());
    let mut theirs = runner.start(&Package::from_bytes(archive::write(&all).unwrap()).unwrap()).unwrap();
    let data = (0..400).map(|place| f64::from((place * 7919) % 997) / 200.0 - 2.5).collect();
    let batch = Batch::Table(Matrix::new(100, 4, data).unwrap());
    let (ours, theirs) = (ours.predict(&batch).unwrap().values, theirs.predict(&batch).unwrap().values);
    assert_eq!((ours.rows(), ours.columns()), (theirs.rows(), theirs.columns()));
    for (a, b) in ours.as_slice().iter().zip(theirs.as_slice()) {
        assert!((a - b).abs() < 2e-6, "{a} {b}");
    }
}

#[test]
fn the_host_report_says_what_to_do_about_what_is_missing() {
    let report = learnware_package::runner::host::probe();
    for probe in &report.probes {
        println!("{}: {} ({}) {}", probe.name, probe.found, probe.detail, probe.advice);
        assert_eq!(probe.found, probe.advice.is_empty());
        assert!(!probe.detail.is_empty());
    }
}

#[test]
fn a_data_package_answers_the_same_through_its_python_fallback() {
    let Some(runner) = runner("a_data_package_answers_the_same_through_its_python_fallback") else { return };
    let lightgbm = "import lightgbm\nlightgbm.train({'objective': 'binary', 'verbose': -1}, lightgbm.Dataset(X, y), 10).save_model(sys.argv[1])\n";
    fallback_agrees(&runner, ModelFormat::LightGbm, "lightgbm", lightgbm);
    let xgboost = "import xgboost\nb = xgboost.train({'objective': 'binary:logistic'}, xgboost.DMatrix(X, y), 10)\nopen(sys.argv[1], 'wb').write(b.save_raw('json'))\n";
    fallback_agrees(&runner, ModelFormat::XgBoost, "xgboost-cpu", xgboost);
    let onnx = "from sklearn.linear_model import LogisticRegression\nfrom skl2onnx import to_onnx\nm = LogisticRegression().fit(X, (X[:, 0] > 0.2).astype(int) + (X[:, 1] > 0).astype(int))\no = to_onnx(m, X[:1].astype(np.float32), options={'zipmap': False})\nopen(sys.argv[1], 'wb').write(o.SerializeToString())\n";
    fallback_agrees(&runner, ModelFormat::Onnx, "scikit-learn\nskl2onnx", onnx);
}
