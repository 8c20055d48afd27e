"""Prepares a heterogeneous suite: learnwares in several feature spaces, users in another one.

    prepare_hetero.py SUITE.json OUT_ROOT [--lite] [--full] [--raw] [--users N] [--repeats N] [--labelled]

The file names a `market` (a list of parts) and `users` (one part or a list); a part is a data set, a feature space
and a suite folder with its groups. Every group of a market part is a developer: one LightGBM model of its train
rows. Every group of a users part is a user with its test rows and, with --labelled and where the file names
`n_labeled`, labelled subsets of its train rows.

Writes OUT_ROOT/<key>/ with prepared.json and, per learnware, train.npy, train.parquet (features with their names)
and model.txt; per user test.npy, test.parquet, test_y.npy and labelled/<index>.parquet (features and column `y`)
and .npz. self_trained.json holds for every subset what needs no learnware: the self-trained model and the controls
of controls.py.

--lite: of market parts with more than 40 groups every fourth group; with labels, of the users' groups the first of
each name before "_", and at most 500 labelled rows.
The key is a hash of every input, so a second run finds the work done. The folder's path is printed last.
"""

import argparse
import hashlib
import json
import shutil
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np

import controls
import prepare_table as tables
import suite as suites

LITE_ROWS = 500  # labelled rows at most
LITE_GROUPS = 40  # parts with more groups are thinned


def parts(value):
    """One part or a list of them."""
    return value if isinstance(value, list) else [value]


class Space:
    """One part of the file: a suite's groups in one feature space."""

    def __init__(self, root, part, standardise):
        for key in ("dataset", "features", "groups"):
            if key not in part:
                raise suites.SuiteError(f"a part of the suite has no '{key}': {part}")
        self.name, self.dataset = part["features"], part["dataset"]
        self.suite, self.splits, folder = suites.load(root / part["groups"])
        self.values, self.columns = suites.features(folder, self.name, standardise)
        self.task, self.y, classes = suites.target(folder, self.suite)
        self.groups = [str(name) for name in self.suite["groups"]]
        if self.task != "regression":
            raise suites.SuiteError(f"{part['groups']}: heterogeneous suites are of regression, not {self.task}")

    def rows(self, part, group):
        """(features, targets) of a group's part."""
        rows = suites.rows(self.splits, part, group)
        return self.values[rows], self.y[rows]


def thinned(space):
    """The groups of a market part that the lite form keeps."""
    count = len(space.groups)
    return range(0, count - 1, 4) if count > LITE_GROUPS else range(count)


def first_of_each(space):
    """The first group of each name before the underscore."""
    seen = {}
    for group, name in enumerate(space.groups):
        seen.setdefault(name.split("_")[0], group)
    return list(seen.values())


def key_of(path, file, arguments):
    """A hash over every input of the preparation."""
    digest = hashlib.sha256(path.read_bytes())
    for part in parts(file["market"]) + parts(file["users"]):
        folder = path.parent / part["groups"]
        data = path.parent.parent / part["dataset"]
        for one in (folder / "suite.json", folder / "splits.npz", data / "grid.parquet",
                    data / f"features_{part['features']}.parquet", data / "feature_scale.json"):
            digest.update(hashlib.sha256(one.read_bytes()).digest() if one.exists() else b"absent")
    vocabulary = path.parent / "feature_vocab.txt"
    digest.update(vocabulary.read_bytes() if vocabulary.is_file() else b"absent")
    for script in (__file__, suites.__file__, tables.__file__, controls.__file__):
        digest.update(Path(script).read_bytes())
    words = [arguments.lite, arguments.full, arguments.raw, arguments.users, arguments.repeats, arguments.labelled]
    digest.update(json.dumps([words, lightgbm.__version__]).encode())
    return digest.hexdigest()[:16]


def learnware(place, space, group, recipe):
    """Trains and writes one developer's model."""
    place.mkdir()
    x, y = space.rows("train", group)
    np.save(place / "train.npy", x)
    tables.write_table(place / "train.parquet", x, space.columns)
    names = [f"column_{j}" for j in range(len(space.columns))]
    data = lightgbm.Dataset(x, y, feature_name=names)
    booster = lightgbm.train(tables.parameters(recipe, space.task, 0), data, num_boost_round=recipe["rounds"])
    booster.save_model(place / "model.txt")
    return {"name": f"{space.dataset} {space.name} {space.groups[group]}", "folder": place.name,
            "dataset": space.dataset, "space": space.name, "group": space.groups[group],
            "columns": space.columns, "train": len(y)}


def user(place, space, group, plan, recipe, seed):
    """Writes one user's rows and subsets; returns (description, what needs no learnware for each subset)."""
    place.mkdir()
    test_x, test_y = space.rows("test", group)
    np.save(place / "test.npy", test_x)
    np.save(place / "test_y.npy", test_y)
    tables.write_table(place / "test.parquet", test_x, space.columns)
    results = []
    if plan:
        (place / "labelled").mkdir()
    train_x, train_y = space.rows("train", group)
    for number, (size, repeat, positions) in enumerate(plan):
        positions = positions.astype("int64")
        x, y = train_x[positions], train_y[positions]
        tables.write_table(place / "labelled" / f"{number:04}.parquet", x, space.columns, y)
        np.savez(place / "labelled" / f"{number:04}.npz", x=x, y=y)
        own = tables.self_trained(x, y, recipe, space.task, 0, test_x)
        without = controls.all_of(x, y, test_x, np.random.RandomState([seed, number]))
        results.append({
            "size": size, "repeat": repeat, "rows": len(y), "metric": tables.metric(space.task, own, test_y),
            "controls": {name: tables.metric(space.task, values, test_y) for name, values in without.items()},
        })
    name = f"{space.name} {space.groups[group]}"
    return {"name": name, "folder": place.name, "learnware": None, "dataset": space.dataset, "space": space.name,
            "group": space.groups[group], "columns": space.columns, "test": len(test_y)}, results


def subsets(space, group, arguments):
    """The labelled subsets that are asked for."""
    found = suites.labelled(space.suite, space.splits, group)
    return [one for one in found if not (arguments.lite and one[0] > LITE_ROWS)
            and not (arguments.repeats and one[1] >= arguments.repeats)]


def prepare(path, out_root, arguments):
    """Does the work unless it is done, and returns the prepared folder."""
    file = json.loads(path.read_text())
    for key in ("market", "users"):
        if not file.get(key):
            raise suites.SuiteError(f"{path} names no '{key}', so it is not a heterogeneous suite")
    recipe = tables.FULL if arguments.full else tables.LIGHT
    labelled = arguments.labelled and "n_labeled" in file
    lite = "-lite" if arguments.lite else ""
    final = out_root / f"{path.stem}{lite}-{key_of(path, file, arguments)}"
    if (final / "prepared.json").is_file():
        return final
    work = final.with_name(final.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    started, learnwares, users, self_trained = time.process_time(), [], [], {}
    for part in parts(file["market"]):
        space = Space(path.parent, part, not arguments.raw)
        for group in thinned(space) if arguments.lite else range(len(space.groups)):
            place = work / f"learnware_{len(learnwares):04}"
            learnwares.append(learnware(place, space, group, recipe))
        print(f"prepared {len(learnwares)} learnwares", file=sys.stderr, flush=True)
    for part in parts(file["users"]):
        space = Space(path.parent, part, not arguments.raw)
        thin = arguments.lite and "n_labeled" in file
        for group in first_of_each(space) if thin else range(len(space.groups)):
            if arguments.users and len(users) == arguments.users:
                break
            plan = subsets(space, group, arguments) if labelled else []
            one, results = user(work / f"user_{len(users):04}", space, group, plan, recipe, len(users))
            users.append(one)
            self_trained[one["name"]] = results
            print(f"prepared {len(users)} users", file=sys.stderr, flush=True)
    vocabulary = path.parent / "feature_vocab.txt"
    spaces = sorted({one["space"] for one in learnwares})
    description = {
        "kind": "table", "heterogeneous": True, "suite": path.stem, "lite": arguments.lite, "task": "regression",
        "classes": None, "labels_in_suite": "n_labeled" in file, "labelled": labelled, "recipe": recipe,
        "standardised": not arguments.raw, "vocabulary": str(vocabulary) if vocabulary.is_file() else None,
        "about": f"{tables.about(arguments)} Learnwares in the feature spaces {', '.join(spaces)}; users in "
        f"{', '.join(sorted({one['space'] for one in users}))}.",
        "learnwares": learnwares, "users": users, "lightgbm": lightgbm.__version__,
        "cpu_seconds": time.process_time() - started,
    }
    return suites.finish(work, final, description, self_trained if labelled else None)


def main():
    """Parses the arguments; a suite of another form ends with one line and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", type=Path)
    parser.add_argument("out_root", type=Path)
    parser.add_argument("--lite", action="store_true", help="a market and users that two cores can run")
    parser.add_argument("--full", action="store_true", help="the published recipe: 127 leaves, 1,000 rounds")
    parser.add_argument("--raw", action="store_true", help="leave the columns unscaled")
    parser.add_argument("--labelled", action="store_true", help="write labelled subsets and train on each")
    parser.add_argument("--users", type=int, default=0, help="only the first N users")
    parser.add_argument("--repeats", type=int, default=0, help="only the first N labelled subsets of each size")
    arguments = parser.parse_args()
    suites.run(lambda: prepare(arguments.suite.resolve(), arguments.out_root.resolve(), arguments))


if __name__ == "__main__":
    main()
