#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Get what the guests are made of: Debian's kernels, busybox, libfdt and firmware of an architecture, and
write the initramfs. Nothing that is there is fetched again.
Usage: fetch_guests.py [aarch64|riscv64] [kernel] [kernel-6.12] [busybox] [libfdt] [u-boot] ..."""
import functools
import os
import re
import shutil
import sys
from pathlib import Path

import builds
import float_abi
import newc
from arches import AARCH64, ARCHES
from debian import Apt, FetchError, codename, unpack


def write_file(path, data, mode=0o644):
    """Whole or not at all, so that an interrupted run leaves nothing that looks complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.chmod(mode)
    part.replace(path)


def folder(arch):
    """Where the guests of @arch are kept."""
    return builds.BUILD / "guests" / arch.name


def given(what):
    """A file that the environment names instead of a download."""
    variable = f"AXVISOR_{what}"
    value = os.environ.get(variable)
    if not value:
        return None
    path = Path(value)
    if not path.exists():
        raise FetchError(f"{variable}={value}: no such file")
    return path.resolve()


def without(arch):
    """How to do without downloads, for the messages."""
    kernels = "".join(f"|_{which.upper().replace('.', '_')}" for which in arch.kernels)
    return (f"without downloads: AXVISOR_GUEST_KERNEL{arch.variables}[{kernels[1:]}]=IMAGE "
            f"AXVISOR_GUEST_BUSYBOX{arch.variables}=STATIC_{arch.debian.upper()}_BINARY "
            f"AXVISOR_LIBFDT{arch.variables}=FOLDER, or run with --bundle FILE or --guest PATH")


@functools.cache
def apt(arch, suite):
    """The packages of @suite, or of this machine's own with None."""
    return Apt(arch.debian, suite, without(arch))


def is_own(suite):
    """Whether this machine's sources are those of @suite."""
    return suite is None or (shutil.which("apt-get") is not None and codename() == suite)


def source(arch, suite):
    return apt(arch, None if is_own(suite) else suite)


# ---- what there is to get ----

def fetch_kernel(arch, suite, flavour, place, version=r"\d"):
    """The newest kernel of a flavour, by the name that its meta package gives. The rest of its package,
    mostly modules, is not kept."""
    path = place / "vmlinuz"
    if not path.exists():
        packages = source(arch, suite)
        name = packages.dependency(f"linux-image-{flavour}", rf"linux-image-{version}.*-{flavour}")
        pattern = r"\./boot/vmlinu[xz]-.*"
        deb = packages.package(name)
        original, data = unpack(deb, [pattern])[pattern]
        deb.unlink()
        place.mkdir(parents=True, exist_ok=True)
        (place / "kernel-version").write_text(re.split("vmlinu[xz]-", original, maxsplit=1)[1] + "\n")
        write_file(path, data)
    return path


def kernel(arch=AARCH64, which=None):
    """The architecture's usual kernel, or the one of its kernels that is called @which."""
    end = f"_{which.upper().replace('.', '_')}" if which else ""
    own = given(f"GUEST_KERNEL{arch.variables}{end}")
    if own:
        return own
    if which is None:
        return fetch_kernel(arch, arch.suite, arch.flavour, folder(arch))
    wanted = arch.kernels[which]
    usual = wanted.flavour == arch.flavour and (
        wanted.suite == arch.suite or arch.suite is None and is_own(wanted.suite))
    if usual:
        return fetch_kernel(arch, arch.suite, arch.flavour, folder(arch))
    return fetch_kernel(arch, wanted.suite, wanted.flavour, folder(arch) / which,
                        re.escape(wanted.version) + r"\.")


def busybox(arch=AARCH64):
    own = given(f"GUEST_BUSYBOX{arch.variables}")
    if own:
        return own
    path = folder(arch) / "busybox"
    if not path.exists():
        pattern = r"\./(usr/)?bin/busybox"
        deb = source(arch, arch.suite).package("busybox-static")
        write_file(path, unpack(deb, [pattern])[pattern][1], 0o755)
    return path


def libfdt(arch=AARCH64):
    """A folder with the target's libfdt.a and its headers, for the meson option libfdt_dir."""
    own = given(f"LIBFDT{arch.variables}")
    if own:
        return own
    place = builds.BUILD / "deps" / arch.name / "libfdt"
    if not (place / "libfdt.a").exists():
        patterns = {r"\./usr/include/libfdt\.h": "libfdt.h", r"\./usr/include/fdt\.h": "fdt.h",
                    r"\./usr/include/libfdt_env\.h": "libfdt_env.h",
                    r"\./usr/lib/[^/]*/libfdt\.a": "libfdt.a"}  # the archive last: it is the stamp
        files = unpack(source(arch, arch.suite).package("libfdt-dev"), list(patterns))
        for pattern, name in patterns.items():
            data = files[pattern][1]
            if arch.float_abi and name.endswith(".a"):
                try:
                    data = float_abi.clear(data)
                except float_abi.FloatAbiError as err:
                    raise FetchError(f"{name}: {err}; the hypervisor must not use FP") from None
            write_file(place / name, data)
    return place


def initramfs(arch=AARCH64, name="initramfs.cpio", extra=(), shrc=b""):
    """busybox and our /init, entries as of newc in @extra and more lines for the shell to read at its
    start; written anew when one of them changes."""
    ours = builds.ROOT / "guests" / "initramfs"
    entries = [newc.folder(d) for d in ("bin", "dev", "etc", "proc", "root", "sys", "tmp")]
    # The kernel opens /dev/console before /init can mount anything.
    entries.append(("dev/console", 0o020600, b"", (5, 1)))
    entries.append(newc.executable("init", (ours / "init").read_bytes()))
    entries.append(newc.regular("etc/shrc", (ours / "shrc").read_bytes() + shrc))
    entries.append(newc.executable("bin/busybox", busybox(arch).read_bytes()))
    data = newc.archive(entries + list(extra))
    path = folder(arch) / name
    if not path.exists() or path.read_bytes() != data:
        write_file(path, data)
    return path


def firmware(arch, which):
    """One of the architecture's firmwares."""
    own = given(f"GUEST_{which.upper().replace('-', '_')}{arch.variables}")
    if own:
        return own
    wanted = arch.firmwares[which]
    path = folder(arch) / wanted.file
    if not path.exists():
        deb = source(arch, arch.suite).package(wanted.package)
        write_file(path, unpack(deb, [wanted.pattern])[wanted.pattern][1])
    return path


BASIC = {"kernel": kernel, "busybox": busybox, "libfdt": libfdt, "initramfs": initramfs}


def items(arch):
    """What can be asked for, by name."""
    return BASIC | {name: functools.partial(firmware, which=name) for name in arch.firmwares} \
        | {f"kernel-{which}": functools.partial(kernel, which=which) for which in arch.kernels}


def main():
    names = sys.argv[1:]
    arch = ARCHES[names.pop(0)] if names and names[0] in ARCHES else AARCH64
    known = items(arch)
    for name in names:
        if name not in known:
            sys.exit(f"fetch: '{name}': one of {' '.join(known)}")
    try:
        for name in names or BASIC:
            print(known[name](arch))
    except FetchError as err:
        builds.say(f"fetch: {err}")
        sys.exit(1)


if __name__ == "__main__":
    main()
