"""Prepares a text suite: documents per learnware and user, one TF-IDF and naive Bayes model per learnware.

    prepare_text.py SUITE_FOLDER OUT_ROOT [--labelled] [--users N] [--repeats N]

Writes OUT_ROOT/<key>/ with prepared.json, all_test.jsonl (the test documents of all users, each once), the stored
embedding of every document (embedded.jsonl, embedded.npy) for the reference, per learnware train.jsonl and model/
(Python code, the fitted model, its requirements), per user test.jsonl, test_y.npy and places.npy (where its documents
are in all_test). With --labelled also self_trained.json and, for the first N users and N subsets of each size,
labelled/<index>.jsonl. The key is a hash of every input, so a second run finds the work done. The folder's path is
printed last. Nothing is drawn at random here.
"""

import argparse
import hashlib
import json
import pickle
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB

import suite as suites

CODE = '''"""TF-IDF with English stop words, and multinomial naive Bayes."""

import os
import pickle

import numpy as np


class Model:
    def __init__(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.pkl"), "rb") as file:
            self.vectorizer, self.classifier, self.class_count = pickle.load(file)
        self.input_shape, self.output_shape = None, (self.class_count,)

    def predict(self, X):
        scores = np.zeros((len(X), self.class_count))
        known = self.classifier.classes_.astype(int)
        scores[:, known] = self.classifier.predict_proba(self.vectorizer.transform(X))
        return scores
'''


def train(texts, labels):
    """The recipe of the suite: TF-IDF without English stop words, multinomial naive Bayes with alpha .1."""
    vectorizer = TfidfVectorizer(stop_words="english")
    classifier = MultinomialNB(alpha=0.1).fit(vectorizer.fit_transform(texts), labels)
    return vectorizer, classifier


def write_lines(path, texts, labels=None):
    """One JSON object per document."""
    rows = [{"text": text} for text in texts]
    if labels is not None:
        rows = [row | {"y": int(label)} for row, label in zip(rows, labels)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_model(folder, vectorizer, classifier, class_count):
    """A folder of Python code that `learnware pack` takes."""
    folder.mkdir()
    (folder / "__init__.py").write_text(CODE)
    (folder / "requirements.txt").write_text(f"scikit-learn=={sklearn.__version__}\nnumpy=={np.__version__}\n")
    with open(folder / "model.pkl", "wb") as file:
        pickle.dump((vectorizer, classifier, class_count), file)


class Documents:
    """All documents of the data set, and which of them belong to whom."""

    def __init__(self, folder):
        self.suite, self.splits, dataset = suites.read(folder)
        path = suites.only_file(dataset, ".parquet")
        table = pd.read_parquet(path, columns=["row", "text", "group", "label"])
        if not (table["row"].to_numpy() == np.arange(len(table))).all():
            raise suites.SuiteError(f"{path}: rows are not in order")
        self.texts = table["text"].to_numpy()
        self.labels = table["label"].to_numpy()
        self.names = table.drop_duplicates("label").sort_values("label")["group"].tolist()
        with np.load(suites.only_file(dataset, ".npz")) as archive:
            self.embedding = archive["embedding"].astype("float32")

    def rows(self, whose, index):
        """Rows of one learnware ("learnware"), or of one user ("user_test", "user_train")."""
        start, end = self.splits[f"{whose}_off"][index], self.splits[f"{whose}_off"][index + 1]
        return self.splits[f"{whose}_rows"][start:end].astype("int64")


def prepare_learnware(documents, index, place):
    """Trains one model; returns its entry."""
    place.mkdir()
    rows = documents.rows("learnware", index)
    write_lines(place / "train.jsonl", documents.texts[rows])
    vectorizer, classifier = train(documents.texts[rows], documents.labels[rows])
    write_model(place / "model", vectorizer, classifier, len(documents.names))
    name = f"{documents.suite['learnware_superclasses'][index]} {index:02}"
    return {"name": name, "folder": place.name, "train": len(rows)}


def prepare_user(documents, index, place, all_rows):
    """Writes one user's documents; returns the entry."""
    place.mkdir()
    rows = documents.rows("user_test", index)
    write_lines(place / "test.jsonl", documents.texts[rows])
    np.save(place / "test_y.npy", documents.labels[rows].astype("float64"))
    np.save(place / "places.npy", np.searchsorted(all_rows, rows).astype("float64"))
    name = documents.suite["user_superclasses"][index]
    return {"name": name, "folder": place.name, "learnware": None, "test": len(rows)}


def prepare_labelled(documents, index, place, repeats):
    """Writes one user's labelled subsets and trains on each; returns the metrics."""
    (place / "labelled").mkdir()
    own, test, results = documents.rows("user_train", index), documents.rows("user_test", index), []
    plan = suites.subsets(documents.suite, documents.splits, index)
    for number, (size, repeat, positions) in enumerate(plan):
        results.append({"size": size, "repeat": repeat, "rows": len(positions)})
        if repeats and repeat >= repeats:
            continue
        rows = own[positions.astype("int64")]
        write_lines(place / "labelled" / f"{number:04}.jsonl", documents.texts[rows], documents.labels[rows])
        vectorizer, classifier = train(documents.texts[rows], documents.labels[rows])
        predicted = classifier.predict(vectorizer.transform(documents.texts[test]))
        results[-1]["metric"] = float(np.mean(predicted == documents.labels[test]))
    return results


def key_of(folder, arguments):
    """A hash over every input of the preparation; the data set by its size, as it is large."""
    digest = hashlib.sha256()
    for path in (folder / "suite.json", folder / "splits.npz", Path(__file__), Path(suites.__file__)):
        digest.update(path.read_bytes())
    labelled = [arguments.users, arguments.repeats] if arguments.labelled else None
    dataset = folder.parent.parent / json.loads((folder / "suite.json").read_text())["dataset"]
    sizes = [suites.only_file(dataset, ending).stat().st_size for ending in (".parquet", ".npz")]
    digest.update(json.dumps([labelled, sizes, sklearn.__version__, np.__version__]).encode())
    return digest.hexdigest()[:16]


def prepare(folder, out_root, arguments):
    """Does the work unless it is done, and returns the prepared folder."""
    final = out_root / f"{folder.name}-{key_of(folder, arguments)}"
    if (final / "prepared.json").is_file():
        return final
    work = final.with_name(final.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    documents, started = Documents(folder), time.process_time()
    learnwares, users, baselines = [], [], {}
    for index in range(len(documents.suite["learnware_superclasses"])):
        learnwares.append(prepare_learnware(documents, index, work / f"learnware_{index:02}"))
    print(f"prepared {folder.name}: {len(learnwares)} models", file=sys.stderr, flush=True)
    names = documents.suite["user_superclasses"]
    all_rows = np.unique(np.concatenate([documents.rows("user_test", index) for index in range(len(names))]))
    write_lines(work / "all_test.jsonl", documents.texts[all_rows])
    write_lines(work / "embedded.jsonl", documents.texts)
    np.save(work / "embedded.npy", documents.embedding)
    for index, name in enumerate(names):
        place = work / f"user_{index:02}"
        users.append(prepare_user(documents, index, place, all_rows))
        if arguments.labelled and not (arguments.users and index >= arguments.users):
            baselines[name] = prepare_labelled(documents, index, place, arguments.repeats)
    description = {
        "kind": "text", "suite": folder.name, "dataset": documents.suite["dataset"], "task": "classification",
        "about": "Each learnware: TF-IDF (English stop words) and multinomial naive Bayes (alpha .1) by scikit-learn, "
        "a package of Python code; ours sees texts through the embedder that is built in.",
        "classes": documents.names, "labelled": arguments.labelled, "scikit_learn": sklearn.__version__,
        "learnwares": learnwares, "users": users, "cpu_seconds": time.process_time() - started,
    }
    return suites.finish(work, final, description, baselines if arguments.labelled else None)


def main():
    """Parses the arguments; a suite of another form ends with one line and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", type=Path)
    parser.add_argument("out_root", type=Path)
    parser.add_argument("--labelled", action="store_true", help="write labelled subsets and train on each")
    parser.add_argument("--users", type=int, default=0, help="labelled subsets of the first N users only")
    parser.add_argument("--repeats", type=int, default=0, help="the first N labelled subsets of each size only")
    arguments = parser.parse_args()
    suites.run(lambda: prepare(arguments.suite.resolve(), arguments.out_root.resolve(), arguments))


if __name__ == "__main__":
    main()
