"""Reads an experiment suite: which rows belong to whom, and for tables the feature columns.

A suite folder ROOT/suites/NAME holds suite.json and splits.npz; its data set is ROOT/DATASET, for tables with
grid.parquet, features_SPACE.parquet, feature_spaces.json and feature_scale.json. Only this documented
form is read, so suites that were never seen work the same way. Nothing is drawn at random here.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd


class SuiteError(Exception):
    """The suite or its data set is not of the documented form."""


def read(folder):
    """Returns (suite, splits, dataset_folder) of any suite."""
    folder = Path(folder)
    suite = json.loads((folder / "suite.json").read_text())
    if "dataset" not in suite:
        raise SuiteError(f"{folder / 'suite.json'} has no 'dataset'")
    with np.load(folder / "splits.npz") as archive:
        splits = {key: archive[key] for key in archive.files}
    return suite, splits, folder.parent.parent / suite["dataset"]


def only_file(dataset, ending):
    """The one file of a data set with this ending."""
    found = sorted(dataset.glob(f"*{ending}"))
    if len(found) != 1:
        raise SuiteError(f"{dataset} has {len(found)} files *{ending}, not one")
    return found[0]


def load(folder):
    """Returns (suite, splits, dataset_folder); refuses a suite that is not tabular."""
    suite, splits, dataset = read(folder)
    if "groups" not in suite:
        raise SuiteError(f"{folder}: suite.json has no 'groups', so it is not a suite of tables")
    for key in ("train_rows", "train_off", "test_rows", "test_off"):
        if key not in splits:
            raise SuiteError(f"{folder / 'splits.npz'} has no array '{key}'")
    if len(splits["train_off"]) != len(suite["groups"]) + 1:
        raise SuiteError(f"{folder}: {len(suite['groups'])} groups, but {len(splits['train_off'])} offsets")
    if not (dataset / "grid.parquet").is_file():
        raise SuiteError(f"data set {dataset} has no grid.parquet")
    return suite, splits, dataset


def feature_spaces(dataset):
    """Returns the feature spaces of a data set: {name: [columns]}, in the order of the file."""
    return json.loads((dataset / "feature_spaces.json").read_text())


def features(dataset, space, standardise):
    """Returns (float32 matrix over all rows, column names) of one feature space."""
    table = pd.read_parquet(dataset / f"features_{space}.parquet")
    columns = feature_spaces(dataset)[space]
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise SuiteError(f"features_{space}.parquet lacks the columns {missing}")
    values = table[columns].to_numpy(dtype="float64")
    if standardise:
        scale = json.loads((dataset / "feature_scale.json").read_text())[space]
        mean = dict(zip(scale["columns"], scale["mean"]))
        std = dict(zip(scale["columns"], scale["std"]))
        divisor = np.array([std[name] for name in columns])
        divisor = np.where(divisor > 0, divisor, 1.0)  # a constant column stays constant
        values = (values - np.array([mean[name] for name in columns])) / divisor
    values = values.astype("float32")
    if not np.isfinite(values).all():
        bad = [columns[j] for j in np.flatnonzero(~np.isfinite(values).all(axis=0))]
        raise SuiteError(f"features_{space}.parquet has missing or infinite values in {bad}")
    return values, columns


def target(dataset, suite):
    """Returns (task, float64 targets, class names or None).

    Text, boolean and categorical targets, and suites that say so, are classification.
    """
    y = pd.read_parquet(dataset / "grid.parquet", columns=["y"])["y"]
    says = str(suite.get("task", "")).lower()
    if says == "classification" or not pd.api.types.is_numeric_dtype(y) or pd.api.types.is_bool_dtype(y):
        classes = sorted(y.unique().tolist())
        number = {name: index for index, name in enumerate(classes)}
        return "classification", y.map(number).to_numpy(dtype="float64"), [str(name) for name in classes]
    return "regression", y.to_numpy(dtype="float64"), None


def rows(splits, part, group):
    """Row numbers of one group's 'train' or 'test' part."""
    start, end = splits[f"{part}_off"][group], splits[f"{part}_off"][group + 1]
    return splits[f"{part}_rows"][start:end]


def labelled(suite, splits, group):
    """Labelled subsets of one group: [(size, repeat, positions into its own train rows)]."""
    if "labeled_pos" not in splits:
        return []
    count = int(splits["subsets_per_user"][group])
    first = int(np.sum(splits["subsets_per_user"][:group]))
    if len(plan_of(suite)) < count:
        raise SuiteError(f"group {group} has {count} labelled subsets, but the plan names {len(plan_of(suite))}")
    return subsets_from(suite, splits, first, count)


def subsets(suite, splits, user):
    """The same where every user has the whole plan."""
    count = len(plan_of(suite))
    return subsets_from(suite, splits, user * count, count)


def plan_of(suite):
    """(size, repeat) of a user's labelled subsets, in order."""
    return [(size, repeat) for size, times in zip(suite["n_labeled"], suite["repeats"]) for repeat in range(times)]


def subsets_from(suite, splits, first, count):
    """`count` labelled subsets from number `first` on."""
    offsets, found = splits["labeled_off"], []
    for k, (size, repeat) in zip(range(first, first + count), plan_of(suite)):
        found.append((int(size), int(repeat), splits["labeled_pos"][offsets[k] : offsets[k + 1]]))
    return found


def finish(work, final, description, self_trained=None):
    """Writes what describes prepared data, then gives the folder its final name, which is returned."""
    if self_trained is not None:
        (work / "self_trained.json").write_text(json.dumps(self_trained))
    (work / "prepared.json").write_text(json.dumps(description, indent=1))
    work.rename(final)
    return final


def run(prepare):
    """Prints the folder that `prepare` makes; a suite of another form ends with one line and exit code 2."""
    try:
        print(prepare())
    except (SuiteError, FileNotFoundError) as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        sys.exit(2)
