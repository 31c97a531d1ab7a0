#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files as C arrays, named after the files. Usage: bytes_to_c.py OUT.c OUT.h FILE..."""
import pathlib
import sys

with open(sys.argv[1], "w") as c, open(sys.argv[2], "w") as h:
    h.write("#pragma once\n#include <stddef.h>\n#include <stdint.h>\n")
    c.write('#include "trees.h"\n')
    for path in map(pathlib.Path, sys.argv[3:]):
        data = path.read_bytes()
        h.write(f"extern const uint8_t tree_{path.stem}[];\n"
                f"extern const size_t tree_{path.stem}_size;\n")
        c.write(f"_Alignas(8) const uint8_t tree_{path.stem}[] = {{{','.join(map(str, data))}}};\n"
                f"const size_t tree_{path.stem}_size = {len(data)};\n")
