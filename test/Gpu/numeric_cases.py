# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The kernels that check_cases.py tests: every mask and score, head dimensions, types, and passes left out.

`about` says what a case needs beyond the usual sizes:
    family   it stands for a kernel family where one of each is enough (compute-sanitizer)
    sizes    more sizes (B, Sq, Sk)
"""

from attention_cases import OPTIONAL_PASSES, Case

FAMILY = {"family": True}


def cases():
    found = []

    def add(name, about=None, **fields):
        found.append(Case(name, about=about or {}, **fields))

    # More blocks of work than the GPU holds at once, with 4 heads.
    large = {"sizes": [(5, 1111, 1111), (2, 2500, 2611)]}
    # More blocks of rows and of keys than the kernels of block lists count at once.
    long = {"sizes": [*large["sizes"], (1, 17011, 33011)]}
    for dim in (64, 128, 256):
        for mask in ("full", "causal"):
            add(f"d{dim}_{mask}", FAMILY | large, dim=dim, mask=mask)
            add(f"d{dim}_{mask}_f16", dim=dim, mask=mask, dtype="f16")
    for dim in (8, 40, 72, 80, 96, 160, 192):
        add(f"d{dim}", FAMILY if dim in (96, 160) else None, dim=dim, mask="causal" if dim % 16 else "full")
    add("d96_to_64", dim=96, value_dim=64)
    add("d72_to_40", dim=72, value_dim=40, mask="full")
    add("d64_to_128", dim=64, value_dim=128)
    add("heads_of_their_own", heads=4, kv_heads=4)
    add("one_kv_head", FAMILY, heads=7, kv_heads=1)
    add("one_kv_head_full", heads=7, kv_heads=1, mask="full", dim=64)
    add("static", sizes=(3, 523, 523))
    add("static_unequal", sizes=(1, 300, 777), mask="full", dim=64)
    add("scale", attributes={"scale": 0.25})
    add("offset", attributes={"q_offset": 7})
    add("negative_offset", attributes={"q_offset": -40})

    for mask in ("window_100", "window_3", "band", "prefix", "lengths", "padded_causal", "documents",
                 "window_of_packed", "tensor", "blocks", "rows_and_classes", "heads"):
        add(f"mask_{mask}", FAMILY if mask in ("blocks", "rows_and_classes") else None, mask=mask)
    for mask in ("window_1023", "prefix_lm", "packed", "dilated_small", "strided_blocks_small"):
        add(f"mask_{mask}", FAMILY | (long if mask == "packed" else large), mask=mask)
    add("mask_packed_d64", mask="packed", dim=64)
    add("mask_packed_d256", mask="packed", dim=256)
    add("mask_prefix_lm_d256", mask="prefix_lm", dim=256)
    add("mask_blocks_f16", mask="blocks", dtype="f16")

    for score in ("soft_cap", "soft_cap_5", "alibi", "table", "narrow_table", "head_table", "key_bias", "next_query"):
        add(f"score_{score}", FAMILY if score in ("soft_cap", "alibi", "table") else None, score=score)
    add("score_soft_cap_d256", score="soft_cap", dim=256)
    add("score_alibi_d64", score="alibi", dim=64, mask="packed")
    add("score_table_full", score="table", mask="full")
    add("score_alibi_full", score="alibi", mask="full", sizes=(1, 700, 5003))
    add("score_alibi_in_place", score="alibi", disable="tile-defer-row-terms")

    add("scores_in_cache", FAMILY, attributes={"place": "#attn.place<scores = cache>"})
    add("scores_in_cache_d64", dim=64, mask="full", attributes={"place": "#attn.place<scores = cache>"})
    for name in OPTIONAL_PASSES:
        add(f"without_{name.replace('-', '_')}", FAMILY, disable=name)
        add(f"without_{name.replace('-', '_')}_d256", disable=name, dim=256, mask="prefix_lm")
    add("without_all", FAMILY, disable=",".join(OPTIONAL_PASSES))
    add("without_all_d64", disable=",".join(OPTIONAL_PASSES), dim=64, mask="full")
    return found
