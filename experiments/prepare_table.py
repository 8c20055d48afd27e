"""Prepares one suite in one feature space: data per group, one LightGBM model per group, self-trained baselines.

    prepare_table.py SUITE_FOLDER SPACE OUT_ROOT [--raw] [--full] [--labelled]

Every group is a developer and a user. Writes OUT_ROOT/<key>/ with prepared.json, all_test.parquet and
all_test.npy (the test rows of all groups) and, per group, train.npy, test.npy (float32), train_y.npy,
test_y.npy (float64), places.npy (where its test rows are in all_test), train.parquet and test.parquet
(features only, named columns) and model.txt.
With --labelled also labelled/<index>.parquet (features and column `y`) and self_trained.json.
The key is a hash of every input, so a second run finds the work done. The folder's path is printed last.
Training is single-threaded and seeded: the same inputs give the same model files.
"""

import argparse
import hashlib
import json
import math
import shutil
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow
import pyarrow.parquet

import suite as suites

LIGHT = {"num_leaves": 31, "learning_rate": 0.1, "rounds": 80}
FULL = {"num_leaves": 127, "learning_rate": 0.01, "rounds": 1000}
LABELS = "y"  # the name of the label column in labelled/*.parquet


def parameters(recipe, task, class_count):
    """LightGBM parameters: the published recipe, with the sizes of `recipe`."""
    chosen = {
        "objective": "regression",
        "metric": "rmse",
        "num_leaves": recipe["num_leaves"],
        "learning_rate": recipe["learning_rate"],
        "feature_fraction": 0.75,
        "bagging_fraction": 0.75,
        "bagging_freq": 5,
        "seed": 1,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    if task == "classification":
        chosen |= {"objective": "multiclass", "metric": "multi_logloss", "num_class": class_count}
    return chosen


def metric(task, predictions, truth):
    """Root mean squared error, or accuracy of the most probable class."""
    if task == "classification":
        return float(np.mean(np.argmax(predictions, axis=1) == truth))
    return float(np.sqrt(np.mean((predictions - truth) ** 2)))


def self_trained(x, y, recipe, task, class_count, test_x):
    """Trains on 80 % of the labelled rows, stops early on the other 20 %, and predicts the test rows."""
    order = np.random.RandomState(42).permutation(len(y))
    held_out = math.ceil(0.2 * len(y))
    valid, train = order[:held_out], order[held_out:]
    if task == "regression" and (len(train) == 0 or np.all(y[train] == y[train][0])):
        return np.full(len(test_x), y.mean())
    options = {"free_raw_data": False}
    training = lightgbm.Dataset(x[train], y[train], **options)
    booster = lightgbm.train(
        parameters(recipe, task, class_count),
        training,
        num_boost_round=recipe["rounds"],
        valid_sets=[lightgbm.Dataset(x[valid], y[valid], reference=training, **options)],
        callbacks=[lightgbm.early_stopping(recipe["rounds"], verbose=False)],
    )
    return booster.predict(test_x, num_iteration=booster.best_iteration)


def write_table(path, values, columns, labels=None):
    """Writes float32 features with their names, and the labels as a last column if given."""
    arrays = [pyarrow.array(np.ascontiguousarray(values[:, j])) for j in range(values.shape[1])]
    names = list(columns)
    if labels is not None:
        arrays.append(pyarrow.array(labels))
        names.append(LABELS)
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=names), path)


def key_of(folder, dataset, space, recipe, arguments):
    """A hash over every input of the preparation."""
    digest = hashlib.sha256()
    for path in (
        folder / "suite.json",
        folder / "splits.npz",
        dataset / "grid.parquet",
        dataset / f"features_{space}.parquet",
        dataset / "feature_spaces.json",
        dataset / "feature_scale.json",
        Path(__file__),
        Path(suites.__file__),
    ):
        digest.update(hashlib.sha256(path.read_bytes()).digest() if path.exists() else b"absent")
    digest.update(json.dumps([space, recipe, arguments.raw, arguments.labelled, lightgbm.__version__]).encode())
    return digest.hexdigest()[:16]


def about(arguments):
    """What the learnwares are, for the report."""
    recipe = "1,000 rounds, 127 leaves" if arguments.full else "80 rounds, 31 leaves"
    columns = "raw columns" if arguments.raw else "columns standardised by feature_scale.json"
    return f"Each learnware: LightGBM ({recipe}) on the train rows of a group; {columns}."


def prepare(folder, space, out_root, arguments):
    """Does the work unless it is done, and returns the prepared folder."""
    suite, splits, dataset = suites.load(folder)
    spaces = suites.feature_spaces(dataset)
    if space not in spaces:
        raise suites.SuiteError(f"feature space '{space}' is not one of {sorted(spaces)}")
    recipe = FULL if arguments.full else LIGHT
    final = out_root / f"{folder.name}-{space}-{key_of(folder, dataset, space, recipe, arguments)}"
    if (final / "prepared.json").is_file():
        return final
    work = final.with_name(final.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    values, columns = suites.features(dataset, space, not arguments.raw)
    task, y, classes = suites.target(dataset, suite)
    class_count = len(classes) if classes else 0
    started, groups, baselines, all_test = time.process_time(), [], {}, []
    for index, name in enumerate(suite["groups"]):
        place = work / f"group_{index:04}"
        place.mkdir()
        parts = {part: suites.rows(splits, part, index) for part in ("train", "test")}
        for part, rows in parts.items():
            np.save(place / f"{part}.npy", values[rows])
            np.save(place / f"{part}_y.npy", y[rows])
            write_table(place / f"{part}.parquet", values[rows], columns)
        train_x, train_y, test_x = values[parts["train"]], y[parts["train"]], values[parts["test"]]
        training = lightgbm.Dataset(train_x, train_y, feature_name=[f"column_{j}" for j in range(len(columns))])
        booster = lightgbm.train(parameters(recipe, task, class_count), training, num_boost_round=recipe["rounds"])
        booster.save_model(place / "model.txt")
        np.save(place / "places.npy", np.arange(len(test_x), dtype="float64") + sum(map(len, all_test)))
        all_test.append(test_x)
        groups.append({"name": str(name), "folder": place.name, "learnware": index,
                       "train": len(train_y), "test": len(test_x)})
        if arguments.labelled:
            (place / "labelled").mkdir()
            results = []
            for number, (size, repeat, positions) in enumerate(suites.labelled(suite, splits, index)):
                positions = positions.astype("int64")
                x, labels = train_x[positions], train_y[positions]
                write_table(place / "labelled" / f"{number:04}.parquet", x, columns, labels)
                np.savez(place / "labelled" / f"{number:04}.npz", x=x, y=labels)
                before = time.process_time()
                predictions = self_trained(x, labels, recipe, task, class_count, test_x)
                results.append({
                    "size": size, "repeat": repeat, "rows": len(positions),
                    "metric": metric(task, predictions, y[parts["test"]]),
                    "cpu_seconds": time.process_time() - before,
                })
            baselines[str(name)] = results
        print(f"prepared {folder.name} {space}: {index + 1}/{len(suite['groups'])}", file=sys.stderr, flush=True)
    write_table(work / "all_test.parquet", np.concatenate(all_test), columns)
    np.save(work / "all_test.npy", np.concatenate(all_test))
    description = {
        "kind": "table", "about": about(arguments), "suite": folder.name, "dataset": suite["dataset"],
        "space": space, "columns": columns,
        "standardised": not arguments.raw, "task": task, "classes": classes, "recipe": recipe,
        "labelled": arguments.labelled, "lightgbm": lightgbm.__version__, "learnwares": groups, "users": groups,
        "cpu_seconds": time.process_time() - started,
    }
    return suites.finish(work, final, description, baselines if arguments.labelled else None)


def main():
    """Parses the arguments; a suite of another form ends with one line and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", type=Path)
    parser.add_argument("space")
    parser.add_argument("out_root", type=Path)
    parser.add_argument("--raw", action="store_true", help="leave the columns unscaled")
    parser.add_argument("--full", action="store_true", help="the published recipe: 127 leaves, 1,000 rounds")
    parser.add_argument("--labelled", action="store_true", help="write labelled subsets and train on each")
    arguments = parser.parse_args()
    suites.run(lambda: prepare(arguments.suite.resolve(), arguments.space, arguments.out_root.resolve(), arguments))


if __name__ == "__main__":
    main()
