"""Runs the reference package (`learnware`) on prepared learnwares and users.

    PYTHON reference.py PREPARED_FOLDER OUT_JSON [--max-search N] [--labelled] [--seed N] [--users N] [--no-job-selector]

PYTHON must have `learnware` and lightgbm. The same model files, the same rows: each model is wrapped
as a reference learnware with a specification made by the reference itself from the train rows; each user
makes one from the test rows and searches with EasyStatSearcher. Everything is measured on one core, as
CPU seconds per step. Beside OUT_JSON lie *_all.npy (every learnware on the rows of all users) and
*_predictions.npz (each reuse method per user).
Nothing here is a re-implementation: what cannot run in PYTHON is reported as not run, with the reason.
"""

import os

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before any import that starts threads

import argparse
import contextlib
import importlib.util
import json
import logging
import math
import random
import sys
import time
import warnings
from pathlib import Path

import numpy as np

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # LightGBM ignores OMP_NUM_THREADS

import lightgbm
import torch
from learnware.learnware import Learnware
from learnware.market import BaseUserInfo
from learnware.market.easy import EasySearcher  # noqa: F401  (fails early when the package is not whole)
from learnware.market.easy.searcher import EasyStatSearcher
from learnware.model import BaseModel
from learnware.reuse import AveragingReuser, JobSelectorReuser
from learnware.specification import RKMETableSpecification, Specification

torch.set_num_threads(1)
logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")


class TreeModel(BaseModel):
    """A LightGBM text file as a reference model."""

    def __init__(self, path, classes):
        self.booster = lightgbm.Booster(model_file=str(path))
        super().__init__((self.booster.num_feature(),), (classes or 1,))

    def predict(self, X):
        return self.booster.predict(X, num_threads=1)


class Steps:
    """CPU seconds and counts per named step."""

    def __init__(self):
        self.seconds, self.counts = {}, {}

    @contextlib.contextmanager
    def __call__(self, name):
        started = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - started
            self.counts[name] = self.counts.get(name, 0) + 1

    def table(self):
        return {name: {"cpu_seconds": self.seconds[name], "count": self.counts[name]} for name in self.seconds}


def metric(task, predictions, truth):
    """Root mean squared error, or accuracy of the most probable class."""
    predictions = np.asarray(predictions, dtype="float64")
    if task == "classification":
        labels = predictions if predictions.ndim == 1 else np.argmax(predictions, axis=1)
        return float(np.mean(labels == truth))
    squares = (predictions.reshape(-1) - truth) ** 2
    return math.sqrt(math.fsum(squares.tolist()) / len(truth))  # an exact sum: both systems can agree to the last digit


def specification(x):
    """The reference's own specification of raw rows, with its defaults."""
    made = RKMETableSpecification()
    made.generate_stat_spec_from_data(x)
    return made


def build(folder, groups, classes, steps):
    """Wraps every group's model and train rows as a reference learnware."""
    learnwares = []
    for index, group in enumerate(groups):
        place = folder / group["folder"]
        x = np.load(place / "train.npy")
        with steps("specification_of_learnware"):
            statistical = specification(x)
        whole = Specification(semantic_spec={}, stat_spec={statistical.type: statistical})
        learnwares.append(Learnware(f"{index:08}", TreeModel(place / "model.txt", classes), whole, str(place)))
        progress("reference learnware", index + 1, len(groups))
    return learnwares


def progress(what, done, total):
    """One line on stderr per tenth of the work."""
    if done == total or done % max(1, total // 10) == 0:
        print(f"{what}: {done}/{total}", file=sys.stderr, flush=True)


def search(searcher, learnwares, statistical, max_search):
    """Returns (top one, members of the mixture or the top one alone, mixture score)."""
    info = BaseUserInfo(semantic_spec={}, stat_info={statistical.type: statistical})
    results = searcher(learnwares, info, max_search, "greedy")
    single = results.get_single_results()
    multiple = results.get_multiple_results()
    top = single[0].learnware
    members = multiple[0].learnwares if multiple else [top]
    return top, members


def reuse(name, top, members, x, y, task, steps, options):
    """Metrics of the reuse methods that need no labels; also their predictions."""
    mode = "vote_by_prob" if task == "classification" else "mean"
    out, predictions = {"top_one_id": top.id, "members": [member.id for member in members]}, {}
    with steps("top_one"):
        predictions["top_one"] = top.predict(x)
    with steps("averaging"):
        predictions["averaging"] = AveragingReuser(members, mode).predict(x)
    if options.job_selector:
        with steps("job_selector"):
            predictions["job_selector"] = JobSelectorReuser(members, herding_num=100).predict(x)
    out |= {method: metric(task, values, y) for method, values in predictions.items()}
    return out, {f"{name}/{method}": np.asarray(values) for method, values in predictions.items()}


def allow_recent_scikit_learn():
    """The reference passes arguments that scikit-learn renamed or dropped; translate, change nothing else."""
    import inspect

    from learnware.reuse import feature_augment

    def translated(original, renames):
        known = inspect.signature(original.__init__).parameters

        def make(**arguments):
            renamed = {renames.get(key, key): value for key, value in arguments.items()}
            return original(**{key: value for key, value in renamed.items() if key in known})

        return make

    feature_augment.RidgeCV = translated(feature_augment.RidgeCV, {"store_cv_values": "store_cv_results"})
    feature_augment.LogisticRegressionCV = translated(feature_augment.LogisticRegressionCV, {})


def with_labels(place, top, members, x, y, task, steps, plan, notes):
    """Feature augmentation on the top one and ensemble pruning on the mixture, for each labelled subset."""
    from learnware.reuse import EnsemblePruningReuser, FeatureAugmentReuser

    results = []
    for number, subset in enumerate(plan):
        with np.load(place / "labelled" / f"{number:04}.npz") as archive:
            few_x, few_y = archive["x"], archive["y"]
        row = {"size": subset["size"], "repeat": subset["repeat"], "rows": subset["rows"]}
        for method, make in (
            ("feature_augment", lambda: FeatureAugmentReuser([top], mode=task)),
            ("ensemble_pruning", lambda: EnsemblePruningReuser(list(members), mode=task)),
        ):
            if method in notes:
                continue
            try:
                with steps(method):
                    reuser = make()
                    if method == "ensemble_pruning" and len(members) == 1:
                        predictions = top.predict(x)  # as the reference's own experiments do
                    else:
                        reuser.fit(few_x.copy(), few_y.copy())
                        predictions = reuser.predict(x.copy())
                row[method] = metric(task, predictions, y)
            except (ValueError, TypeError) as error:
                row[f"{method}_error"] = str(error)[:200]
        results.append(row)
    return results


def run(folder, options):
    """Runs all users; returns (results, predictions)."""
    prepared = json.loads((folder / "prepared.json").read_text())
    task, groups = prepared["task"], prepared["groups"]
    steps, notes, saved, users = Steps(), {}, {}, []
    classes = len(prepared["classes"]) if prepared["classes"] else 0
    learnwares = build(folder, groups, classes, steps)
    searcher = EasyStatSearcher(organizer=None)
    plans = json.loads((folder / "self_trained.json").read_text()) if options.labelled else {}
    if options.labelled:
        allow_recent_scikit_learn()
        if importlib.util.find_spec("geatpy") is None:
            notes["ensemble_pruning"] = "not run: geatpy is not installed (it exists for Python before 3.11 only)"
    chosen, everything = groups[: options.users] if options.users else groups, []
    for index, group in enumerate(chosen):
        place = folder / group["folder"]
        x, y = np.load(place / "test.npy"), np.load(place / "test_y.npy")
        with steps("predictions_of_all"):
            every = [learnware.predict(x) for learnware in learnwares]
        everything.append(np.asarray(every, dtype="float64"))
        user = {"group": group["name"], "metrics_of_all": [metric(task, values, y) for values in every]}
        user["average_of_all"] = metric(task, np.mean(every, axis=0), y)
        with steps("specification_of_user"):
            statistical = specification(x)
        for market, absent in (("with_own", None), ("without_own", learnwares[index].id)):
            present = [learnware for learnware in learnwares if learnware.id != absent]
            if not present:
                continue
            with steps("search"):
                top, members = search(searcher, present, statistical, options.max_search)
            user[market], values = reuse(f"{index}/{market}", top, members, x, y, task, steps, options)
            saved |= values
            if options.labelled:
                plan = plans[group["name"]]
                user[market]["labelled"] = with_labels(place, top, members, x, y, task, steps, plan, notes)
        users.append(user)
        progress("reference user", index + 1, len(chosen))
    import learnware

    result = {"version": learnware.__version__, "seed": options.seed, "max_search": options.max_search,
              "users": users, "cpu": steps.table(), "notes": notes}
    saved["all"] = np.concatenate(everything, axis=1)
    return result, saved


def main():
    """Parses the arguments and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prepared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--max-search", type=int, default=5)
    parser.add_argument("--labelled", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--users", type=int, default=0, help="only the first N users")
    parser.add_argument("--no-job-selector", dest="job_selector", action="store_false")
    options = parser.parse_args()
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    result, saved = run(options.prepared, options)
    options.out.write_text(json.dumps(result))
    every = saved.pop("all")  # every learnware's predictions on the rows of all users, one after another
    np.save(options.out.with_name(options.out.stem + "_all.npy"), every.reshape(len(every), -1))
    np.savez(options.out.with_name(options.out.stem + "_predictions.npz"), **saved)


if __name__ == "__main__":
    main()
