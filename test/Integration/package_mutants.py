# RUN: %python %s
"""Seeded mutants of packages that attnc wrote: each damaged one is refused, each forged one is refused or stays inside
the buffers that it declares; never a signal.

`package_mutants` of the runtime makes and runs them: outputs and workspace end at inaccessible pages, inputs are
read-only; ranks are threads. examples/01-block.mlir with bound weights gives 1,000 damaged and 200 forged ones; on two
ranks, and from programs with the ops that it lacks, there are a fifth of that; ATTNC_SLOW=1 makes ten times as many.
"""

from differential import ROOT, Differential
from random_blocks import plain_mha, program

import attnc_commands
import attnc_ir
import attnc_safetensors

HOUR = 3600  #: seconds for the mutants of one package


def example(test, ranks=1):
    """examples/01-block.mlir, its weights bound."""
    shapes = {"wq": (256, 256), "wk": (256, 128), "wv": (256, 128), "wo": (256, 256), "gate": (256, 512),
              "up": (256, 512), "down": (512, 256), "attention_norm": (256,), "mlp_norm": (256,)}
    weights = test.directory / "block.safetensors"
    attnc_safetensors.write(weights, {f"layers.0.{name}": test.weight(shape) for name, shape in shapes.items()})
    return test.compile((ROOT / "examples/01-block.mlir").read_text(), f"--grid=tp={ranks}", weights=weights)


def lookup(test):
    """Rows of a table that indices choose, and their products with all of it."""
    f = attnc_ir.Function("lookup")
    ids, table = f.input("ids", ("B", "S"), dtype="i32"), f.input("table", (100, 128))
    rows = f.normalise(f.embedding(ids, table), attnc_ir.norm("layer"), scale=f.input("s", (128,)))
    f.output("scores", f.linear(rows, table, transposed=True, activation="relu"))
    return test.compile(attnc_ir.module([f], {"B": (1, 64, 1), "S": (1, 4096, 1)}))


def main():
    test = Differential()
    packages = [("examples/01-block.mlir", example, 1000),
                ("examples/01-block.mlir on two ranks", lambda t: example(t, 2), 200), ("a lookup", lookup, 200),
                ("mha bf16", lambda t: t.compile(program(plain_mha(t, "bf16"))), 200)]
    for label, make, quick in packages:
        count = test.count(quick, 10 * quick)
        test.checks += 1
        try:
            print(label, attnc_commands.call("package_mutants", make(test), count, test.seed, timeout=HOUR), sep="\n")
        except test.command_errors as error:
            test.fail(label, str(error))
    test.finish()


if __name__ == "__main__":
    main()
