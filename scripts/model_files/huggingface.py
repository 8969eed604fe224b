"""Writes small models of transformers into the directory that is its argument: `python -P scripts/... DIR`."""

import json
import os
import sys
from importlib.metadata import version

import torch
from transformers import BertConfig, BertForSequenceClassification


def main(directory: str) -> None:
    """Write a classifier whole, in shards, and with code of the repository's own."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=40,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
    )
    model = BertForSequenceClassification(config)
    model.save_pretrained(os.path.join(directory, "bert"))
    model.save_pretrained(os.path.join(directory, "sharded"), max_shard_size="3KB")
    path = os.path.join(directory, "own_code")
    model.save_pretrained(path)
    with open(os.path.join(path, "config.json"), encoding="utf-8") as opened:
        found = json.load(opened)
    found["auto_map"] = {"AutoModelForSequenceClassification": "modeling_own.OwnModel"}
    with open(os.path.join(path, "config.json"), "w", encoding="utf-8") as opened:
        json.dump(found, opened, indent=2)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    main(sys.argv[1])
    print({name: version(name) for name in ("transformers", "safetensors", "torch")})
