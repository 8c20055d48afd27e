//! Models that are code and are written as data: what is kept answers as the code does.

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::Batch;
use learnware_engine::semantic::SemanticSpecification;
use learnware_package::runner::{Conversion, Runner};
use learnware_package::{Package, archive};

use crate::support::{LEGACY_YAML, files, legacy_stat, runner_within};

/// A package whose class fits `model` on made-up rows of three numbers and answers `answer`.
fn package(requirements: &str, imports: &str, model: &str, answer: &str) -> Package {
    let code = format!(
        "import numpy as np\n{imports}\n\
         class MyModel:\n    def __init__(self):\n        g = np.random.default_rng(5)\n        X = g.normal(size=(300, 3)) * 3 + 2\n        \
         y = (X[:, 0] > 2).astype(int) + (X[:, 1] > 3)\n        t = X[:, 0] * 2 - np.abs(X[:, 2])\n        self.parts = {{'model': {model}}}\n    \
         def predict(self, X):\n        m = self.parts['model']\n        return {answer}\n"
    );
    let list = [
        ("learnware.yaml", LEGACY_YAML),
        ("__init__.py", code.as_str()),
        ("stat.json", &legacy_stat(3)),
        ("requirements.txt", requirements),
    ];
    Package::from_bytes(archive::write(&files(&list)).unwrap()).unwrap()
}

fn converted(runner: &Runner, package: &Package) -> (Package, ModelFormat) {
    match runner.convert(package, &SemanticSpecification::default()).unwrap() {
        Conversion::Converted(found) => {
            assert!(found.difference <= 1e-5 && found.compared > 400, "{found:?}");
            (Package::from_bytes(found.package).unwrap(), found.format)
        }
        Conversion::Impossible { reason } => panic!("{reason}"),
    }
}

/// Rows that were not compared: the same answers are wanted there, too.
fn agrees(runner: &Runner, code: &Package, data: &Package) {
    let cells = (0..600).map(|place| f64::from((place * 7919) % 997) / 100.0 - 2.5).collect();
    let batch = Batch::Table(Matrix::new(200, 3, cells).unwrap());
    let theirs = runner.start(code).unwrap().predict(&batch).unwrap().values;
    let ours = runner.start(data).unwrap().predict(&batch).unwrap().values;
    assert_eq!((ours.rows(), ours.columns()), (theirs.rows(), theirs.columns()));
    for (a, b) in ours.as_slice().iter().zip(theirs.as_slice()) {
        assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} {b}");
    }
}

#[test]
fn models_of_the_usual_libraries_become_data() {
    let Some(runner) = runner_within("models_of_the_usual_libraries_become_data", 120) else { return };
    let sklearn = "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n\
                   from sklearn.linear_model import LogisticRegression\nfrom sklearn.ensemble import RandomForestRegressor";
    for (requirements, imports, model, answer, format) in [
        (
            "numpy\nscikit-learn\n",
            sklearn,
            "make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)",
            "m.predict_proba(X)",
            ModelFormat::Onnx,
        ),
        (
            "numpy\nscikit-learn\n",
            sklearn,
            "make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)",
            "m.predict(X)",
            ModelFormat::Onnx,
        ),
        (
            "numpy\nscikit-learn\n",
            sklearn,
            "RandomForestRegressor(20, max_depth=4, random_state=1).fit(X, t)",
            "m.predict(X)[:, None]",
            ModelFormat::Onnx,
        ),
        (
            "numpy\nlightgbm\nscikit-learn\n",
            "import lightgbm",
            "lightgbm.train({'verbose': -1}, lightgbm.Dataset(X, t), 20)",
            "m.predict(X)",
            ModelFormat::LightGbm,
        ),
        (
            "numpy\nlightgbm\nscikit-learn\n",
            "import lightgbm",
            "lightgbm.LGBMClassifier(n_estimators=10, verbose=-1).fit(X, y)",
            "m.predict(X)",
            ModelFormat::Onnx,
        ),
    ] {
        let code = package(requirements, imports, model, answer);
        let (data, found) = converted(&runner, &code);
        assert_eq!(found, format, "{model}");
        assert!(!data.format().has_code());
        assert_eq!(data.statistical(), code.statistical());
        agrees(&runner, &code, &data);
    }
}

#[test]
fn what_answers_otherwise_or_is_no_such_model_stays_code() {
    let Some(runner) = runner_within("what_answers_otherwise_or_is_no_such_model_stays_code", 120) else {
        return;
    };
    let imports = "from sklearn.linear_model import Ridge";
    let reason = |package: &Package| match runner.convert(package, &SemanticSpecification::default()).unwrap()
    {
        Conversion::Impossible { reason } => reason,
        Conversion::Converted(_) => panic!("it was converted"),
    };
    let own_work =
        package("numpy\nscikit-learn\n", imports, "Ridge().fit(X, t)", "m.predict(X) + np.sin(X[:, 0])");
    assert!(reason(&own_work).contains("answers otherwise"), "{}", reason(&own_work));
    let nothing = package("numpy\nscikit-learn\n", imports, "[1, 2]", "X[:, 0]");
    assert!(reason(&nothing).contains("no fitted model"), "{}", reason(&nothing));
    let plain = package("numpy\n", "", "None", "X[:, 0]");
    assert!(reason(&plain).contains("neither scikit-learn"), "{}", reason(&plain));
}
