# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the ops of the `attn` dialect mean, in plain numpy and float64.

The oracle is independent of the compiler: it shares no code with it, computes every intermediate in float64 and never
rounds one. Inputs are numpy arrays of any float type; round them first (`round_to`) where the compiled program sees
rounded data. Speed is no goal, clarity is.

Errors: numpy's own (ValueError, IndexError) on shapes that don't fit; nothing here checks what the compiler's verifiers
check.
"""

from .activations import ACTIVATIONS, gelu, gelu_tanh, relu, silu
from .attention import attention
from .blocks import Norm, Rope, mha, mlp
from .masks import (Mask, ScoreIndex, causal, custom, document, lengths,
                    prefix, window)
from .ops import (argmax, embedding, kv_append, layer_norm, linear,
                  merge_heads, norm, rms_norm, rope, split_heads)
from .precision import relative_error, round_bf16, round_to

__all__ = [
    "ACTIVATIONS", "gelu", "gelu_tanh", "relu", "silu",
    "attention",
    "Norm", "Rope", "mha", "mlp",
    "Mask", "ScoreIndex", "causal", "custom", "document", "lengths", "prefix", "window",
    "argmax", "embedding", "kv_append", "layer_norm", "linear", "merge_heads", "norm", "rms_norm", "rope",
    "split_heads",
    "relative_error", "round_bf16", "round_to",
]
