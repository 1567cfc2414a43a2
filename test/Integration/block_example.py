# RUN: %python %s
"""examples/01-block.mlir computes what its text says, against the oracle."""

import numpy as np
from differential import ROOT, Differential

import attnc_oracle as oracle

test = Differential()
text = (ROOT / "examples/01-block.mlir").read_text()
shapes = {"wq": (256, 256), "wk": (256, 128), "wv": (256, 128), "wo": (256, 256), "gate": (256, 512), "up": (256, 512),
          "down": (512, 256)}


def runs():
    for batch, length in ((1, 1), (2, 97), (1, 300)):
        w = {name: test.weight(shape) for name, shape in shapes.items()}
        w |= {name: np.float32(1) + test.normal((256,), scale=0.1) for name in ("attention_norm", "mlp_norm")}
        x = test.normal((batch, length, 256))
        h = oracle.mha(x, w["wq"], w["wk"], w["wv"], w["wo"], heads=4, kv_heads=2, rope=oracle.Rope(1e4),
                       norm=oracle.Norm("rms", 1e-5, w["attention_norm"]), mask=oracle.causal(), residual=True)
        y = oracle.mlp(h, w["gate"], w["up"], w["down"], activation="silu_gate",
                       norm=oracle.Norm("rms", 1e-5, w["mlp_norm"]), residual=True)
        yield {"x": x, **w}, {"y": y}


test.case("examples/01-block.mlir", text, runs())
test.finish()
