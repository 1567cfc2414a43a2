# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Score regions for the tests of both targets.

Each form(test, f, heads) gives (captures and body, the inputs that it reads as {name: f(B, Sq, Sk)}, a function from a
run's inputs to the oracle's score function).
"""

import numpy as np


def alibi(test, f, heads):
    """Slopes computed from the head (Press et al., 2022)."""
    body = """
        %one = arith.constant 1 : index
        %number = arith.addi %h, %one : index
        %n = arith.index_cast %number : index to i32
        %x = arith.sitofp %n : i32 to f32
        %minus_two = arith.constant -2.0 : f32
        %power = arith.mulf %x, %minus_two : f32
        %slope = math.exp2 %power : f32
        %distance = arith.subi %j, %i : index
        %d = arith.index_cast %distance : index to i32
        %y = arith.sitofp %d : i32 to f32
        %bias = arith.mulf %slope, %y : f32
        %result = arith.addf %s, %bias : f32
        attn.yield %result : f32"""
    return ([], body), {}, lambda _: lambda s, b, h, i, j: s + 2.0**(-2 * (h + 1)) * (j - i)


def soft_cap(test, f, heads):
    cap = f.constant(5.0, "f32")
    body = """
        %x = arith.divf %s, %c0 : f32
        %t = math.tanh %x : f32
        %result = arith.mulf %t, %c0 : f32
        attn.yield %result : f32"""
    return ([cap], body), {}, lambda _: lambda s, b, h, i, j: 5.0 * np.tanh(s / 5.0)


def added(tensor, indices):
    """A score region that adds an element of `tensor`."""
    extend = f"""
        %e = arith.extf %x : {tensor.dtype} to f32
        %result = arith.addf %s, %e : f32""" if tensor.dtype != "f32" else """
        %result = arith.addf %s, %x : f32"""
    return [tensor], f"""
        %x = tensor.extract %c0[{indices}] : {tensor.type}{extend}
        attn.yield %result : f32"""


def bias(test, f, heads):
    """[B, H, Sq, Sk], some of it −inf."""
    def make(B, Sq, Sk):
        x = test.normal((B, heads, Sq, Sk))
        return np.where(test.rng.random(x.shape) < 0.2, np.float32(-np.inf), x)
    score = added(f.input("table", ("B", heads, "Sq", "Sk"), dtype="f32"), "%b, %h, %i, %j")
    return score, {"table": make}, lambda inputs: lambda s, b, h, i, j: s + inputs["table"][b, h, i, j]


def narrow_bias(test, f, heads):
    """[Sq, Sk] in bf16, for all batches and heads."""
    score = added(f.input("table", ("Sq", "Sk"), dtype="bf16"), "%i, %j")
    return (score, {"table": lambda B, Sq, Sk: test.normal((Sq, Sk), "bf16")},
            lambda inputs: lambda s, b, h, i, j: s + inputs["table"][i, j])


def key_bias(test, f, heads):
    score = added(f.input("table", ("B", "Sk"), dtype="f32"), "%b, %j")
    return (score, {"table": lambda B, Sq, Sk: test.normal((B, Sk))},
            lambda inputs: lambda s, b, h, i, j: s + inputs["table"][b, j])


def next_query_bias(test, f, heads):
    """A row vector read one further; beyond the edge it reads zeros."""
    captures, body = added(f.input("table", ("B", "Sq"), dtype="f32"), "%b, %next")
    body = "%one = arith.constant 1 : index\n%next = arith.addi %i, %one : index" + body

    def score(inputs):
        shifted = np.pad(inputs["table"][:, 1:], ((0, 0), (0, 1)))
        return lambda s, b, h, i, j: s + shifted[b, i]

    return (captures, body), {"table": lambda B, Sq, Sk: test.normal((B, Sq))}, score


FORMS = (alibi, soft_cap, bias, narrow_bias, key_bias, next_query_bias)
