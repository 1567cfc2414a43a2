# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The cases of bench/attention_h100.py: their IR and what peers are known to do on them."""

import random
from dataclasses import dataclass

LENGTHS = (512, 1024, 2048, 4096, 8192, 16384)
TOKENS = 16384

CAUSAL = ("%c = attn.mask.causal", "%c")
WINDOW = ("%w = attn.mask.window 1023", "%w")
PREFIX = ("%c = attn.mask.causal\n  %p = attn.mask.prefix %n : tensor<1xi32>\n  %m = attn.mask.or %p, %c", "%m")
DOCUMENT = ("%c = attn.mask.causal\n  %d = attn.mask.document %ids, %ids : tensor<1x16384xi32>, tensor<1x16384xi32>\n"
            "  %m = attn.mask.and %d, %c", "%m")
# Causal, and within 512 keys or in one of every eight runs of 256 keys: no mask op knows it.
DILATED = ("""%m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c256 = arith.constant 256 : index
    %c512 = arith.constant 512 : index
    %distance = arith.subi %i, %j : index
    %past = arith.cmpi sge, %distance, %c0 : index
    %near = arith.cmpi slt, %distance, %c512 : index
    %run = arith.divui %j, %c256 : index
    %rest = arith.remui %run, %c8 : index
    %kept = arith.cmpi eq, %rest, %c0 : index
    %either = arith.ori %near, %kept : i1
    %seen = arith.andi %past, %either : i1
    attn.yield %seen : i1
  }""", "%m")
SOFT_CAP = """score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %cap = arith.constant 50.0 : f32
    %x = arith.divf %s, %cap : f32
    %t = math.tanh %x : f32
    %y = arith.mulf %t, %cap : f32
    attn.yield %y : f32
  }"""
# Slopes 2^(-8 (h + 1) / 16).
ALIBI = """score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %half = arith.constant -0.5 : f32
    %c1 = arith.constant 1 : index
    %n = arith.addi %h, %c1 : index
    %n32 = arith.index_cast %n : index to i32
    %nf = arith.sitofp %n32 : i32 to f32
    %e = arith.mulf %nf, %half : f32
    %slope = math.exp2 %e : f32
    %distance = arith.subi %j, %i : index
    %d32 = arith.index_cast %distance : index to i32
    %df = arith.sitofp %d32 : i32 to f32
    %bias = arith.mulf %slope, %df : f32
    %y = arith.addf %s, %bias : f32
    attn.yield %y : f32
  }"""


@dataclass(frozen=True)
class Case:
    name: str
    batch: int
    heads: int
    kv_heads: int
    length: int
    dim: int
    kind: str  # full, causal, window, prefix, document, dilated, softcap, alibi
    disable: str = ""

    @property
    def flops(self):
        """As peers count: half of the square where the mask is causal."""
        return 4 * self.batch * self.heads * self.length**2 * self.dim * (1.0 if self.kind == "full" else 0.5)

    def ir(self):
        mask = {"full": None, "window": WINDOW, "prefix": PREFIX, "document": DOCUMENT, "dilated": DILATED}.get(
            self.kind, CAUSAL)
        score = {"softcap": SOFT_CAP, "alibi": ALIBI}.get(self.kind, "")
        extra = {"prefix": ', %n: tensor<1xi32> {attn.name = "n"}',
                 "document": ', %ids: tensor<1x16384xi32> {attn.name = "ids"}'}.get(self.kind, "")
        q = f"tensor<{self.batch}x{self.heads}x{self.length}x{self.dim}xbf16>"
        kv = f"tensor<{self.batch}x{self.kv_heads}x{self.length}x{self.dim}xbf16>"
        return f"""func.func @attention(%q: {q} {{attn.name = "q"}}, %k: {kv} {{attn.name = "k"}}, %v: {kv} {{attn.name = "v"}}{extra})
    -> ({q} {{attn.name = "o"}}) {{
  {mask[0] if mask else ""}
  %o = attn.attention %q, %k, %v {"mask " + mask[1] if mask else ""} {score}
    : ({q}, {kv}, {kv}{", !attn.mask" if mask else ""}) -> {q}
  return %o : {q}
}}
"""


def documents():
    """Ids of documents of random lengths until the tokens are used up."""
    lengths, ids = random.Random(7), []
    while len(ids) < TOKENS:
        ids += [len(set(ids))] * min(lengths.randrange(128, 4096), TOKENS - len(ids))
    return ids


def forward_cases():
    for dim, heads, kv_heads in ((64, 32, 32), (128, 16, 16), (256, 8, 8), (128, 32, 8)):
        for kind in ("full", "causal"):
            for length in LENGTHS:
                group = "_gqa" if heads != kv_heads else ""
                yield Case(f"d{dim}{group}_{kind}_{length}", TOKENS // length, heads, kv_heads, length, dim, kind)


def mask_cases():
    for kind in ("window", "prefix", "document", "softcap", "alibi", "dilated"):
        yield Case(f"{kind}_16384", 1, 16, 16, TOKENS, 128, kind)


OPTIONAL_PASSES = ("attn-classify-tiles", "tile-promote-registers", "tile-pipeline-loads", "tile-overlap-products",
                   "tile-specialize-warps", "tile-schedule-work", "tile-balance-work", "tile-overlap-work",
                   "tile-alternate-warpgroups")


def ablation_cases():
    for length in (1024, 4096, 16384):
        for name in OPTIONAL_PASSES:
            yield Case(f"without_{name}_{length}", TOKENS // length, 16, 16, length, 128, "causal", name)


# FlashAttention-3 over cuDNN in one interleaved run on an H100 SXM, from LENGTHS[0] on (FA3 commit 0251105a, cuDNN 9.19). A GQA
# case takes the ratio of its head dim.
FA3_TO_CUDNN = {
    (64, "full"): (336 / 401, 391 / 445, 507 / 471, 534 / 486, 585 / 495, 590 / 496),
    (64, "causal"): (222 / 273, 300 / 350, 436 / 405, 497 / 441, 555 / 464, 576 / 475),
    (128, "full"): (521 / 537, 637 / 615, 698 / 659, 733 / 678, 755 / 686, 760 / 689),
    (128, "causal"): (282 / 343, 458 / 446, 604 / 524, 684 / 579, 731 / 615, 759 / 637),
    (256, "full"): (520 / 528, 668 / 629, 752 / 699, 794 / 730, 818 / 746, 829 / 753),
    (256, "causal"): (301 / 326, 486 / 466, 621 / 552, 719 / 605, 780 / 636, 817 / 657),
}
# FlashAttention-3's time over that of compiled FlexAttention (soft cap: with tanh.approx), same card.
FA3_TO_FLEX = {"window": 249 / 431, "document": 321 / 609, "prefix": 1577 / 2863, "softcap": 1825 / 3097}
