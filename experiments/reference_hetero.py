"""Runs the reference package on a prepared heterogeneous suite: its market map, its search, its alignment.

    PYTHON reference_hetero.py PREPARED_FOLDER OUT_JSON [--max-search N] [--labelled] [--seed N] [--users N]
        [--repeats N] [--map-epochs N]

PYTHON must have `learnware[full]` and lightgbm. The same model files and rows as ours; feature names are the
descriptions. As in the reference's own table workflow: the market map (HeteroMap, its published settings) is trained
on the market's specifications; users search by it (`auto` without labels, `greedy` with labels); without labels
FeatureAlign (its published settings) carries the user's rows into a learnware's space, with labels HeteroMapAlign
adds a ridge regression on [x | output]. Members of a mixture are averaged, or pruned.

The notes in OUT_JSON say what is not as the reference does it: the map is trained for fewer epochs (50 take hours
without a GPU; OUT_map.bin beside OUT_JSON is taken up again), the words of feature names are numbered by the suite's
vocabulary instead of a download, and pruning tries every subset instead of an evolution that needs geatpy.
"""

import os

os.environ.setdefault("TQDM_DISABLE", "1")  # one bar per alignment otherwise

import argparse
import itertools
import json
import random
from pathlib import Path

import numpy as np

from reference import Steps, allow_recent_scikit_learn, build, metric, progress, search
from reference_kinds import KINDS

import torch
from learnware.market.easy.searcher import EasyStatSearcher
from learnware.market.heterogeneous.organizer import HeteroMapTableOrganizer
from learnware.market.heterogeneous.organizer.hetero_map import HeteroMap
from learnware.reuse import AveragingReuser, FeatureAlignLearnware, HeteroMapAlignLearnware

# examples/dataset_table_workflow/config.py of the reference
MAP = {
    "lr": 1e-4, "batch_size": 64, "num_partition": 2, "overlap_ratio": 0.7, "hidden_dim": 256, "num_layer": 6,
    "num_attention_head": 8, "hidden_dropout_prob": 0.5, "ffn_dim": 512, "activation": "leakyrelu",
}
ALIGN = {
    "network_type": "ArbitraryMapping", "num_epoch": 50, "lr": 1e-5, "dropout_ratio": 0.2, "activation": "relu",
    "use_bn": True, "hidden_dims": [128, 256, 128, 256],
}
TABLE, MAPPED = "RKMETableSpecification", "HeteroMapTableSpecification"


def described(columns):
    """Feature names as the reference keeps them: numbered from "0"."""
    return {str(index): name for index, name in enumerate(columns)}


def number_words_by(vocabulary):
    """Lets the market map number words by the suite's file; a hub is not needed."""
    from learnware.market.heterogeneous.organizer.hetero_map import feature_extractor
    from transformers import BertTokenizerFast

    tokenizer = BertTokenizerFast(vocab_file=vocabulary)

    class Stored:
        @staticmethod
        def from_pretrained(*_, **__):
            return tokenizer

    feature_extractor.BertTokenizerFast = Stored


def market_map(learnwares, path, epochs, steps):
    """Trains the market map, or takes up the one that an earlier run left."""
    if path.is_file():
        return HeteroMap.load(checkpoint=str(path))
    print(f"reference: training the market map, {epochs} epochs", flush=True)
    with steps("market_map"):
        trained = HeteroMapTableOrganizer.train(learnwares, save_dir=str(path), num_epoch=epochs, **MAP)
    return trained


def pruned(members, few_x, few_y, x):
    """EnsemblePruning by every subset: the least squared error on the labelled rows, of two members or more."""
    known = np.stack([np.asarray(member.predict(few_x.copy())).reshape(-1) for member in members])
    wanted = np.stack([np.asarray(member.predict(x.copy())).reshape(-1) for member in members])
    places = range(len(members))
    subsets = [s for size in range(min(2, len(members)), len(members) + 1) for s in itertools.combinations(places, size)]
    best = min(subsets, key=lambda s: float(np.mean((known[list(s)].mean(axis=0) - few_y) ** 2)))
    return wanted[list(best)].mean(axis=0)


def aligned(learnware, specification, x, steps):
    """Predictions of a learnware whose inputs are aligned without labels."""
    with steps("feature_align"):
        one = FeatureAlignLearnware(learnware, **ALIGN)
        one.align(specification)
        return np.asarray(one.predict(x.copy())).reshape(-1)


def without_labels(learnwares, top, members, specification, x, y, steps):
    """Every learnware aligned; the top one, and the average of the members."""
    all_of = []
    for index, learnware in enumerate(learnwares):
        all_of.append(aligned(learnware, specification, x, steps))
        progress("reference alignment", index + 1, len(learnwares))
    of = {learnware.id: values for learnware, values in zip(learnwares, all_of)}
    score = lambda values: metric("regression", values, y)
    return {
        "metrics_of_all": [score(values) for values in all_of],
        "average_of_all": score(np.mean(all_of, axis=0)),
        "with_own": {
            "top_one_id": top.id, "members": [member.id for member in members], "top_one": score(of[top.id]),
            "averaging": score(np.mean([of[member.id] for member in members], axis=0)),
        },
    }


def with_labels(place, plan, top, members, specification, x, y, repeats, steps):
    """HeteroMapAlign on the top one, and over the members averaged and pruned, for each labelled subset."""
    rows, score = [], lambda values: metric("regression", values, y)
    for number, subset in enumerate(plan):
        if repeats and subset["repeat"] >= repeats:
            continue
        with np.load(place / "labelled" / f"{number:04}.npz") as archive:
            few_x, few_y = archive["x"], archive["y"]
        fitted = []
        for learnware in [top, *members]:
            with steps("hetero_map_align"):
                one = HeteroMapAlignLearnware(learnware, mode="regression", **ALIGN)
                one.align(specification, few_x.copy(), few_y.copy())
            fitted.append(one)
        single, several = fitted[0], fitted[1:]
        rows.append({
            "size": subset["size"], "repeat": subset["repeat"], "rows": subset["rows"],
            "single": score(single.predict(x.copy())),
            "averaging": score(AveragingReuser(several, "mean").predict(x.copy())),
            "ensemble_pruning": score(pruned(several, few_x, few_y, x)),
        })
    return rows


def run(folder, options):
    """Runs all users; returns the results."""
    prepared = json.loads((folder / "prepared.json").read_text())
    kind, steps, users = KINDS["table"](folder), Steps(), []
    labelled = options.labelled and prepared["labelled"]
    notes = {
        "market_map": f"trained for {options.map_epochs} epochs instead of 50",
        "ensemble_pruning": "every subset of two members or more is tried instead of an evolution",
    }
    if prepared["vocabulary"]:
        number_words_by(prepared["vocabulary"])
        notes["words"] = "words of feature names are numbered by the suite's vocabulary; unknown signs are [UNK]"
    allow_recent_scikit_learn()
    learnwares = build(kind, folder, prepared, steps)
    for learnware, one in zip(learnwares, prepared["learnwares"]):
        columns = one["columns"]
        learnware.specification.semantic_spec = {"Input": {"Dimension": len(columns), "Description": described(columns)}}
    mapping = market_map(learnwares, options.out.with_name(f"{options.out.stem}_map.bin"), options.map_epochs, steps)
    for learnware, one in zip(learnwares, prepared["learnwares"]):
        table = learnware.specification.get_stat_spec_by_name(TABLE)
        with steps("mapping"):
            learnware.update_stat_spec(MAPPED, mapping.hetero_mapping(table, described(one["columns"])))
    searcher = EasyStatSearcher(organizer=None)
    plans = json.loads((folder / "self_trained.json").read_text()) if labelled else {}
    chosen = prepared["users"][: options.users] if options.users else prepared["users"]
    for index, user in enumerate(chosen):
        place = folder / user["folder"]
        x, y = np.load(place / "test.npy"), np.load(place / "test_y.npy")
        with steps("specification_of_user"):
            specification = kind.specification(x.copy())
        with steps("search"):
            mapped = mapping.hetero_mapping(specification, described(user["columns"]))
            method = "greedy" if prepared["labels_in_suite"] else "auto"
            top, members = search(searcher, learnwares, mapped, options.max_search, method)
        distances = [float(learnware.specification.get_stat_spec_by_name(MAPPED).dist(mapped)) for learnware in learnwares]
        result = {"group": user["name"], "own": None, "distances": distances}
        if prepared["labels_in_suite"]:
            result["with_own"] = {"top_one_id": top.id, "members": [member.id for member in members]}
        else:
            result |= without_labels(learnwares, top, members, specification, x, y, steps)
        if labelled:
            plan = plans[user["name"]]
            result["with_own"]["labelled"] = with_labels(
                place, plan, top, members, specification, x, y, options.repeats, steps
            )
        users.append(result)
        progress("reference user", index + 1, len(chosen))
    import learnware

    return {"version": learnware.__version__, "seed": options.seed, "max_search": options.max_search,
            "users": users, "cpu": steps.table(), "notes": notes}


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
    parser.add_argument("--map-epochs", type=int, default=1, help="epochs of the market map (published: 50)")
    options = parser.parse_args()
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    options.out.write_text(json.dumps(run(options.prepared, options)))


if __name__ == "__main__":
    main()
