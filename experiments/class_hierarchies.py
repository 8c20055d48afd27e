"""Which classes of learnwares are the same, or a kind of another: what an evolution finds, beside what is known.

    class_hierarchies.py NEWS20_FOLDER OUT_FOLDER LEARNWARE_BINARY [--learnwares 24] [--seed 0]

Classifiers of newsgroups from the stored rows of 128 numbers: each of half the training documents of three to five
superclasses, and by the newsgroups, by the superclasses, or by a coarser parting of these. Classes have names without a
meaning, in an order of their own (LightGBM, 30 rounds, 15 leaves). The dock evolves, and the pairs of classes that it
calls the same or one a kind of the other are counted against the newsgroups that they hold. Writes results.json to
OUT_FOLDER and prints a table. Needs numpy, pandas, pyarrow, lightgbm.
"""

import argparse
import json
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas

from growing_market import Market
from prepare_table import parameters, write_table

RECIPE = {"num_leaves": 15, "learning_rate": 0.1, "rounds": 30}
COARSE = {"comp": "technical", "sci": "technical", "rec": "leisure", "misc": "leisure",
          "talk": "debate", "alt": "debate", "soc": "debate"}


def drawn(news, values, draw):
    """Rows, class of each, and of each class the newsgroups."""
    superclasses = sorted(news.superclass.unique())
    chosen = draw.choice(superclasses, draw.randint(3, 6), replace=False)
    rows = np.flatnonzero(((news.split == "train") & news.superclass.isin(chosen)).to_numpy())
    rows = np.sort(draw.choice(rows, len(rows) // 2, replace=False))
    level = draw.choice(["group", "superclass", "coarse"], p=[0.5, 0.3, 0.2])
    words = (news.superclass.map(COARSE) if level == "coarse" else news[level]).to_numpy()[rows]
    if len(set(words)) < 2:
        return drawn(news, values, draw)
    known = sorted(set(words))
    order = draw.permutation(len(known))
    groups = news.group.to_numpy()[rows]
    held = [frozenset()] * len(known)
    for word, place in zip(known, order):
        held[place] = frozenset(groups[words == word])
    return rows, np.array([order[known.index(word)] for word in words]), held, level


def add(market, number, values, labels, count):
    """Trains, packs and submits a classifier whose classes are called `c00` and so on."""
    booster = lightgbm.train(parameters(RECIPE, "classification", count), lightgbm.Dataset(values, labels),
                             num_boost_round=RECIPE["rounds"])
    columns = [f"Column_{place}" for place in range(values.shape[1])]
    write_table(market.out / "train.parquet", values, columns, np.array([f"c{label:02}" for label in labels]))
    return market.submit(booster, "--labels", "y", "--name", f"Newsgroups {number}")


def told(report):
    """Pairs of classes that are the same, and pairs of a class and what it is a kind of."""
    same, narrower = set(), set()
    for island in report["classes"]:
        groups = island["groups"]
        members = [[(member["id"], member["class"]) for member in group["members"]] for group in groups]

        def above(place):
            direct = [parent["group"] for parent in groups[place]["parents"]]
            return set(direct).union(*(above(parent) for parent in direct))

        for place, own in enumerate(members):
            same |= {(a, b) for a in own for b in own if a < b}
            narrower |= {(a, b) for parent in above(place) for a in own for b in members[parent]}
    return same, narrower


def share(found, known):
    """Precision and recall."""
    right = len(found & known)
    return {"told": len(found), "known": len(known), "right": right,
            "precision": right / max(1, len(found)), "recall": right / max(1, len(known))}


def main():
    """Fills the dock, lets it evolve, and counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("news", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("binary")
    parser.add_argument("--learnwares", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    news = pandas.read_parquet(arguments.news / "news20_bydate.parquet", columns=["row", "split", "group", "superclass"])
    values = np.load(arguments.news / "lsa128.npz")["embedding"].astype("float64")[news.row.to_numpy()]
    arguments.out.mkdir(parents=True, exist_ok=True)
    market, draw = Market(arguments.binary, arguments.out), np.random.RandomState(arguments.seed)
    classes, levels = {}, []
    for number in range(arguments.learnwares):
        rows, labels, held, level = drawn(news, values, draw)
        learnware = add(market, number, values[rows], labels, len(held))
        classes.update({(learnware, place): groups for place, groups in enumerate(held)})
        levels.append(str(level))
        print(learnware, level, len(held), flush=True)
    begun = time.time()
    evolution = market.call("evolve")
    seconds = time.time() - begun
    same, narrower = told(evolution["report"])
    pairs = [(a, b) for a in classes for b in classes if a[0] != b[0]]
    results = {
        "learnwares": len(levels), "classes": len(classes), "seconds": seconds,
        "same": share(same, {(a, b) for a, b in pairs if a < b and classes[a] == classes[b]}),
        "kind_of": share(narrower, {(a, b) for a, b in pairs if classes[a] < classes[b]}),
        "wrong": [[a, b, sorted(classes[a]), sorted(classes[b])] for a, b in sorted(same | narrower)
                  if not classes[a] <= classes[b]],
    }
    (arguments.out / "results.json").write_text(json.dumps(results, indent=1))
    print(json.dumps({key: value for key, value in results.items() if key != "wrong"}, indent=1))


if __name__ == "__main__":
    main()
