"""A tiny map of the reference package with what it computes, as a fixture: fixtures/hetero/.

    python experiments/hetero_map_fixture.py fixtures/hetero

Needs the reference package (learnware 0.3.2) with torch. Nothing is downloaded: the vocabulary is the list below. Writes the
map in our form (safetensors with notes; the arrays have the reference's names), gradients of the training loss in the same form,
and tables with the places that the reference gives their rows. A real checkpoint (`model.bin`) is converted in the same way:
torch.load on a machine where its origin is trusted, then `write`.
"""
import json
import struct
import sys
import tempfile

import numpy as np
import pandas as pd
import torch
import transformers

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] units lag price mean of item ##s wind speed rain air temp ##erature 1 7 28 _ days day "
    "平 均 unknown feature"
).split()
SIZES = dict(hidden_dim=16, num_layer=2, num_attention_head=2, ffn_dim=24, projection_dim=12)


def write(path, arrays, notes):
    """Safetensors: length of the header, header, numbers."""
    header, at = {"__metadata__": notes}, 0
    for name, array in sorted(arrays.items()):
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + 4 * array.size]}
        at += 4 * array.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, array in sorted(arrays.items()):
            file.write(np.ascontiguousarray(array, dtype="<f4").tobytes())


def main(folder):
    vocabulary = tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8")
    vocabulary.write("\n".join(WORDS))
    vocabulary.close()
    own = transformers.BertTokenizerFast
    transformers.BertTokenizerFast.from_pretrained = classmethod(lambda *a, **k: own(vocab_file=vocabulary.name))
    from learnware.market.heterogeneous.organizer.hetero_map import HeteroMap

    torch.manual_seed(3)
    model = HeteroMap(cuda_idx=-1, temperature=1, base_temperature=1, **SIZES)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    columns = ["Units_lag 1", "units lag 7", "mean price of items", "temperature", "平均价 speed", "days 28", "rain"]
    generator = np.random.default_rng(4)
    cases = []
    for names in (columns, columns[2:5], columns[:1]):
        rows = generator.normal(size=(6, len(names))).round(3)
        places = model._extract_batch_features(pd.DataFrame(rows, columns=names))
        cases.append({"columns": names, "rows": rows.tolist(), "places": places.astype(float).round(6).tolist()})
    model.train()
    table = pd.DataFrame(np.array(cases[0]["rows"]), columns=columns)
    loss = model(model.collate_fn([table.iloc[i : i + 1] for i in range(len(table))]))
    loss.backward()
    notes = {
        "kind": "network", "release": "1", "vocabulary": "\n".join(WORDS), "hidden": "16", "layers": "2", "heads": "2",
        "inner": "24", "projection": "12", "seed": "0", "learnwares": "0", "descriptions": "0",
    }
    write(f"{folder}/map.safetensors", {k: v.numpy() for k, v in model.state_dict().items()}, notes)
    gradients = {k: p.grad.numpy() for k, p in model.named_parameters() if p.grad is not None}
    write(f"{folder}/gradients.safetensors", gradients, {"loss": f"{loss.item():.7f}"})
    with open(f"{folder}/cases.json", "w", encoding="utf-8") as file:
        json.dump(cases, file, ensure_ascii=False)
    print("loss", loss.item())


if __name__ == "__main__":
    main(sys.argv[1])
