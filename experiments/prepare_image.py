"""Prepares an image suite: pixels per learnware and user, one convolutional network per learnware.

    prepare_image.py SUITE_FOLDER OUT_ROOT --cache DIR [--models DIR] [--epochs N] [--full] [--learnwares N] [--users N]
                     [--labelled]

Without --full the lite choice: the first 15 learnwares and 10 users. Models are DIR/learnware_00.onnx and so on;
without --models they are trained here by torch (about ten minutes each on two cores) and kept in the cache, so that a
run that was stopped goes on. Writes OUT_ROOT/<key>/ with prepared.json, all_test.npy (the test images of all users,
each once; uint8, channels last), per learnware train.npy and model.onnx, per user test.npy, test_y.npy and places.npy
(where its images are in all_test); with --labelled also labelled/<index>.npz and self_trained.json, which lists the
subsets without a baseline. The key is a hash of every input. The folder's path is printed last.
"""

import argparse
import hashlib
import io
import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

import convnet
import suite as suites

LITE = {"learnwares": 15, "users": 10}
EPOCHS = 35


def decoded(dataset, cache):
    """Returns (uint8 images, channels last; labels); refuses a decoder that gives other pixels than recorded."""
    path, stored = cache / f"{dataset.name}.npy", suites.only_file(dataset, ".parquet")
    labels = pd.read_parquet(stored, columns=["label"])["label"].to_numpy()
    if path.is_file():
        return np.load(path, mmap_mode="r"), labels
    table = pd.read_parquet(stored, columns=["jpeg"])
    images = np.stack([np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in table["jpeg"]])
    wanted = json.loads((dataset / "decoded.json").read_text())["sha256_uint8_NHWC"]
    if hashlib.sha256(images.tobytes()).hexdigest() != wanted:
        raise suites.SuiteError("the JPEG decoder here gives other pixels than recorded in decoded.json")
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path.with_suffix(".partial.npy"), images)
    path.with_suffix(".partial.npy").rename(path)
    return images, labels


class Pictures:
    """The suite, its images, and which of them belong to whom."""

    def __init__(self, folder, arguments):
        self.suite, self.splits, self.dataset = suites.read(folder)
        self.name, self.arguments = folder.name, arguments
        limit = {"learnwares": self.suite["learnwares"], "users": self.suite["users"]} if arguments.full else LITE
        self.learnwares = min(arguments.learnwares or self.suite["learnwares"], limit["learnwares"])
        self.users = min(arguments.users or self.suite["users"], limit["users"])
        self.images, self.labels = decoded(self.dataset, arguments.cache)
        self.class_count = int(self.labels.max()) + 1


def model_path(pictures, index):
    """The model of one learnware: a ready one, or one that is trained now unless the cache has it."""
    arguments = pictures.arguments
    if arguments.models:
        return arguments.models / f"learnware_{index:02}.onnx"
    path = arguments.cache / f"{pictures.name}-{arguments.epochs}-epochs" / f"learnware_{index:02}.onnx"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = pictures.splits["learnware_train"][index]
        report = lambda text: print(f"model {index}: {text}", file=sys.stderr, flush=True)  # noqa: E731
        images, labels = pictures.images[rows], pictures.labels[rows]
        made = convnet.train(images, labels, pictures.class_count, arguments.epochs, index, report)
        path.with_suffix(".partial").write_bytes(made)
        path.with_suffix(".partial").rename(path)
    return path


def prepare_learnware(pictures, index, place, model):
    """Writes one learnware; returns its entry."""
    place.mkdir()
    rows = pictures.splits["learnware_train"][index]
    np.save(place / "train.npy", pictures.images[rows])
    (place / "model.onnx").write_bytes(convnet.with_probabilities(model))
    classes = "+".join(str(number) for number in pictures.splits["learnware_classes"][index])
    return {"name": f"{index:02} ({classes})", "folder": place.name, "train": len(rows)}


def prepare_user(pictures, index, place, all_rows):
    """Writes one user's images; returns the entry."""
    place.mkdir()
    rows = pictures.splits["user_test"][index]
    np.save(place / "test.npy", pictures.images[rows])
    np.save(place / "test_y.npy", pictures.labels[rows].astype("float64"))
    np.save(place / "places.npy", np.searchsorted(all_rows, rows).astype("float64"))
    classes = "+".join(str(number) for number in pictures.splits["user_classes"][index])
    return {"name": f"{index:02} ({classes})", "folder": place.name, "learnware": None, "test": len(rows)}


def prepare_labelled(pictures, index, place):
    """Writes one user's labelled subsets; returns what they are."""
    (place / "labelled").mkdir()
    pool, results = pictures.splits["user_pool"][index], []
    for number, (size, repeat, positions) in enumerate(suites.subsets(pictures.suite, pictures.splits, index)):
        rows = pool[positions.astype("int64")]
        labels = pictures.labels[rows].astype("float64")
        np.savez(place / "labelled" / f"{number:04}.npz", x=pictures.images[rows], y=labels)
        results.append({"size": size, "repeat": repeat, "rows": len(rows)})
    return results


def key_of(folder, models, arguments):
    """A hash over every input of the preparation."""
    digest = hashlib.sha256()
    for path in (folder / "suite.json", folder / "splits.npz", Path(__file__), Path(convnet.__file__)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for model in models:
        digest.update(hashlib.sha256(model).digest())
    digest.update(json.dumps([arguments.full, arguments.users, arguments.labelled]).encode())
    return digest.hexdigest()[:16]


def prepare(folder, out_root, arguments):
    """Does the work unless it is done, and returns the prepared folder."""
    pictures, started = Pictures(folder, arguments), time.process_time()
    models = [model_path(pictures, index).read_bytes() for index in range(pictures.learnwares)]
    final = out_root / f"{folder.name}-{key_of(folder, models, arguments)}"
    if (final / "prepared.json").is_file():
        return final
    work = final.with_name(final.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    learnwares, users, subsets = [], [], {}
    for index, model in enumerate(models):
        learnwares.append(prepare_learnware(pictures, index, work / f"learnware_{index:02}", model))
    all_rows = np.unique(pictures.splits["user_test"][: pictures.users])
    np.save(work / "all_test.npy", pictures.images[all_rows])
    for index in range(pictures.users):
        place = work / f"user_{index:03}"
        users.append(prepare_user(pictures, index, place, all_rows))
        if arguments.labelled and index < pictures.suite["labelled_users"]:
            subsets[users[-1]["name"]] = prepare_labelled(pictures, index, place)
    recipe = "ready models" if arguments.models else f"trained for {arguments.epochs} epochs"
    description = {
        "kind": "image", "suite": folder.name, "dataset": pictures.suite["dataset"], "task": "classification",
        "about": f"Each learnware: the reference's ConvModel as ONNX ({recipe}).",
        "classes": [str(number) for number in range(pictures.class_count)], "labelled": arguments.labelled,
        "learnwares": learnwares, "users": users, "cpu_seconds": time.process_time() - started,
    }
    return suites.finish(work, final, description, subsets if arguments.labelled else None)


def main():
    """Parses the arguments; a suite of another form ends with one line and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", type=Path)
    parser.add_argument("out_root", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="where pixels and trained models are kept")
    parser.add_argument("--models", type=Path, help="ready models, learnware_00.onnx and so on")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="epochs of models that are trained here")
    parser.add_argument("--full", action="store_true", help="all learnwares and users")
    parser.add_argument("--learnwares", type=int, default=0, help="only the first N")
    parser.add_argument("--users", type=int, default=0, help="only the first N")
    parser.add_argument("--labelled", action="store_true", help="write labelled subsets")
    arguments = parser.parse_args()
    arguments.cache = arguments.cache.resolve()
    suites.run(lambda: prepare(arguments.suite.resolve(), arguments.out_root.resolve(), arguments))


if __name__ == "__main__":
    main()
