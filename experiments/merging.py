"""Two learnwares made into one: what `learnware merge` says and refuses, and what the merged model answers.

    merging.py SUITE_FOLDER SPACE OUT_FOLDER LEARNWARE_BINARY [--pairs 12] [--seed 0]

Each pair takes the train rows of two groups of the suite; both test sets together are what is judged. Models: boosted trees
(LightGBM), a ridge behind its own scaler, networks of two hidden layers trained on from a common start (that of a third
group), and networks of different starts (scikit-learn, written as ONNX). For each pair: part of what a constant loses that
the merged model is off by, whether it was refused, and RMSE of the merged model, of the members' average and of the best
member. Writes OUT_FOLDER/results.json and prints a table. Needs numpy, pandas, pyarrow, lightgbm, scikit-learn, skl2onnx.
"""

import argparse
import copy
import json
import subprocess
import warnings
from pathlib import Path

import lightgbm
import numpy as np
from skl2onnx import to_onnx
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import suite as suites
from prepare_table import LIGHT, parameters, write_table

KINDS = ["trees", "ridge", "networks, common start", "networks, other starts"]


def network(seed):
    """A network whose training can go on."""
    return MLPRegressor(hidden_layer_sizes=(32, 32), max_iter=60, learning_rate_init=0.003, random_state=seed, warm_start=True)


def trained(kind, own, values, labels, start):
    """A model file of one group's rows."""
    if kind == "trees":
        booster = lightgbm.train(parameters(LIGHT, "regression", 0), lightgbm.Dataset(values, labels),
                                 num_boost_round=LIGHT["rounds"])
        return "model.txt", booster.model_to_string().encode()
    if kind == "ridge":
        model = make_pipeline(StandardScaler(), Ridge(1.0)).fit(values, labels)
    elif kind == "networks, common start":
        model = copy.deepcopy(start).set_params(max_iter=15).fit(values, labels)
    else:
        model = network(100 + own).fit(values, labels)
    return "model.onnx", to_onnx(model, values[:1].astype("float32"), target_opset=17).SerializeToString()


class Command:
    """The built command in a folder."""

    def __init__(self, binary, out):
        self.binary, self.out = str(Path(binary).resolve()), out

    def call(self, *words):
        done = subprocess.run([self.binary, *map(str, words)], cwd=self.out, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def pack(self, name, file, model, values, labels, columns):
        (self.out / file).write_bytes(model)
        write_table(self.out / "train.parquet", values, columns, labels)
        code, _, said = self.call("pack", file, "--data", "train.parquet", "--labels", "y", "--task", "regression",
                                  "--name", f"Part {name}", "--license", "mit", "-o", f"{name}.zip")
        if code:
            raise RuntimeError(said)

    def rmse(self, truth, *words):
        code, _, said = self.call(*words, "-o", "out.npy")
        if code > 1:
            raise RuntimeError(said)
        return float(np.sqrt(np.mean((np.load(self.out / "out.npy").ravel() - truth) ** 2)))


def judged(command, kind, values, truth, columns):
    """What merging the packages `a` and `b` gives on the rows."""
    write_table(command.out / "rows.parquet", values, columns)
    code, answer, _ = command.call("merge", "a.zip", "b.zip", "-o", "merged.zip", "--json")
    row = {"kind": kind, "refused": code != 0}
    row["lost"] = float(answer.split("off by ")[1].split()[0]) if code else json.loads(answer)["lost"]
    row["members"] = [command.rmse(truth, "run", f"{name}.zip", "rows.parquet") for name in "ab"]
    row["average"] = command.rmse(truth, "reuse", "--learnwares", "a.zip,b.zip", "--method", "average", "rows.parquet")
    if code == 0:
        row["merged"] = command.rmse(truth, "run", "merged.zip", "rows.parquet")
    return row


def main():
    """Packs, merges and judges every pair under every kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", type=Path)
    parser.add_argument("space")
    parser.add_argument("out", type=Path)
    parser.add_argument("binary")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    suite, splits, dataset = suites.load(arguments.suite)
    values, columns = suites.features(dataset, arguments.space, True)
    columns = [f"Column_{place}" for place in range(len(columns))]
    _, labels, _ = suites.target(dataset, suite)
    values, labels = np.asarray(values, dtype="float64"), np.asarray(labels, dtype="float64")
    arguments.out.mkdir(parents=True, exist_ok=True)
    command, draw = Command(arguments.binary, arguments.out), np.random.RandomState(arguments.seed)
    results = []
    for pair in range(arguments.pairs):
        groups = draw.choice(len(suite["groups"]), 3, replace=False)
        parts = [suites.rows(splits, "train", group) for group in groups]
        test = np.concatenate([suites.rows(splits, "test", group) for group in groups[:2]])
        start = network(pair).fit(values[parts[2]], labels[parts[2]])
        for kind in KINDS:
            for own, (name, rows) in enumerate(zip("ab", parts[:2])):
                file, model = trained(kind, 2 * pair + own, values[rows], labels[rows], start)
                command.pack(name, file, model, values[rows], labels[rows], columns)
            results.append(judged(command, kind, values[test], labels[test], columns))
            (arguments.out / "results.json").write_text(json.dumps(results, indent=1))
    for kind in KINDS:
        rows = [row for row in results if row["kind"] == kind]
        taken = [row for row in rows if not row["refused"]]
        mean = lambda numbers: round(float(np.mean(numbers)), 4) if numbers else None
        print(f"{kind}: refused {len(rows) - len(taken)} of {len(rows)}; lost {mean([row['lost'] for row in rows])}, at most "
              f"{max(row['lost'] for row in rows):.4f}; RMSE of those taken: merged {mean([row['merged'] for row in taken])}, average "
              f"{mean([row['average'] for row in taken])}, best member {mean([min(row['members']) for row in taken])}, "
              f"of all: average {mean([row['average'] for row in rows])}, best {mean([min(row['members']) for row in rows])}")


if __name__ == "__main__":
    main()
