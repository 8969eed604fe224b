"""Writes small GGUF models into the directory that is its argument: `python -P scripts/model_files/gguf.py DIR`."""

import os
import sys
from importlib.metadata import version

import numpy as np
from gguf import GGMLQuantizationType, GGUFEndian, GGUFWriter, LlamaFileType, quants


def llama(directory: str) -> None:
    """Write a quantized model with tokens and a chat template."""
    writer = GGUFWriter(os.path.join(directory, "llama.gguf"), "llama")
    writer.add_name("Tiny")
    writer.add_license("apache-2.0")
    writer.add_context_length(128)
    writer.add_embedding_length(64)
    writer.add_block_count(1)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"token{number}" for number in range(100)])
    writer.add_token_scores([0.5] * 100)
    writer.add_chat_template("{{ messages[0].content }}")
    weights = np.random.default_rng(0).random((16, 64), np.float32)
    packed = quants.quantize(weights, GGMLQuantizationType.Q8_0)
    writer.add_tensor("token_embd.weight", packed, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.add_tensor("output_norm.weight", np.ones(64, np.float32))
    write(writer)


def big_endian(directory: str) -> None:
    """Write a model with the order of bytes of large machines."""
    writer = GGUFWriter(os.path.join(directory, "big.gguf"), "gpt2", endianess=GGUFEndian.BIG)
    writer.add_tensor("wte.weight", np.ones((4, 8), np.float16))
    write(writer)


def write(writer: GGUFWriter) -> None:
    """Write what was added."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    llama(sys.argv[1])
    big_endian(sys.argv[1])
    print({name: version(name) for name in ("gguf", "numpy")})
