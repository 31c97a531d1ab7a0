#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./bench: measure what the hypervisor costs, in instructions and bytes, in QEMU; the same machine code
gives the same figures. Prints a table beside the committed figures, the aims, and what others take."""
import argparse
import json
import sys

import builds
import costs
import fetch_guests
import machine
import measure
import setup_host


class Parser(argparse.ArgumentParser):
    def error(self, message):  # one line, no usage
        print(f"bench: {message} (see ./bench --help)", file=sys.stderr)
        sys.exit(2)


def arguments(argv):
    p = Parser(prog="./bench", description=__doc__, allow_abbrev=False,
               epilog="docs/costs.md says what each row means and how it is measured")
    p.add_argument("arch", nargs="?", default="aarch64", choices=["aarch64"], help="the machine")
    p.add_argument("--json", action="store_true", help="print the figures as one JSON object, only")
    p.add_argument("--update", action="store_true",
                   help=f"write them to {costs.TABLE.relative_to(costs.ROOT)}")
    return p.parse_args(argv)


def main():
    args = arguments(sys.argv[1:])
    setup_host.ensure("bench")
    before, _ = costs.committed()
    figures, errors = measure.measure()
    for line in errors:
        print(f"bench: {line}", file=sys.stderr)
    if costs.missing(figures):
        print(f"bench: not measured: {' '.join(costs.missing(figures))}", file=sys.stderr)
        return 1
    if args.update:
        costs.write(figures, measure.measured_with())
    if args.json:
        print(json.dumps({row.key: figures[row.key] for row in costs.ROWS}, indent=2))
    else:
        print("\n".join(costs.lines(figures, before)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (setup_host.SetupError, builds.BuildError, fetch_guests.FetchError, machine.MachineError,
            measure.MeasureError, costs.TableError, OSError) as err:
        print(f"bench: {err}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
