#!/bin/sh
# Interesting (exit 1): the file has an attn.norm.
if grep -q attn.norm "$1"; then exit 1; fi
