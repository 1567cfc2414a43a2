# Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Masks as predicates over (batch, head, query, key), combined by & and |.

With i' = i + q_offset, the query's position among the keys; q_offset is Sk − Sq unless given, so that the last query
stands at the last key (bottom-right alignment).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ScoreIndex:
    """Where each score stands: integer arrays that broadcast to [B, H, Sq, Sk]."""
    batch: np.ndarray
    head: np.ndarray
    query: np.ndarray
    key: np.ndarray
    position: np.ndarray  #: query + q_offset

    @staticmethod
    def of(batch, heads, queries, keys, q_offset=None):
        """All scores of these sizes. `q_offset`: an int, or an int for each batch, or None for keys − queries."""
        offset = np.asarray(keys - queries if q_offset is None else q_offset).reshape(-1, 1, 1, 1)
        query = np.arange(queries).reshape(1, 1, -1, 1)
        return ScoreIndex(batch=np.arange(batch).reshape(-1, 1, 1, 1), head=np.arange(heads).reshape(1, -1, 1, 1),
                          query=query, key=np.arange(keys).reshape(1, 1, 1, -1), position=query + offset)


class Mask:
    """`mask(index)` is True where the query sees the key."""

    def __init__(self, visible):
        self._visible = visible

    def __call__(self, index):
        return np.asarray(self._visible(index), dtype=bool)

    def __and__(self, other):
        return Mask(lambda index: self(index) & other(index))

    def __or__(self, other):
        return Mask(lambda index: self(index) | other(index))


def causal():
    """j ≤ i'."""
    return Mask(lambda s: s.key <= s.position)


def window(left, right=0):
    """i' − left ≤ j ≤ i' + right (Beltagy et al., 2020, Longformer)."""
    return Mask(lambda s: (s.position - left <= s.key) & (s.key <= s.position + right))


def prefix(lengths_):
    """j < lengths_[b]; lengths_ [B]."""
    lengths_ = np.asarray(lengths_)
    return Mask(lambda s: s.key < lengths_[s.batch])


#: The same predicate, under the name for padded batches.
lengths = prefix


def document(query_document, key_document):
    """query_document[b, i] = key_document[b, j]; [B, Sq] and [B, Sk]."""
    query_document, key_document = np.asarray(query_document), np.asarray(key_document)
    return Mask(lambda s: query_document[s.batch, s.query] == key_document[s.batch, s.key])


def custom(predicate):
    """predicate(b, h, i, j) on integer arrays that broadcast to [B, H, Sq, Sk]; q_offset is not added to i."""
    return Mask(lambda s: predicate(s.batch, s.head, s.query, s.key))
