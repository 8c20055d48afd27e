"""A market that grows: the loss of users' first learnware, by distance and by what evolution learned, at every size.

    growing_market.py SUITE_FOLDER SPACE OUT_FOLDER LEARNWARE_BINARY [--sizes 20,50,100,200,500,1000] [--seed 0]

Each learnware is a LightGBM model (80 rounds, 31 leaves) of a random part of a random group's train rows, packed and
submitted by the binary; each user is the test rows of a group. After each size the dock evolves; the users' specifications
are searched under `--rank distance` and `--rank capability`, and the model of the first learnware is asked about the user's
rows. Writes OUT_FOLDER/results.json and prints a table. Needs numpy, pandas, pyarrow, lightgbm.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np

import suite as suites
from prepare_table import LIGHT, parameters, write_table


class Market:
    """A dock in a folder, with the models of its learnwares by id."""

    def __init__(self, binary, out):
        self.binary, self.dock, self.out = binary, out / "dock", out
        self.models = {}

    def call(self, *words):
        command = [self.binary, *map(str, words), "--dock", str(self.dock), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        return json.loads(done.stdout)

    def add(self, number, values, labels, columns):
        """Trains, packs and submits a learnware."""
        names = [f"column_{place}" for place in range(len(columns))]
        training = lightgbm.Dataset(values, labels, feature_name=names)
        booster = lightgbm.train(parameters(LIGHT, "regression", 0), training, num_boost_round=LIGHT["rounds"])
        write_table(self.out / "train.parquet", values, columns)
        self.submit(booster, "--task", "regression", "--name", f"Part {number}")

    def submit(self, booster, *words):
        """Packs a model with the table that lies in train.parquet, submits it, and returns its id."""
        model, table, package = (self.out / name for name in ("model.txt", "train.parquet", "package.zip"))
        booster.save_model(model)
        pack = [self.binary, "pack", model, "--data", table, *words, "--license", "mit", "-o", package]
        subprocess.run(list(map(str, pack)), check=True, capture_output=True)
        found = self.call("submit", package)["id"]
        self.models[found] = booster
        return found


def part(rows, draw):
    """A random part of rows: mostly a stretch of them, now and then some at random."""
    if draw.uniform() < 1 / 3:
        return draw.choice(rows, max(60, int(len(rows) * draw.uniform(0.02, 0.3))), replace=False)
    length = max(60, int(len(rows) * draw.uniform(0.05, 0.6)))
    begin = draw.randint(0, len(rows) - length + 1)
    return rows[begin : begin + length]


def losses(market, users, ranking):
    """RMSE of each user's first learnware."""
    found = []
    for specification, values, labels in users:
        answer = market.call("search", "--spec", specification, "--rank", ranking, "--mixture", "none", "--limit", 1)
        predictions = market.models[answer["single"][0]["id"]].predict(values)
        found.append(float(np.sqrt(np.mean((predictions - labels) ** 2))))
    return np.array(found)


def main():
    """Grows the market and measures after each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", type=Path)
    parser.add_argument("space")
    parser.add_argument("out", type=Path)
    parser.add_argument("binary")
    parser.add_argument("--sizes", default="20,50,100,200,500,1000")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    suite, splits, dataset = suites.load(arguments.suite)
    values, columns = suites.features(dataset, arguments.space, True)
    _, labels, _ = suites.target(dataset, suite)
    labels = np.asarray(labels, dtype="float64")
    arguments.out.mkdir(parents=True, exist_ok=True)
    market, draw = Market(arguments.binary, arguments.out), np.random.RandomState(arguments.seed)
    users = []
    for group in range(len(suite["groups"])):
        rows = suites.rows(splits, "test", group)
        table, specification = arguments.out / "user.parquet", arguments.out / f"user_{group}.json"
        write_table(table, values[rows], columns)
        made = [arguments.binary, "spec", table, "-o", specification]
        subprocess.run(list(map(str, made)), check=True, capture_output=True)
        users.append((specification, values[rows], labels[rows]))
    results, count = [], 0
    for size in map(int, arguments.sizes.split(",")):
        while count < size:
            rows = part(suites.rows(splits, "train", draw.randint(len(suite["groups"]))), draw)
            market.add(count, values[rows], labels[rows], columns)
            count += 1
        begun = time.time()
        evolution = market.call("evolve")
        seconds = time.time() - begun
        distance, capability = (losses(market, users, ranking) for ranking in ("distance", "capability"))
        gain = distance - capability
        row = {
            "learnwares": size, "state": evolution["state"], "seconds": seconds,
            "by_distance": distance.mean(), "by_capability": capability.mean(),
            "gain": gain.mean(), "error": gain.std() / len(gain) ** 0.5,
        }
        results.append(row)
        print("  ".join(f"{key} {value if isinstance(value, (str, int)) else round(value, 4)}" for key, value in row.items()),
              file=sys.stderr, flush=True)
        (arguments.out / "results.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
