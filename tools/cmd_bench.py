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
from arches import AARCH64, ARCHES


class Parser(argparse.ArgumentParser):
    def error(self, message):  # one line, no usage
        print(f"bench: {message} (see ./bench --help)", file=sys.stderr)
        sys.exit(2)


def arguments(argv):
    p = Parser(prog="./bench", description=__doc__, allow_abbrev=False,
               epilog="docs/costs.md says what each row means and how it is measured")
    p.add_argument("arch", nargs="?", default=AARCH64.name, choices=list(ARCHES),
                   help=f"the machine ({AARCH64.name})")
    p.add_argument("--json", action="store_true", help="print the figures as one JSON object, only")
    p.add_argument("--update", action="store_true",
                   help="write them to the architecture's table in tools/bench/ and to docs/costs.md")
    args = p.parse_args(argv)
    args.arch = ARCHES[args.arch]
    return args


def main():
    args = arguments(sys.argv[1:])
    setup_host.ensure("bench", args.arch)
    arch = args.arch
    before, _ = costs.committed(arch)
    figures, errors = measure.measure(arch)
    for line in errors:
        print(f"bench: {line}", file=sys.stderr)
    if missing := costs.missing(arch, figures):
        print(f"bench: not measured: {' '.join(missing)}", file=sys.stderr)
        return 1
    if args.update:
        costs.write(arch, figures, measure.measured_with(arch))
    if args.json:
        print(json.dumps({row.key: figures[row.key] for row in costs.ROWS[arch.name]}, indent=2))
    else:
        print("\n".join(costs.lines(arch, figures, before)))
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
