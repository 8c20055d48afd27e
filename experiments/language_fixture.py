"""Makes fixtures/language: tiny random language models and what the original library answers.

    python experiments/language_fixture.py fixtures/language

Needs torch, transformers and tokenizers (made with 2.0.1, 4.44.2 and 0.19.1); no network. Weights are random, so the answers
mean nothing; they only show whether our evaluation computes the same: the logits of the last token, and the gradient of the mean
next-token loss by the matrix of the output layer.
"""
import json
import os
import shutil
import sys

import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

WORDS = (
    "[UNK] the a of is was and to in rate bank price share market loan profit fell rose patient dose drug nurse fever "
    "doctor pain heart ship sea wind sail storm harbour crew night . , ?"
).split()
TEXTS = [
    "the share price rose and the bank fell .",
    "a nurse was in the harbour , the storm fell in the night",
    "patient unknownword dose ?",
    "the",
    "",
    "the wind and the sea and the ship and the crew and the night . " * 3,
]
SIZES = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=128)


def tokenizer():
    made = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]")


def models():
    yield "qwen2", Qwen2ForCausalLM(Qwen2Config(**SIZES, num_key_value_heads=2, tie_word_embeddings=True, rope_theta=10000.0))
    yield "llama", LlamaForCausalLM(LlamaConfig(**SIZES, num_key_value_heads=4, tie_word_embeddings=False, rms_norm_eps=1e-5))


def randomise(model):
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = torch.randn(weight.shape, generator=generator) * 0.3
            weight.copy_(values + 1 if "norm" in name else values)
    return model.eval()


def expected(model, tokens):
    """The last logits of each text, and the gradient by the output layer's matrix."""
    matrix = model.lm_head.weight.detach().clone().requires_grad_(True)
    logits, loss, count = [], 0.0, 0
    for text in TEXTS:
        ids = tokens(text, return_tensors="pt")["input_ids"].long()
        if ids.shape[1] == 0:
            logits.append([])
            continue
        with torch.no_grad():
            states = model.model(input_ids=ids).last_hidden_state[0]
        scores = states @ matrix.T
        logits.append(scores[-1].tolist())
        loss = loss + torch.nn.functional.cross_entropy(scores[:-1], ids[0, 1:], reduction="sum")
        count += ids.shape[1] - 1
    (loss / count).backward()
    return {"texts": TEXTS, "count": count, "logits": logits, "gradient": matrix.grad.tolist()}


def rounded(value):
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float("%.8g" % value) if isinstance(value, float) else value


def main(folder):
    for name, model in models():
        place = os.path.join(folder, name)
        shutil.rmtree(place, ignore_errors=True)
        model, tokens = randomise(model), tokenizer()
        model.save_pretrained(place, safe_serialization=True)
        tokens.save_pretrained(place)
        answers = {key: rounded(value) for key, value in expected(model, tokens).items()}
        for left_out in ("generation_config.json", "special_tokens_map.json", "tokenizer_config.json"):
            if os.path.exists(os.path.join(place, left_out)):
                os.remove(os.path.join(place, left_out))
        with open(os.path.join(place, "expected.json"), "w") as file:
            json.dump(answers, file)
            file.write("\n")


main(sys.argv[1])
