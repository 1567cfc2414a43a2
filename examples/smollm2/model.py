# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The decoder, twice: as `attn` IR for the compiler, and as calls of the float64 oracle."""

import numpy as np

import attnc_ir
import attnc_oracle as oracle


def to_mlir(config, dtype="f32", layers=None, capacity=None):
    """One entry `decode`: ids [B, S] in i32 to logits [B, S, vocabulary]. Weights are bound by name.

    The ranks of the grid `tp` divide heads, the MLP and the vocabulary.
    capacity  with caches of this many tokens, of which the first positions[b] are there: `layers_0_keys`, `layers_0_values`,
              … [B, kv_heads, capacity, head_dim]. No target runs them yet.
    """
    f = attnc_ir.Function("decode", dtype)
    ids = f.input("ids", ("B", "S"), dtype="i32")
    positions = None if capacity is None else f.input("positions", ("B",), dtype="i32")
    appended = []

    def weight(name, *shape):
        return f.input(name, shape, weight=name)

    def columns(name, *shape):
        return f.shard(weight(name, *shape), None, 0)

    def rows(name, *shape):
        return f.shard(weight(name, *shape), 0)

    query, kv = config.heads * config.head_dim, config.kv_heads * config.head_dim
    norm, rope = attnc_ir.norm("rms", config.epsilon), attnc_ir.rope(config.rope_theta)
    table = rows("embedding", config.vocabulary, config.hidden)
    x = f.embedding(ids, table)
    causal = f.causal()
    for i in range(config.layers if layers is None else layers):
        layer = f"layers.{i}."
        caches = [] if capacity is None else [f.input(layer + name, ("B", config.kv_heads, capacity, config.head_dim))
                                              for name in ("keys", "values")]
        x = f.mha(x, columns(layer + "wq", config.hidden, query), columns(layer + "wk", config.hidden, kv),
                  columns(layer + "wv", config.hidden, kv), rows(layer + "wo", query, config.hidden),
                  norm_scale=weight(layer + "attention_norm", config.hidden), cache=caches and (*caches, positions),
                  mask=causal, heads=config.heads, kv_heads=config.kv_heads, head_dim=config.head_dim, rope=rope, norm=norm,
                  residual=True)
        if caches:
            x, *new = x
            appended += zip(new, caches)
        x = f.mlp(x, columns(layer + "gate", config.hidden, config.ffn),
                  columns(layer + "up", config.hidden, config.ffn), rows(layer + "down", config.ffn, config.hidden),
                  norm_scale=weight(layer + "mlp_norm", config.hidden), activation="silu_gate", norm=norm,
                  residual=True)
    x = f.normalise(x, norm, scale=weight("norm", config.hidden))
    f.output("logits", f.linear(x, table, transposed=True))
    for cache, argument in appended:
        f.output("new_" + argument.name[1:], cache, alias=argument)
    return attnc_ir.module([f], {"B": (1, 64, 1), "S": (1, config.context, 1)}, {"tp": (1,)})


def oracle_logits(config, weights, ids):
    """The same in float64: ids [B, S] to logits [B, S, vocabulary]; weights by `checkpoint.import_weights`' names."""
    def norm(name):
        return oracle.Norm("rms", config.epsilon, weights[name])

    x = oracle.embedding(ids, weights["embedding"])
    for i in range(config.layers):
        w = {name: weights[f"layers.{i}.{name}"] for name in ("wq", "wk", "wv", "wo", "gate", "up", "down")}
        x = oracle.mha(x, w["wq"], w["wk"], w["wv"], w["wo"], heads=config.heads, kv_heads=config.kv_heads,
                       norm=norm(f"layers.{i}.attention_norm"), rope=oracle.Rope(config.rope_theta),
                       mask=oracle.causal(), residual=True)
        x = oracle.mlp(x, w["gate"], w["up"], w["down"], activation="silu_gate", norm=norm(f"layers.{i}.mlp_norm"),
                       residual=True)
    x = norm("norm")(x)
    return oracle.linear(x, weights["embedding"], transposed=True)


def softmax(logits):
    """Probabilities over the last dimension, float64."""
    e = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
