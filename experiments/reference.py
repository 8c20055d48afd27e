"""Runs the reference package (`learnware`) on prepared learnwares and users.

    PYTHON reference.py PREPARED_FOLDER OUT_JSON [--max-search N] [--labelled] [--seed N] [--users N] [--repeats N]

PYTHON must have `learnware[full]` and lightgbm, for images onnxruntime too. The same model files, the same
examples: each model is wrapped as a reference learnware with a specification made by the reference itself
from the training examples; each user makes one from the test examples and searches with EasyStatSearcher.
Everything is measured on one core, as CPU seconds per step. Beside OUT_JSON lie *_all.npy (every learnware on
the test examples of all users) and *_predictions.npz (each reuse method per user).
Nothing here is a re-implementation: what cannot run in PYTHON is reported as not run, with the reason. Two things
are not as the reference would do them, and the notes say so: texts are embedded by the suite's stored rows
(its own embedder is a download), image specifications are made with reduced settings (minutes for each).
"""

import os

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before any import that starts threads

import argparse
import contextlib
import copy
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

from reference_kinds import KINDS

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # LightGBM ignores OMP_NUM_THREADS

import torch
from learnware.learnware import Learnware
from learnware.market import BaseUserInfo
from learnware.market.easy import EasySearcher  # noqa: F401  (fails early when the package is not whole)
from learnware.market.easy.searcher import EasyStatSearcher
from learnware.reuse import AveragingReuser, JobSelectorReuser
from learnware.specification import Specification

torch.set_num_threads(1)
logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")


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


def build(kind, folder, prepared, steps):
    """Wraps every model and its training examples as a reference learnware."""
    learnwares, listed = [], prepared["learnwares"]
    classes = len(prepared["classes"]) if prepared["classes"] else 0
    for index, one in enumerate(listed):
        place = folder / one["folder"]
        x = kind.specified(place, "train")
        with steps("specification_of_learnware"):
            statistical = kind.specification(x)
        whole = Specification(semantic_spec={}, stat_spec={statistical.type: statistical})
        learnwares.append(Learnware(f"{index:08}", kind.model(place, classes), whole, str(place)))
        progress("reference learnware", index + 1, len(listed))
    return learnwares


def progress(what, done, total):
    """One line on stderr per tenth of the work."""
    if done == total or done % max(1, total // 10) == 0:
        print(f"{what}: {done}/{total}", file=sys.stderr, flush=True)


def search(searcher, learnwares, statistical, max_search, method="greedy"):
    """Returns (top one, members of the mixture or the top one alone, mixture score)."""
    info = BaseUserInfo(semantic_spec={}, stat_info={statistical.type: statistical})
    results = searcher(learnwares, info, max_search, method)
    single = results.get_single_results()
    multiple = results.get_multiple_results()
    top = single[0].learnware
    members = multiple[0].learnwares if multiple else [top]
    return top, members


def reuse(name, kind, top, members, x, y, task, steps):
    """Metrics of the reuse methods that need no labels; also their predictions."""
    mode = kind.averaging if task == "classification" else "mean"
    out, predictions = {"top_one_id": top.id, "members": [member.id for member in members]}, {}
    with steps("top_one"):
        predictions["top_one"] = top.predict(x)
    with steps("averaging"):
        predictions["averaging"] = AveragingReuser(members, mode).predict(x)
    with steps("job_selector"):
        selector = JobSelectorReuser(members, herding_num=100, use_herding=kind.herding)
        predictions["job_selector"] = selector.predict(x)
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


def with_labels(kind, place, top, members, x, y, task, steps, plan, repeats, notes):
    """Feature augmentation on the top one and ensemble pruning on the mixture, for each labelled subset."""
    from learnware.reuse import EnsemblePruningReuser, FeatureAugmentReuser

    results = []
    for number, subset in enumerate(plan):
        if repeats and subset["repeat"] >= repeats:
            continue
        few_x, few_y = kind.labelled(place, number)
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
                        reuser.fit(copy.copy(few_x), few_y.copy())
                        predictions = reuser.predict(copy.copy(x))
                row[method] = metric(task, predictions, y)
            except (ValueError, TypeError) as error:
                row[f"{method}_error"] = str(error)[:200]
        results.append(row)
    return results


def labelled_notes(kind):
    """The methods with labels that do not run here, and why."""
    notes = {}
    if importlib.util.find_spec("geatpy") is None:
        notes["ensemble_pruning"] = "not run: geatpy is not installed (it exists for Python before 3.11 only)"
    if kind.name != "table":
        notes["feature_augment"] = "not run: it learns from rows of tables"
    return notes


def run(folder, options):
    """Runs all users; returns (results, predictions)."""
    prepared = json.loads((folder / "prepared.json").read_text())
    task, kind = prepared["task"], KINDS[prepared["kind"]](folder)
    steps, saved, users = Steps(), {}, []
    learnwares = build(kind, folder, prepared, steps)
    searcher = EasyStatSearcher(organizer=None)
    plans = json.loads((folder / "self_trained.json").read_text()) if options.labelled else {}
    notes = dict(kind.notes)
    if options.labelled:
        allow_recent_scikit_learn()
        notes |= labelled_notes(kind)
    chosen = prepared["users"][: options.users] if options.users else prepared["users"]
    x = kind.examples(folder, "all_test")
    with steps("predictions_of_all"):
        everything = np.stack([kind.scores(learnware.predict(x)) for learnware in learnwares])
    for index, user in enumerate(chosen):
        place = folder / user["folder"]
        x, y = kind.examples(place, "test"), np.load(place / "test_y.npy")
        every = everything[:, np.load(place / "places.npy").astype("int64")]
        result = {"group": user["name"], "own": user["learnware"]}
        result["metrics_of_all"] = [metric(task, values, y) for values in every]
        result["average_of_all"] = metric(task, np.mean(every, axis=0), y)
        with steps("specification_of_user"):
            statistical = kind.specification(kind.specified(place, "test"))
        with steps("distances_of_all"):
            name = statistical.type
            result["distances"] = [
                float(statistical.dist(learnware.specification.get_stat_spec_by_name(name))) for learnware in learnwares
            ]
        own = None if user["learnware"] is None else learnwares[user["learnware"]].id
        for market, absent in (("with_own", None), ("without_own", own)):
            present = [learnware for learnware in learnwares if learnware.id != absent]
            if not present or (market == "without_own" and own is None):
                continue
            with steps("search"):
                top, members = search(searcher, present, statistical, options.max_search)
            result[market], values = reuse(f"{index}/{market}", kind, top, members, x, y, task, steps)
            saved |= values
            if options.labelled:
                plan = plans[user["name"]]
                result[market]["labelled"] = with_labels(
                    kind, place, top, members, x, y, task, steps, plan, options.repeats, notes
                )
        users.append(result)
        progress("reference user", index + 1, len(chosen))
    import learnware

    whole = {"version": learnware.__version__, "seed": options.seed, "max_search": options.max_search,
             "users": users, "cpu": steps.table(), "notes": notes}
    saved["all"] = everything
    return whole, saved


def main():
    """Parses the arguments and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prepared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--max-search", type=int, default=5)
    parser.add_argument("--labelled", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--users", type=int, default=0, help="only the first N users")
    parser.add_argument("--repeats", type=int, default=0, help="only the first N labelled subsets of each size")
    options = parser.parse_args()
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    result, saved = run(options.prepared, options)
    options.out.write_text(json.dumps(result))
    every = saved.pop("all")  # every learnware's predictions on the test examples of all users
    np.save(options.out.with_name(options.out.stem + "_all.npy"), every.reshape(len(every), -1))
    np.savez(options.out.with_name(options.out.stem + "_predictions.npz"), **saved)


if __name__ == "__main__":
    main()
