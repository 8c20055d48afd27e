"""The reference's own client, unmodified, against a running dock.

Usage: learnware_client.py ADDRESS EMAIL TOKEN. Needs the package `learnware` (0.3.2 and 0.4.0.post1 were tried). It
makes learnwares for a table, images and texts, and takes each through everything that the client can do. The package
itself makes the specification of the table. That of images would take it minutes, so a few images stand for themselves;
for that of texts, whose embedding it would download, random points of the same width stand for embedded ones.
"""

import hashlib
import io
import json
import os
import sys
import tempfile
import time
import zipfile

import numpy as np
import torch
from learnware.client import LearnwareClient
from learnware.client.learnware_client import SemanticSpecificationKey
from learnware.market import BaseUserInfo
from learnware.specification import RKMEImageSpecification, RKMETableSpecification, RKMETextSpecification
from learnware.specification import generate_semantic_spec

CODE = """
import numpy as np
from learnware.model import BaseModel


class Model(BaseModel):
    def __init__(self):
        super().__init__(input_shape={input_shape}, output_shape=(1,))

    def fit(self, X, y):
        pass

    def predict(self, X):
        return np.array([[{answer}] for x in X], dtype=float)

    def finetune(self, X, y):
        pass
"""
MANIFEST = """
name: {name}
model:
  class_name: Model
  module_path: __init__.py
  kwargs: {{}}
stat_specifications:
  - module_path: learnware.specification
    class_name: {kind}
    file_name: stat.json
    kwargs: {{}}
"""
EMBEDDED = 384


class Table:
    name = "table"
    kind, input_shape, answer = "RKMETableSpecification", (3,), "x[0] + 2.0 * x[1] - x[2]"
    words = {
        "data_type": "Table",
        "input_description": {"Dimension": 3, "Description": {str(i): f"column {i}" for i in range(3)}},
    }

    def specification(self, seed):
        made = RKMETableSpecification(cuda_idx=-1)
        made.generate_stat_spec_from_data(np.random.default_rng(seed).normal(seed, 1.0, (200, 3)), K=10)
        return made

    def examples(self):
        return np.arange(12.0).reshape(4, 3)

    def expected(self, x):
        return x[:, 0] + 2.0 * x[:, 1] - x[:, 2]


class Image:
    name = "image"
    kind, input_shape, answer = "RKMEImageSpecification", (3, 32, 32), "float(np.mean(x))"
    words = {"data_type": "Image"}

    def specification(self, seed):
        made = RKMEImageSpecification(cuda_idx=-1)
        images = np.random.default_rng(seed).integers(0, 255, (6, 3, 32, 32)).astype("float32")
        made.z, made.beta = torch.from_numpy(images / 255.0), torch.full((6,), 1 / 6, dtype=torch.float64)
        return made

    def examples(self):
        return np.random.default_rng(5).integers(0, 255, (4, 3, 32, 32)).astype("float32")

    def expected(self, x):
        return x.mean(axis=(1, 2, 3))


class Text:
    name = "text"
    kind, input_shape, answer = "RKMETextSpecification", None, "float(len(x))"
    words = {"data_type": "Text"}

    def specification(self, seed):
        made = RKMETextSpecification(cuda_idx=-1)
        points = np.random.default_rng(seed).normal(0.0, 0.1, (60, EMBEDDED)).astype("float32")
        RKMETableSpecification.generate_stat_spec_from_data(made, points, K=10)
        made.language = ["en"]
        return made

    def examples(self):
        return ["a", "two words", "three of them"]

    def expected(self, x):
        return np.array([len(text) for text in x], dtype=float)


def semantic(kind, name):
    words = {"description": f"Made by the reference's client from random {kind.name} data.", **kind.words}
    return generate_semantic_spec(
        name=name,
        task_type="Regression",
        library_type="Others",
        scenarios=["Others"],
        license="MIT",
        output_description={"Dimension": 1, "Description": {"0": "a sum"}},
        **words,
    )


def package(folder, kind, name, specification, requirements="numpy\n"):
    path = os.path.join(folder, f"{name}.zip")
    stat = os.path.join(folder, "stat.json")
    specification.save(stat)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__init__.py", CODE.format(input_shape=kind.input_shape, answer=kind.answer))
        archive.writestr("learnware.yaml", MANIFEST.format(name=name, kind=kind.kind))
        archive.writestr("requirements.txt", requirements)
        archive.write(stat, "stat.json")
    return path


def row(client, id):
    rows = [row for row in client.list_learnware() if row["learnware_id"] == id]
    assert len(rows) == 1, rows
    return rows[0]


def wait(client, id, name):
    """Until everybody sees these words, which is when the check is done."""
    stranger = LearnwareClient(client.host)
    for _ in range(1200):
        assert row(client, id)["verify_status"] != "FAIL", log(client, id)
        try:
            if stranger.get_semantic_specification(id)["Name"]["Values"] == name:
                return
        except Exception as error:
            assert "41" in str(error), error
        time.sleep(0.25)
    raise AssertionError(f"{id} was never checked: {row(client, id)}")


def log(client, id):
    import requests

    place = f"{client.host}/user/verify_log"
    return requests.get(place, params={"learnware_id": id}, headers=client.headers).json()["data"]


def raises(wanted, call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        assert wanted in str(error), error
    else:
        raise AssertionError(f"{call} did not raise {wanted}")


def journey(client, kind, folder):
    begun, name = time.time(), f"Reference {kind.name} {time.time_ns() % 10**9}"
    words, specification = semantic(kind, name), kind.specification(1)
    path = package(folder, kind, name, specification)
    id = client.upload_learnware(path, words)
    saved = os.path.join(folder, "saved.zip")
    raises("61", client.upload_learnware, path, words)
    wait(client, id, name)
    assert row(client, id)["verify_status"] == "SUCCESS"
    assert log(client, id).startswith("Success")

    by_words = client.search_learnware(BaseUserInfo(semantic_spec={"Name": {"Values": name, "Type": "String"}}))
    assert by_words["single"]["learnware_ids"] == [id] and by_words["single"]["matching"] == [0], by_words
    asked = BaseUserInfo(semantic_spec=semantic(kind, name), stat_info={kind.kind: specification})
    found = client.search_learnware(asked)
    assert found["single"]["learnware_ids"] == [id] and found["single"]["matching"] == [1], found
    every = client.search_learnware(BaseUserInfo(semantic_spec={}, stat_info={kind.kind: kind.specification(2)}), page_size=None)
    assert id in every["single"]["learnware_ids"], every

    client.download_learnware(id, saved)
    with zipfile.ZipFile(saved) as archive:
        assert "learnware.yaml" in archive.namelist() and id in archive.read("learnware.yaml").decode()
    loaded = client.load_learnware(learnware_id=id)
    assert loaded.id == id and loaded.get_specification().get_semantic_spec()["Name"]["Values"] == name
    theirs = loaded.get_specification().get_stat_spec_by_name(kind.kind)
    assert theirs is not None and abs(theirs.dist(specification)) < 1e-6, "the same specification came back"
    loaded.instantiate_model()
    x = kind.examples()
    assert np.allclose(np.asarray(loaded.predict(x)).ravel(), kind.expected(x), rtol=1e-4), "it predicts"

    renamed = f"{name} again"
    client.update_learnware(id, semantic(kind, renamed))
    assert row(client, id)["verify_status"] == "SUCCESS", "other words do not hide it"
    wait(client, id, renamed)
    final = f"{name} anew"
    client.update_learnware(id, semantic(kind, final), package(folder, kind, final, kind.specification(3)))
    wait(client, id, final)
    client.download_learnware(id, saved)
    with zipfile.ZipFile(saved) as archive:
        assert json.loads(archive.read("semantic_specification.json"))["Name"]["Values"] == final
    client.delete_learnware(id)
    raises("51", client.delete_learnware, id)
    raises("failed", client.download_learnware, id, saved)
    print(f"{kind.name}: {id} uploaded, found, loaded, renamed, replaced and deleted in {time.time() - begun:.1f} s")


def main():
    address, email, token = sys.argv[1:]
    client = LearnwareClient(address)
    assert client.is_connected()
    raises("53", client.login, email, "not a token")
    client.login(email, token)
    assert client.is_login()
    assert "Table" in client.list_semantic_specification_values(SemanticSpecificationKey.DATA_TYPE)
    assert "MIT" in client.list_semantic_specification_values(SemanticSpecificationKey.LICENSE)
    with tempfile.TemporaryDirectory() as folder:
        for kind in (Table(), Image(), Text()):
            journey(client, kind, folder)
        pieces(client, folder)
    client.logout()
    raises("login", client.list_learnware)
    print("logged out")


def pieces(client, folder):
    """A package of several pieces, which its owner gets back byte for byte while its check has not ended or fails."""
    kind = Table()
    name = f"Reference pieces {time.time_ns() % 10**9}"
    path = package(folder, kind, name, kind.specification(4), requirements="no-such-distribution-at-all==1.0\n")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("weights.bin", np.random.default_rng(6).bytes(3 << 20))
    id = client.upload_learnware(path, semantic(kind, name))
    saved = os.path.join(folder, "saved.zip")
    client.download_learnware(id, saved)
    digests = [hashlib.md5(open(place, "rb").read()).hexdigest() for place in (path, saved)]
    assert digests[0] == digests[1], digests
    raises("failed", LearnwareClient(client.host).download_learnware, id, saved)
    client.delete_learnware(id)
    print(f"pieces: {os.path.getsize(path)} bytes came back as they went in")


if __name__ == "__main__":
    sys.stderr = io.TextIOWrapper(sys.stderr.buffer, write_through=True)
    main()
