#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Audit one static library: every exported symbol starts with one of --exports, every symbol it
needs from outside starts with one of --imports. Prints each offender; exits 1 if there is any."""
import argparse
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("nm")
parser.add_argument("library")
parser.add_argument("--exports", nargs="*", default=[])
parser.add_argument("--imports", nargs="*", default=[])
args = parser.parse_args()

defined, wanted = set(), set()
for line in subprocess.check_output([args.nm, "-g", args.library], text=True).splitlines():
    fields = line.split()
    if len(fields) == 2 and fields[0] in "Uvw":
        wanted.add(fields[1])
    elif len(fields) == 3:
        defined.add(fields[2])

bad = [f"{args.library}: exports {s}, not under {' '.join(args.exports)}"
       for s in sorted(defined) if not s.startswith(tuple(args.exports))]
bad += [f"{args.library}: needs {s}, which is not declared"
        for s in sorted(wanted - defined) if not s.startswith(tuple(args.imports))]
print("\n".join(bad) or f"ok: {len(defined)} exported, {len(wanted - defined)} imported")
sys.exit(bool(bad))
