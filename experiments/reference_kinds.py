"""Tables, texts and images as the reference package takes them; used by reference.py.

A kind reads the prepared files, wraps a model, and makes the reference's own specification. `specified` is what
a specification is made of, `examples` what a model predicts from: for tables and images the same.
"""

import importlib.util
import json

import numpy as np

# The reference's defaults, 100 steps over 2,000 images, take hours for one specification on a processor.
REDUCED_IMAGE = {"K": 50, "steps": 1, "sample_size": 500}


class Table:
    """Rows and LightGBM files."""

    name = "table"
    averaging = "vote_by_prob"
    herding = True
    notes = {}

    def __init__(self, folder):
        pass

    def examples(self, place, stem):
        return np.load(place / f"{stem}.npy")

    specified = examples

    def labelled(self, place, number):
        with np.load(place / "labelled" / f"{number:04}.npz") as archive:
            return archive["x"], archive["y"]

    def specification(self, x):
        from learnware.specification import RKMETableSpecification

        made = RKMETableSpecification()
        made.generate_stat_spec_from_data(x)
        return made

    def model(self, place, classes):
        import lightgbm

        booster = lightgbm.Booster(model_file=str(place / "model.txt"))
        return model((booster.num_feature(),), classes, lambda x: booster.predict(x, num_threads=1))

    def scores(self, predictions):
        """What a model answers as quantities, or as class probabilities."""
        return np.asarray(predictions, dtype="float64")


class Text(Table):
    """Texts and Python models; the embedding is the one that the suite stores for each text."""

    name = "text"
    averaging = "vote_by_label"  # as in the reference's text example
    notes = {
        "embedding": "its own text embedder is a download that is not at hand; its specifications and job selector see "
        "the 128 numbers per text that the suite stores (TF-IDF and SVD), and every text counts as English"
    }

    def __init__(self, folder):
        from learnware.specification import RKMETextSpecification

        known = dict(zip(lines(folder / "embedded.jsonl", "text"), np.load(folder / "embedded.npy")))
        RKMETextSpecification.get_sentence_embedding = staticmethod(lambda texts: np.stack([known[text] for text in texts]))
        RKMETextSpecification.get_language_ids = staticmethod(lambda texts: ["en"])

    def examples(self, place, stem):
        return lines(place / f"{stem}.jsonl", "text")

    specified = examples

    def labelled(self, place, number):
        path = place / "labelled" / f"{number:04}.jsonl"
        return lines(path, "text"), np.array(lines(path, "y"), dtype="float64")

    def specification(self, x):
        from learnware.specification import RKMETextSpecification

        made = RKMETextSpecification()
        made.generate_stat_spec_from_data(x)
        return made

    def model(self, place, classes):
        path = place / "model" / "__init__.py"
        spec = importlib.util.spec_from_file_location(f"model_of_{place.name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return model(None, classes, module.Model().predict)


class Image(Table):
    """Images and ONNX models."""

    name = "image"
    herding = False  # as in the reference's image example
    notes = {"image_specification": "made with " + ", ".join(f"{key} {value}" for key, value in REDUCED_IMAGE.items())}

    def examples(self, place, stem):
        whole = np.load(place / f"{stem}.npy")  # uint8, channels last
        return np.ascontiguousarray(whole.transpose(0, 3, 1, 2), dtype="float32") / 255

    specified = examples

    def labelled(self, place, number):
        with np.load(place / "labelled" / f"{number:04}.npz") as archive:
            return np.ascontiguousarray(archive["x"].transpose(0, 3, 1, 2), dtype="float32") / 255, archive["y"]

    def specification(self, x):
        from learnware.specification import RKMEImageSpecification

        made = RKMEImageSpecification(cuda_idx=-1)
        made.generate_stat_spec_from_data(x, verbose=False, **REDUCED_IMAGE)
        return made

    def model(self, place, classes):
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(place / "model.onnx"), settings, ["CPUExecutionProvider"])

        def predict(x):
            parts = [session.run(None, {"input": part})[0] for part in np.array_split(x, max(1, len(x) // 500))]
            # The reference takes logits and makes probabilities itself.
            return np.log(np.maximum(np.concatenate(parts), 1e-30))

        return model((3, 32, 32), classes, predict)

    def scores(self, predictions):
        return np.exp(np.asarray(predictions, dtype="float64"))


KINDS = {kind.name: kind for kind in (Table, Text, Image)}


def lines(path, key):
    """One entry of every line of a JSON lines file."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)[key] for line in file]


def model(input_shape, classes, predict):
    """A function as a reference model."""
    from learnware.model import BaseModel

    class Wrapped(BaseModel):
        def predict(self, X):
            return np.asarray(predict(X))

    return Wrapped(input_shape, (classes or 1,))
