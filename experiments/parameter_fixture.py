"""Parameter vectors written by the reference package (0.4) itself, as fixtures: fixtures/parameters/.

    python experiments/parameter_fixture.py fixtures/parameters

Needs learnware 0.4.0.post1 with torch; neither trl nor peft is used, stand-ins for them do. Nothing is downloaded and nothing is
trained: numbers are drawn, near one of two topics, and saved by the reference's own `save`. `expected.json` has what the
reference computes of each pair (`dist`, `similarity`), and the text of a general-capability specification.
"""
import json
import os
import sys

import torch
from learnware import __version__
from learnware.specification import GenerativeModelSpecification, LLMGeneralCapabilitySpecification

assert __version__ == "0.4.0.post1", __version__
torch.manual_seed(20261127)


def saved(folder, name, vector):
    specification = GenerativeModelSpecification(cuda_idx=-1)
    specification.task_vector = vector
    specification.save(os.path.join(folder, name))
    # As the reference sees it: read again, by itself.
    again = GenerativeModelSpecification(cuda_idx=-1)
    again.load(os.path.join(folder, name))
    return again


def main(folder):
    os.makedirs(folder, exist_ok=True)
    expected = {"pairs": []}
    for count, kinds in [(300, [torch.float32, torch.float64, torch.float16, torch.bfloat16]), (9000, [torch.bfloat16] * 3)]:
        topics = [torch.randn(count), torch.randn(count)]
        found = {}
        for place, kind in enumerate(kinds):
            vector = (topics[place // 2] + 0.5 * torch.randn(count)) * 1e-3
            name = "{}-{}-{}.pth".format(count, place, str(kind).rsplit(".", 1)[1])
            # A view into larger storage for one of them, as a slice of a tensor is saved.
            if place == 1:
                vector = torch.cat([torch.zeros(5), vector, torch.ones(2)]).to(kind)[5 : 5 + count]
            found[name] = saved(folder, name, vector.to(kind))
        names = sorted(found)
        for place, left in enumerate(names):
            for right in names[:place]:
                a, b = (found[name].task_vector.double() for name in (left, right))
                for name, vector in ((left, a), (right, b)):
                    found[name].task_vector = vector
                pair = {"left": left, "right": right, "dist": float(found[left].dist(found[right])),
                        "similarity": float(found[left].similarity(found[right]))}
                expected["pairs"].append(pair)
    scores = LLMGeneralCapabilitySpecification()
    scores.score_dict = {"leaderboard_bbh": 31.52, "leaderboard_ifeval": 40.0, "leaderboard_mmlu_pro": 19.07}
    scores.save(os.path.join(folder, "general_capability_spec.json"))
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main(sys.argv[1])
