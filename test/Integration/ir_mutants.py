# RUN: %python %s
"""Seeded mutants of valid programs through the whole compiler: a package, or status 1 and a diagnostic; never a signal.

Most mutations keep types consistent, so that about 60 % of the mutants verify and reach the passes.
ATTNC_SLOW=1 makes 2,000 mutants instead of 200.
"""

import os
import re
import resource
import subprocess
from concurrent.futures import ThreadPoolExecutor

from differential import ROOT, Differential
from random_blocks import Mha, Mlp, plain_mha, plain_mlp, program, random_norm

import attnc_commands
import attnc_ir

TIMEOUT = 60          #: seconds for one mutant
MEMORY = 16 << 30     #: bytes of address space
SPACES = ["register", "cache", "global"]
WORDS = [["gelu", "gelu_tanh", "relu", "silu", "none"], ["gelu_gate", "gelu_tanh_gate", "relu_gate", "silu_gate"],
         ["rms", "layer"], ["pre", "post"], SPACES, ["mask.and", "mask.or"], ['"B"', '"S"', '"T"'],
         ["f32", "bf16", "f16"]]
SIZES = ["0", "1", "2", "3", "7", "8", "16", "31", "64", "100", "256", "4096", "65536", "2147483648"]
REALS = ["0.0", "-1.0", "1.0e-30", "1.0e30", "0x7F800000", "0x7FC00000", "0.5"]


def sources(test):
    """The examples, and programs with the ops that every target has."""
    texts = [path.read_text() for path in sorted((ROOT / "examples").glob("*.mlir"))]
    texts += [program(block) for block in (
        plain_mha(test), plain_mlp(test), plain_mha(test, place=attnc_ir.place(scores="cache", key="cache")),
        Mha(test, "bf16", 40, 4, 1, 16, biased=True, norm=random_norm(test)),
        Mlp(test, "f32", 40, 72, "gelu", biased=True, norm=random_norm(test)))]
    f = attnc_ir.Function("pieces")
    q, k = f.input("q", ("B", 4, "S", 32)), f.input("k", ("B", 2, "C", 32))
    ids = f.input("ids", ("B", "S"), dtype="i32")
    table = f.input("table", (100, 128))
    mask = f.either(f.both(f.causal(), f.window(70)), f.window(9, 3))
    o = f.attention(f.rotate(q, attnc_ir.rope(1e4)), k, k, mask=mask, q_offset=3, scale=0.2)
    y = f.linear(f.merge_heads(o), table, transposed=True, activation="relu")
    f.output("scores", y)
    f.output("rows", f.normalise(f.embedding(ids, table), attnc_ir.norm("layer"), scale=f.input("s", (128,))))
    return texts + [attnc_ir.module([f], {"B": (1, 64, 1), "S": (1, 4096, 1)})]


# Mutations: text to text. Each keeps the text as it is where it doesn't apply.

def resize_everywhere(rng, text):
    """One size becomes another wherever it stands in a tensor type."""
    sizes = sorted(set(re.findall(r"(?<=[<x])\d+(?=x)", text)))
    old, new = _pick(rng, sizes), _pick(rng, SIZES)
    return re.sub(rf"(?<=[<x]){old}(?=x)", new, text) if old else text


def retype_everywhere(rng, text):
    new = _pick(rng, ["f32", "bf16", "f16"])
    return re.sub(r"x(bf16|f16|f32)\b", "x" + new, text)


def change_one_size(rng, text):
    return _replace_one(rng, text, r"(?<=[<x])\d+(?=x)", lambda old: _pick(rng, SIZES + ["?"]))


def change_integer(rng, text):
    """An integer attribute, a window or a range."""
    return _replace_one(rng, text, r"(?<=[= \[])\d+(?=[ ,\]\n])", lambda old: _pick(rng, SIZES + ["-1", "12"]))


def change_real(rng, text):
    return _replace_one(rng, text, r"\d\.\d+e-?\d+", lambda old: _pick(rng, REALS))


def change_word(rng, text):
    """An enumerator becomes another one of its kind."""
    words = _pick(rng, [group for group in WORDS if any(word in text for word in group)])
    pattern = "|".join(rf"(?<![\w]){re.escape(word)}(?![\w])" for word in words)
    return _replace_one(rng, text, pattern, lambda old: _pick(rng, words))


def change_place(rng, text):
    buffers = ["query", "key", "value", "scores", "weights", "output"]
    place = ", ".join(f"{name} = {_pick(rng, SPACES)}" for name in buffers if rng.random() < 0.5)
    if "#attn.place" in text:
        return re.sub(r"(?s)#attn\.place<.*?>", f"#attn.place<{place}>", text, count=1)
    return text.replace("head_dim =", f"place = #attn.place<{place}>, head_dim =", 1)


def drop_attribute(rng, text):
    optional = r", (residual|transposed|(rope|norm|scale|q_offset|norm_position) = [^,}]+(, \S+>)?)"
    return _replace_one(rng, text, optional, lambda old: "")


def drop_mask(rng, text):
    return re.sub(r" mask %\w+", "", text).replace(", !attn.mask)", ")")


def drop_op(rng, text):
    """An op whose result has the type of its first operand goes; its uses take that operand."""
    ops = [m for m in re.finditer(r"(?m)^ *(%\w+) = attn\.\w+ (%\w+).* : \(([^,()]+)[^()]*\) -> (\S+)$", text)
           if m[3] == m[4]]
    if not ops:
        return drop_mask(rng, text)
    op = _pick(rng, ops)
    text = text[:op.start()] + text[op.end() + 1:]
    return re.sub(rf"{re.escape(op[1])}\b", op[2], text)


def repeat_op(rng, text):
    """An op once more, its result unused."""
    ops = list(re.finditer(r"(?m)^( *)(%\w+) = (attn\..*)$", text))
    ops = [op for op in ops if ":" in op[3] or "mask" in op[3]]
    if not ops:
        return text
    op = _pick(rng, ops)
    return text[:op.end()] + f"\n{op[1]}%again = {op[3]}" + text[op.end():]


def swap_operands(rng, text):
    """Two arguments of one type change places in one line."""
    types = dict(re.findall(r"(%\w+): (tensor<\S+>)", text))
    lines = [m for m in re.finditer(r"(?m)^ *%\w+ = attn\..*$", text)]
    for line in rng.permutation(lines) if lines else []:
        names = [n for n in re.findall(r"%\w+", line[0].split(" : ")[0])[1:] if n in types]
        pairs = [(a, b) for a in names for b in names if a < b and types[a] == types[b]]
        if pairs:
            a, b = _pick(rng, pairs)
            swapped = re.sub(rf"{a}\b|{b}\b", lambda m: b if m[0] == a else a, line[0])
            return text[:line.start()] + swapped + text[line.end():]
    return text


def drop_token(rng, text):
    return _replace_one(rng, text, r"[\w%#!.]+|[^\w\s]", lambda old: "")


CONSISTENT = [resize_everywhere, retype_everywhere, change_integer, change_real, change_word, change_place,
              drop_attribute, drop_mask, drop_op, repeat_op, swap_operands]
RECKLESS = [change_one_size, drop_token]


def _pick(rng, choices):
    return choices[rng.integers(len(choices))] if choices else None


def _replace_one(rng, text, pattern, new):
    match = _pick(rng, list(re.finditer(pattern, text)))
    return text if match is None else text[:match.start()] + new(match[0]) + text[match.end():]


def mutate(rng, text, consistent):
    """One mutation, sometimes two or three; every eighth is reckless."""
    result = text
    wanted = 1 + int(rng.integers(3)) * int(rng.random() < 0.3)
    for _ in range(50):
        if wanted == 0:
            return result
        step = _pick(rng, RECKLESS if rng.random() < 0.125 else consistent)
        changed = step(rng, result)
        wanted -= changed != result
        result = changed
    return result


# The compiler on one mutant.

def call(name, *arguments):
    """Status and stderr; the status is "timeout" where it took too long."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        done = subprocess.run([attnc_commands.find(name), *map(str, arguments)], capture_output=True, text=True,
                              errors="replace", timeout=TIMEOUT, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return "timeout", ""
    return done.returncode, done.stderr


def judge(directory, number, text, *flags):
    """(verifies, compiles, what is wrong or None)."""
    source, output = directory / f"mutant{number}.mlir", directory / f"mutant{number}.attnc"
    source.write_text(text)
    status, stderr = call("attnc-opt", source, "-o", os.devnull)
    if status not in (0, 1) or (status and "error:" not in stderr):
        return False, False, f"attnc-opt: status {status}: {stderr[:1500]}"
    verifies = status == 0
    status, stderr = call("attnc", source, "-o", output, *flags)
    written = output.exists()
    output.unlink(missing_ok=True)
    if status not in (0, 1):
        return verifies, False, f"attnc: status {status}: {stderr[:1500]}"
    if status == 1 and "error:" not in stderr:
        return verifies, False, f"attnc: status 1 without a diagnostic: {stderr[:1500]}"
    if written != (status == 0):
        return verifies, False, f"attnc: status {status}, and {'an' if written else 'no'} output was written"
    if status == 0 and not verifies:
        return verifies, True, "attnc compiles what attnc-opt refuses"
    return verifies, status == 0, None


def judge_mutants(test, originals, count, *flags, more=()):
    """Mutates by `more` steps too. Reports the originals that don't compile, the mutants that break a rule, and too many that don't verify."""
    for i, text in enumerate(originals):
        _, compiles, wrong = judge(test.directory, f"-original{i}", text, *flags)
        if not compiles:
            test.fail(f"original {i}", wrong or "expected the unchanged program to compile", text)
    consistent = CONSISTENT + list(more)
    mutants = [mutate(test.rng, originals[n % len(originals)], consistent) for n in range(count)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(pool.map(lambda item: judge(test.directory, *item, *flags), enumerate(mutants)))
    verified = sum(r[0] for r in results)
    print(f"{count} mutants: {verified} verify, {sum(r[1] for r in results)} compile, "
          f"{sum(r[2] is not None for r in results)} break a rule")
    for number, (_, _, wrong) in enumerate(results):
        test.checks += 1
        if wrong:
            test.fail(f"mutant {number}", wrong, mutants[number])
    # About 60 % verify; of 80 a third is far outside of chance, half is not.
    if 3 * verified < count:
        test.fail("the mutants", f"expected at least a third of {count} to verify, got {verified}")


def main():
    test = Differential()
    judge_mutants(test, sources(test), test.count(200, 2000))
    test.finish()


if __name__ == "__main__":
    main()
