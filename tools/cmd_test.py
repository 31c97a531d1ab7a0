#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./test: run the suites named (all of them if none is), say where the time went, and end with the
count of single tests."""
import signal
import sys
import time

import builds
import contract
import costs
import fetch_guests
import machine
import measure
import mistakes
import setup_host
import suites
from tally import Tally

SUITES = {
    "unit": (suites.unit, "every library on this machine: gcc, then clang, both with sanitizers"),
    "contract": (contract.contract, "all targets build; layers, symbols, format, static analysis"),
    "fuzz": (suites.fuzz, f"each fuzz entry for {suites.FUZZ_SECONDS} s"),
    "coverage": (suites.coverage, f"line coverage of libs/, {suites.COVERAGE_LIMIT:.0f} % at least"),
    "system": (suites.system, "the image and its guests in QEMU"),
    "bench": (suites.bench, "costs, in instructions and bytes, against the committed table"),
}
# Not part of all: these run when named.
SPECIAL = {
    "mistakes": (mistakes.mistakes, "known mistakes put into a copy of the tree: the tests must see each"),
}


def usage():
    lines = ["usage: ./test [SUITE…]", "", "suites (without a name: all, in this order):"]
    lines += [f"  {name:10}{about}" for name, (_, about) in SUITES.items()]
    lines += ["only by name:"] + [f"  {name:10}{about}" for name, (_, about) in SPECIAL.items()]
    return "\n".join(lines)


def run_suite(name):
    tally = Tally()
    start = time.monotonic()
    print(f"====  {name}", flush=True)
    try:
        (SUITES | SPECIAL)[name][0](tally)
    except (builds.BuildError, fetch_guests.FetchError, machine.MachineError, measure.MeasureError,
            costs.TableError, OSError) as err:
        tally.fail(name, str(err))
    for what, detail in tally.failures:
        print(f"FAIL  {what}")
        for line in detail.strip().splitlines():
            print(f"      | {line}")
    for what, reason in tally.skips:
        print(f"skip  {what}{': ' + reason if reason else ''}")
    return tally, time.monotonic() - start


def main():
    names = sys.argv[1:]
    if any(n in ("-h", "--help") for n in names):
        print(usage())
        return 0
    for name in names:
        if name not in SUITES | SPECIAL:
            print(f"test: no suite '{name}' (there are: {' '.join(SUITES | SPECIAL)})",
                  file=sys.stderr)
            return 2
    try:
        setup_host.ensure("test")
    except setup_host.SetupError as err:
        print(f"setup: {err}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    total, rows = Tally(), []
    for name in names or SUITES:
        tally, seconds = run_suite(name)
        total.add(tally)
        rows.append(f"{name:10}{seconds:7.1f} s  {tally.passed:6} passed  {tally.failed:4} failed"
                    f"  {tally.skipped:4} skipped")
    print("====  time")
    print("\n".join(rows))
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
