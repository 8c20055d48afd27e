"""Trains small models of many kinds, exports them to the data-only formats, and records what the
original libraries predict, so that `learnware_package::native` can be compared with them.

    python experiments/native_conformance.py FOLDER
    LEARNWARE_NATIVE_CONFORMANCE=FOLDER cargo test -p learnware-package native_conformance -- --nocapture

Needs: numpy scikit-learn lightgbm xgboost skl2onnx onnxmltools onnxruntime onnx pandas.
    python experiments/native_conformance.py FOLDER --written   # then: our written models in ONNX Runtime
Every case becomes one model file and one JSON file: name, format, model, input (rows; null is a
missing value), expected (rows), tolerance (largest |difference| / (1 + |expected|)), microseconds
(the original library's time for the same call).
Nothing made here is committed: models are weights.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import lightgbm as lgb
import numpy as np
import onnxruntime
import pandas as pd
import xgboost as xgb
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as OnnxFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingRegressor,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    SGDClassifier,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
ROWS, WIDTH, PROBE = 600, 8, 50
rng = np.random.default_rng(7)
X = rng.normal(size=(ROWS, WIDTH)).astype(np.float32)
X[:, 6] = rng.integers(0, 4, ROWS)
X[:, 7] = rng.integers(0, 3, ROWS)
SIGNAL = X[:, 0] * 2 + np.sin(2 * X[:, 1]) + (X[:, 6] == 2) + X[:, 2] * X[:, 3]
Y = (SIGNAL + 0.1 * rng.normal(size=ROWS)).astype(np.float64)
COUNT = rng.poisson(np.exp(np.clip(Y / 3, -2, 2))).astype(np.float64)
BINARY = (Y > 0.3).astype(int)
MULTI = np.digitize(Y, [-1, 1.2])
PROBE_X = np.vstack([rng.normal(size=(PROBE, 6)).T, rng.integers(0, 5, PROBE), rng.integers(-1, 4, PROBE)]).T
PROBE_X = PROBE_X.astype(np.float32)
X_MISSING, PROBE_MISSING = X.copy(), PROBE_X.copy()
X_MISSING[rng.random(X.shape) < 0.15] = np.nan
PROBE_MISSING[rng.random(PROBE_X.shape) < 0.2] = np.nan
PROBE_MISSING[rng.random(PROBE_X.shape) < 0.1] = 0.0
X_ZEROS, PROBE_ZEROS = X.copy(), PROBE_X.copy()
X_ZEROS[rng.random(X.shape) < 0.3] = 0.0
PROBE_ZEROS[rng.random(PROBE_X.shape) < 0.3] = 0.0
OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
failed = []


def timed(call, repeats=20):
    result = call()
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    return result, (time.perf_counter() - began) / repeats * 1e6


def write(name, kind, file_bytes, probe, expected, tolerance, micros):
    expected = np.asarray(expected, dtype=np.float64)
    expected = expected.reshape(len(probe), -1)
    suffix = {"onnx": "onnx", "lightgbm": "txt", "xgboost": "json"}[kind]
    model = f"{name}.model.{suffix}"
    (OUT / model).write_bytes(file_bytes)
    rows = [[None if np.isnan(v) else float(v) for v in row] for row in np.asarray(probe, dtype=np.float64)]
    case = {
        "name": name, "format": kind, "model": model, "input": rows,
        "expected": expected.tolist(), "tolerance": tolerance, "microseconds": round(micros, 1),
    }
    (OUT / f"{name}.case.json").write_text(json.dumps(case))


def run_onnx(blob, probe, split):
    session = onnxruntime.InferenceSession(blob, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    feed = {n: probe[:, [k]] for k, n in enumerate(names)} if split else {names[0]: probe}
    outputs = session.get_outputs()
    result, micros = timed(lambda: session.run(None, feed))
    best = result[-1]
    if isinstance(best, list):  # ZipMap
        best = np.array([[row[k] for k in sorted(row)] for row in best])
    assert len(best) == len(probe), outputs
    return best, micros


def attempt(name, make):
    try:
        make()
        print("made", name)
    except Exception as error:
        failed.append(name)
        print("NOT EXPORTED", name, type(error).__name__, str(error).splitlines()[0][:150] if str(error) else "")


def skl(name, model, target, x=X, probe=PROBE_X, tolerance=1e-5, split=False, zipmap=False):
    def make():
        frame = pd.DataFrame(x, columns=[f"c{k}" for k in range(WIDTH)]) if split else x
        model.fit(frame, target)
        options = None
        if is_classifier(model) and hasattr(model, "predict_proba"):
            options = {id(model): {"zipmap": zipmap}}
        if split:
            types = [(f"c{k}", FloatTensorType([None, 1])) for k in range(WIDTH)]
        else:
            types = [("X", FloatTensorType([None, WIDTH]))]
        blob = to_onnx(model, initial_types=types, options=options).SerializeToString()
        expected, micros = run_onnx(blob, probe, split)
        write(f"onnx-{name}", "onnx", blob, probe, expected, tolerance, micros)

    attempt(f"onnx-{name}", make)


def scikit_learn():
    skl("linear-regression", LinearRegression(), Y)
    skl("ridge", Ridge(), Y)
    skl("bayesian-ridge", BayesianRidge(), Y)
    skl("elastic-net", ElasticNet(), Y)
    skl("poisson-regressor", PoissonRegressor(), COUNT)
    skl("linear-svr", LinearSVR(), Y)
    skl("polynomial-lasso", make_pipeline(PolynomialFeatures(2), StandardScaler(), Lasso(0.01)), Y)
    skl("logistic-binary", LogisticRegression(), BINARY)
    skl("logistic-multi", LogisticRegression(), MULTI)
    skl("logistic-zipmap", LogisticRegression(), MULTI, zipmap=True)
    skl("logistic-ovr", OneVsRestClassifier(LogisticRegression()), MULTI)
    skl("sgd-log", SGDClassifier(loss="log_loss", random_state=0), MULTI)
    skl("linear-svc", LinearSVC(), MULTI)
    skl("lda", LinearDiscriminantAnalysis(), MULTI)
    skl("qda", QuadraticDiscriminantAnalysis(), MULTI)
    skl("mlp-classifier", MLPClassifier((16, 8), max_iter=200, random_state=0), MULTI)
    skl("mlp-binary-tanh", MLPClassifier((16,), activation="tanh", max_iter=200, random_state=0), BINARY)
    skl("mlp-regressor", MLPRegressor(hidden_layer_sizes=(16,), max_iter=200, random_state=0), Y)
    skl("gaussian-nb", GaussianNB(), MULTI)
    skl("bernoulli-nb", make_pipeline(Binarizer(threshold=0.1), BernoulliNB()), MULTI)
    skl("knn-classifier", KNeighborsClassifier(5), MULTI)
    skl("knn-regressor", KNeighborsRegressor(5), Y)
    skl("tree-classifier", DecisionTreeClassifier(max_depth=8, random_state=0), MULTI)
    skl("tree-regressor", DecisionTreeRegressor(max_depth=8, random_state=0), Y)
    skl("forest-classifier", RandomForestClassifier(20, random_state=0), MULTI)
    skl("forest-binary", RandomForestClassifier(20, random_state=0), BINARY)
    skl("forest-regressor", RandomForestRegressor(20, random_state=0), Y)
    skl("extra-trees", ExtraTreesClassifier(10, random_state=0), MULTI)
    skl("gradient-boosting-binary", GradientBoostingClassifier(n_estimators=30), BINARY)
    skl("gradient-boosting-multi", GradientBoostingClassifier(n_estimators=30), MULTI)
    skl("gradient-boosting-regressor", GradientBoostingRegressor(n_estimators=30), Y)
    skl("hist-boosting-regressor", HistGradientBoostingRegressor(max_iter=30), Y, X_MISSING, PROBE_MISSING)
    skl("hist-boosting-binary", HistGradientBoostingClassifier(max_iter=30), BINARY, X_MISSING, PROBE_MISSING)
    skl("hist-boosting-multi", HistGradientBoostingClassifier(max_iter=30), MULTI, X_MISSING, PROBE_MISSING)
    skl("ada-boost-classifier", AdaBoostClassifier(n_estimators=10, random_state=0), MULTI)
    skl("ada-boost-regressor", AdaBoostRegressor(n_estimators=10, random_state=0), Y)
    skl("bagging-regressor", BaggingRegressor(n_estimators=5, random_state=0), Y)
    skl("voting-regressor", VotingRegressor([("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=4))]), Y)
    members = [("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=4))]
    skl("voting-classifier", VotingClassifier(members, voting="soft", flatten_transform=False), MULTI)
    members = [("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=4))]
    skl("stacking-regressor", StackingRegressor(members), Y)
    for kernel in ("rbf", "poly", "linear", "sigmoid"):
        skl(f"svc-{kernel}-probability", SVC(kernel=kernel, probability=True, random_state=0), MULTI, tolerance=2e-5)
        # The runtime adds hundreds of terms in f32, ours in f64.
        skl(f"svr-{kernel}", SVR(kernel=kernel, C=0.5), Y, tolerance=1e-4)
    skl("svc-binary-probability", SVC(probability=True, random_state=0), BINARY, tolerance=2e-5)
    skl("svc-binary-scores", SVC(), BINARY)
    skl("svc-multi-scores", SVC(), MULTI)
    skl("scaler-logistic", make_pipeline(StandardScaler(), LogisticRegression()), MULTI)
    skl("minmax-ridge", make_pipeline(MinMaxScaler(), Ridge()), Y)
    skl("robust-maxabs-ridge", make_pipeline(RobustScaler(), MaxAbsScaler(), Ridge()), Y)
    for norm in ("l1", "l2", "max"):
        skl(f"normalizer-{norm}-logistic", make_pipeline(Normalizer(norm), LogisticRegression()), BINARY)
    skl("pca-logistic", make_pipeline(PCA(4), LogisticRegression()), MULTI)
    skl("select-k-best-ridge", make_pipeline(SelectKBest(k=3), Ridge()), Y)
    skl("imputer-forest", make_pipeline(SimpleImputer(), RandomForestRegressor(10, random_state=0)), Y, X_MISSING, PROBE_MISSING)
    skl("imputer-median-logistic", make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression()), MULTI, X_MISSING, PROBE_MISSING)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)

    def mixed():
        return ColumnTransformer([("code", encoder, [6, 7]), ("scale", StandardScaler(), [0, 1, 2, 3, 4, 5])])

    skl("one-hot-logistic", make_pipeline(mixed(), LogisticRegression()), MULTI)
    skl("one-hot-forest", make_pipeline(mixed(), RandomForestClassifier(10, random_state=0)), MULTI)
    named = ColumnTransformer([("code", encoder, ["c6", "c7"]), ("scale", StandardScaler(), ["c0", "c1", "c2", "c3"])], remainder="passthrough")
    skl("data-frame-inputs", make_pipeline(named, LogisticRegression()), MULTI, split=True)


def tools(name, model, target, converter, x=X, probe=PROBE_X):
    def make():
        model.fit(x, target)
        kwargs = {"zipmap": False} if converter is convert_lightgbm else {}
        blob = converter(model, initial_types=[("X", OnnxFloat([None, WIDTH]))], target_opset=15, **kwargs).SerializeToString()
        expected, micros = run_onnx(blob, probe, False)
        write(f"onnx-{name}", "onnx", blob, probe, expected, 1e-5, micros)

    attempt(f"onnx-{name}", make)


def converted_boosters():
    quiet = {"n_estimators": 30, "verbose": -1, "n_jobs": 1}
    tools("lightgbm-regressor", lgb.LGBMRegressor(**quiet), Y, convert_lightgbm)
    tools("lightgbm-missing", lgb.LGBMRegressor(**quiet), Y, convert_lightgbm, X_MISSING, PROBE_MISSING)
    tools("lightgbm-binary", lgb.LGBMClassifier(**quiet), BINARY, convert_lightgbm)
    tools("lightgbm-multi", lgb.LGBMClassifier(**quiet), MULTI, convert_lightgbm)
    tools("lightgbm-forest", lgb.LGBMRegressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **quiet), Y, convert_lightgbm)
    tools("xgboost-regressor", xgb.XGBRegressor(n_estimators=30), Y, convert_xgboost)
    tools("xgboost-missing", xgb.XGBRegressor(n_estimators=30), Y, convert_xgboost, X_MISSING, PROBE_MISSING)
    tools("xgboost-binary", xgb.XGBClassifier(n_estimators=30), BINARY, convert_xgboost)
    tools("xgboost-multi", xgb.XGBClassifier(n_estimators=30), MULTI, convert_xgboost)


def light(name, target, parameters, x=X, probe=PROBE_X, rounds=30, categorical="auto"):
    def make():
        settings = {"verbose": -1, "num_threads": 1, "seed": 1, "min_data_in_leaf": 5, **parameters}
        booster = lgb.train(settings, lgb.Dataset(x.astype(np.float64), target, categorical_feature=categorical), rounds)
        rows = probe.astype(np.float64)
        expected, micros = timed(lambda: booster.predict(rows, num_threads=1))
        write(f"lightgbm-{name}", "lightgbm", booster.model_to_string().encode(), probe, expected, 1e-12, micros)

    attempt(f"lightgbm-{name}", make)


def lightgbm_text():
    positive = np.abs(Y) + 0.1
    for objective in ("regression", "regression_l1", "huber", "fair", "quantile", "mape"):
        light(objective, Y, {"objective": objective})
    light("regression-sqrt", Y, {"objective": "regression", "reg_sqrt": True})
    light("poisson", COUNT, {"objective": "poisson"})
    light("gamma", positive, {"objective": "gamma"})
    light("tweedie", COUNT, {"objective": "tweedie"})
    light("binary", BINARY, {"objective": "binary", "sigmoid": 1.3})
    light("cross-entropy", 1 / (1 + np.exp(-Y)), {"objective": "cross_entropy"})
    light("cross-entropy-lambda", 1 / (1 + np.exp(-Y)), {"objective": "cross_entropy_lambda"})
    light("multiclass", MULTI, {"objective": "multiclass", "num_class": 3})
    light("multiclass-ova", MULTI, {"objective": "multiclassova", "num_class": 3})
    light("forest", Y, {"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7})
    light("forest-binary", BINARY, {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7})
    light("dart", Y, {"objective": "regression", "boosting": "dart"})
    light("missing", Y, {"objective": "regression"}, X_MISSING, PROBE_MISSING)
    light("zero-as-missing", Y, {"objective": "regression", "zero_as_missing": True}, X_ZEROS, PROBE_ZEROS)
    light("no-missing-handling", Y, {"objective": "regression", "use_missing": False}, X_MISSING, PROBE_MISSING)
    light("categorical", Y, {"objective": "regression", "max_cat_to_onehot": 1, "min_data_per_group": 5, "cat_smooth": 1}, categorical=[6, 7])
    light("categorical-onehot", Y, {"objective": "regression"}, categorical=[6, 7])
    light("categorical-missing", BINARY, {"objective": "binary", "max_cat_to_onehot": 1, "min_data_per_group": 5}, X_MISSING, PROBE_MISSING, categorical=[6, 7])
    light("no-split", Y, {"objective": "regression", "min_data_in_leaf": 5000})


def boost(name, target, parameters, x=X, probe=PROBE_X, rounds=30, types=None, predict=None):
    def make():
        data = xgb.DMatrix(x, target, feature_types=types, enable_categorical=types is not None)
        booster = xgb.train({"nthread": 1, "seed": 1, **parameters}, data, rounds)
        rows = xgb.DMatrix(probe, feature_types=types, enable_categorical=types is not None)
        expected, micros = timed(lambda: booster.predict(rows, **(predict or {})))
        write(f"xgboost-{name}", "xgboost", bytes(booster.save_raw("json")), probe, expected, 2e-6, micros)

    attempt(f"xgboost-{name}", make)


def xgboost_json():
    positive = np.abs(Y) + 0.1
    unit = 1 / (1 + np.exp(-Y))
    boost("squared-error", Y, {"objective": "reg:squarederror"})
    boost("base-score", Y, {"objective": "reg:squarederror", "base_score": 0.25})
    boost("absolute-error", Y, {"objective": "reg:absoluteerror"})
    boost("pseudo-huber", Y, {"objective": "reg:pseudohubererror"})
    boost("squared-log", positive, {"objective": "reg:squaredlogerror"})
    boost("reg-logistic", unit, {"objective": "reg:logistic"})
    boost("gamma", positive, {"objective": "reg:gamma"})
    boost("tweedie", COUNT, {"objective": "reg:tweedie"})
    boost("poisson", COUNT, {"objective": "count:poisson"})
    boost("quantile", Y, {"objective": "reg:quantileerror", "quantile_alpha": [0.2, 0.5, 0.9]})
    boost("binary-logistic", BINARY, {"objective": "binary:logistic"})
    boost("binary-base-score", BINARY, {"objective": "binary:logistic", "base_score": 0.3})
    boost("binary-logitraw", BINARY, {"objective": "binary:logitraw"})
    boost("binary-hinge", BINARY, {"objective": "binary:hinge"})
    boost("softprob", MULTI, {"objective": "multi:softprob", "num_class": 3})
    boost("softmax", MULTI, {"objective": "multi:softmax", "num_class": 3})
    boost("parallel-trees", Y, {"num_parallel_tree": 4, "subsample": 0.6})
    boost("dart", Y, {"booster": "dart", "rate_drop": 0.3})
    boost("dart-softprob", MULTI, {"booster": "dart", "rate_drop": 0.3, "objective": "multi:softprob", "num_class": 3})
    boost("linear", Y, {"booster": "gblinear"})
    boost("linear-softprob", MULTI, {"booster": "gblinear", "objective": "multi:softprob", "num_class": 3})
    boost("linear-many-targets", np.stack([Y, COUNT], 1), {"booster": "gblinear"})
    boost("missing", Y, {}, X_MISSING, PROBE_MISSING)
    boost("lossguide", Y, {"grow_policy": "lossguide", "max_leaves": 20, "tree_method": "hist"})
    types = ["q"] * 6 + ["c", "c"]
    seen = PROBE_X.copy()
    seen[:, 6] = np.clip(seen[:, 6], 0, 3)
    seen[:, 7] = np.clip(seen[:, 7], 0, 2)
    boost("categorical", Y, {"tree_method": "hist", "max_cat_to_onehot": 1}, X, seen, types=types)
    boost("categorical-onehot", Y, {"tree_method": "hist", "max_cat_to_onehot": 10}, X, seen, types=types)
    boost("vector-leaf", np.stack([Y, COUNT], 1), {"multi_strategy": "multi_output_tree", "tree_method": "hist"})
    boost("many-targets", np.stack([Y, COUNT], 1), {})

    def early():
        train, test = xgb.DMatrix(X[:400], Y[:400]), xgb.DMatrix(X[400:], Y[400:])
        booster = xgb.train({"eta": 0.5, "nthread": 1}, train, 200, evals=[(test, "t")], early_stopping_rounds=3, verbose_eval=False)
        rows = xgb.DMatrix(PROBE_X)
        expected, micros = timed(lambda: booster.predict(rows))
        write("xgboost-early-stopped", "xgboost", bytes(booster.save_raw("json")), PROBE_X, expected, 2e-6, micros)

    attempt("xgboost-early-stopped", early)


def check_written():
    """Runs the models that our writer wrote (the Rust test leaves them in FOLDER) with ONNX Runtime."""
    for path in sorted(OUT.glob("*.written.json")):
        case = json.loads(path.read_text())
        import onnx

        blob = bytes(case["model"])
        onnx.checker.check_model(onnx.load_model_from_string(blob), full_check=True)
        result, _ = run_onnx(blob, np.array(case["input"], dtype=np.float32), False)
        worst = np.abs(result.reshape(len(result), -1) - np.array(case["predicted"])).max()
        print(path.name, "valid, largest difference", worst)
        assert worst < 1e-6


if __name__ == "__main__":
    if "--written" in sys.argv:
        check_written()
        sys.exit()
    scikit_learn()
    converted_boosters()
    lightgbm_text()
    xgboost_json()
    print(len(list(OUT.glob("*.case.json"))), "cases in", OUT, "; not exported:", failed)
