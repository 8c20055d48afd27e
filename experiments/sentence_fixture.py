"""Makes fixtures/sentence: tiny random sentence transformers and what the original library answers.

    python experiments/sentence_fixture.py fixtures/sentence

Needs torch, transformers and sentence-transformers (made with 2.0.1, 4.35.2 and 2.2.2); no network. Weights
are random, so the answers mean nothing; they only show whether our evaluation computes the same.
"""

import json
import os
import shutil
import sys

import torch
from sentence_transformers import SentenceTransformer, models
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram, WordPiece
from transformers import (
    BertConfig, BertModel, DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast, XLMRobertaConfig,
    XLMRobertaModel,
)

TEXTS = [
    "The car has a new engine.",
    "the CAR has a new engine",
    "",
    "   \t\n ",
    "Unknownword ####, (x) - y; 3.14159!",
    "这辆汽车的发动机很好。",
    "Двигатель автомобиля работает",
    "محرك السيارة",
    "Café, naïve, İstanbul, ﬁne",
    "\U0001f697 emoji and\u0000control\u200b signs",
    "word " * 60,
    "a",
    "한국어 문장 そして 日本語",
]
WORDS = ("the car has a new engine word and is of to in good fine cafe naive istanbul emoji control signs un ##known"
         " ##word")
LEFT_OUT = ["README.md", "pytorch_model.bin", "special_tokens_map.json", "config_sentence_transformers.json",
            "tokenizer_config.json"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?()-;#。"
OTHER = "двигателяомбрузснкпх这辆汽车的发动机很好日本語محركالسيةそして"


def random_weights(model):
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = torch.randn(weight.shape, generator=generator) * 0.25
            weight.copy_(values + 1 if "LayerNorm.weight" in name or "layer_norm.weight" in name else values)
    return model.eval()


def wordpiece(inputs):
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS.split()
    pieces += list(dict.fromkeys(LETTERS + OTHER)) + ["##" + c for c in dict.fromkeys(LETTERS[:36] + OTHER[:18])]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_input_names=inputs), len(vocabulary)


def unigram():
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("\u2581" + word, -3.0) for word in WORDS.split() if not word.startswith("#")]
    pieces += [(c, -6.0) for c in dict.fromkeys("\u2581" + LETTERS + OTHER)]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>",
        bos_token="<s>", eos_token="</s>", model_input_names=["input_ids", "attention_mask"]), len(pieces)


def make(folder, model, tokenizer, pooling, normalise):
    parts = folder + ".parts"
    random_weights(model).save_pretrained(parts, safe_serialization=True)
    tokenizer.save_pretrained(parts)
    transformer = models.Transformer(parts, max_seq_length=24)
    size = transformer.get_word_embedding_dimension()
    modules = [transformer, models.Pooling(size, pooling_mode=pooling)] + ([models.Normalize()] if normalise else [])
    sentence = SentenceTransformer(modules=modules, device="cpu")
    answers = [sentence.encode(text, convert_to_numpy=True) for text in TEXTS]  # one by one: no padding
    sentence.save(folder)
    transformer.auto_model.save_pretrained(folder, safe_serialization=True)
    shutil.rmtree(parts)
    for name in os.listdir(folder):
        if name in LEFT_OUT:
            os.remove(os.path.join(folder, name))
    os.chmod(os.path.join(folder, "model.safetensors"), 0o644)
    with open(os.path.join(folder, "expected.json"), "w") as file:
        rows = [[float(f"{value:.7g}") for value in answer] for answer in answers]
        json.dump({"texts": TEXTS, "points": rows}, file)


def main(root):
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    tokenizer, count = wordpiece(["input_ids", "token_type_ids", "attention_mask"])
    make(os.path.join(root, "bert"), BertModel(BertConfig(
        vocab_size=count, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=32), add_pooling_layer=False), tokenizer, "mean", True)
    tokenizer, count = wordpiece(["input_ids", "attention_mask"])
    make(os.path.join(root, "distilbert"), DistilBertModel(DistilBertConfig(
        vocab_size=count, dim=8, n_layers=1, n_heads=2, hidden_dim=16, max_position_embeddings=32)),
        tokenizer, "cls", False)
    tokenizer, count = unigram()
    make(os.path.join(root, "xlm-roberta"), XLMRobertaModel(XLMRobertaConfig(
        vocab_size=count, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=34, type_vocab_size=1, pad_token_id=1), add_pooling_layer=False),
        tokenizer, "mean", False)


if __name__ == "__main__":
    main(sys.argv[1])
