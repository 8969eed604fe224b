"""The files of a model that is small: what transformers reads of it before any weights."""

from __future__ import annotations

import json

_WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world")
_CONFIG = {"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "vocab_size": 7}
TINY = {
    "tiny/config.json": json.dumps({**_CONFIG, "architectures": ["BertModel"]}),
    "tiny/tokenizer_config.json": json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True}),
    "tiny/vocab.txt": "\n".join(_WORDS) + "\n",
}
