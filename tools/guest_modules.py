# SPDX-License-Identifier: Apache-2.0
"""Modules of the guests' usual kernel, for tests that give a guest a device whose driver is not built in."""
import lzma
import os
import re

import fetch_guests


def modules(arch, names):
    """{name: bytes} for the kernel that fetch_guests.kernel(@arch) gives; FetchError if it is not Debian's.
    The package is fetched once more for them, since hardly anybody wants any."""
    place = fetch_guests.folder(arch)
    fetch_guests.kernel(arch)
    if os.environ.get(f"AXVISOR_GUEST_KERNEL{arch.variables}"):
        raise fetch_guests.FetchError("the kernel is not the one that the package's modules are for")
    version = (place / "kernel-version").read_text().strip()
    place = place / "modules" / version
    paths = {name: place / f"{name}.ko" for name in names}
    missing = [name for name, path in paths.items() if not path.exists()]
    if missing:
        deb = fetch_guests.source(arch, arch.suite).package(f"linux-image-{version}")
        patterns = {name: rf"\./(usr/)?lib/modules/{re.escape(version)}/.*/{name}\.ko(\.xz)?"
                    for name in missing}
        found = fetch_guests.unpack(deb, list(patterns.values()))
        deb.unlink()
        for name, pattern in patterns.items():
            path, data = found[pattern]
            fetch_guests.write_file(paths[name], lzma.decompress(data) if path.endswith(".xz") else data)
    return {name: path.read_bytes() for name, path in paths.items()}
