"""What a person does with transformers and datasets; prints what came of it as JSON."""

from __future__ import annotations

import json
import sys

from datasets import load_dataset  # type: ignore[import-not-found]  # in that environment
from transformers import AutoConfig, AutoTokenizer  # type: ignore[import-not-found]  # in that environment

config = AutoConfig.from_pretrained("team/tiny", revision="prod")
tokenizer = AutoTokenizer.from_pretrained("team/tiny", revision="prod")
rows = load_dataset("team/data", data_files="a.csv", split="train")
streamed = load_dataset("team/data", data_files="a.csv", split="train", streaming=True)
sys.stdout.write(
    json.dumps(
        {
            "config": [config.model_type, config.hidden_size],
            "tokens": tokenizer.tokenize("hello world"),
            "rows": list(rows),
            "streamed": list(streamed),
        }
    )
)
