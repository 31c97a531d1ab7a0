#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What ./run, ./bench and ./test need of this machine: looked for first, installed with apt-get on
Debian if missing, otherwise every missing thing is named in one message.
Usage: setup_host.py run|bench|test [aarch64|riscv64]"""
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from arches import ARCHES

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"


class SetupError(Exception):
    """One line (or one list) for the user."""


def say(line):
    print(f"setup: {line}", file=sys.stderr, flush=True)


def is_debian():
    return Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def output(*argv):
    """What a command prints, or None if it is not there or fails."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def version_of(text):
    found = re.search(r"(\d+)\.(\d+)", text or "")
    return (int(found[1]), int(found[2])) if found else None


# ---- single checks: each returns "" if all is well, else what is missing ----

def program(name, at_least=None):
    if shutil.which(name) is None:
        return name
    if at_least is not None:
        found = version_of(output(name, "--version"))
        if found is None or found < at_least:
            have = ".".join(map(str, found)) if found else "unknown"
            return f"{name} >= {at_least[0]}.{at_least[1]} (found {have})"
    return ""


def one_of(*names):
    return "" if any(shutil.which(n) for n in names) else names[0]


def pkg_config(module):
    return "" if output("pkg-config", "--exists", module) is not None else f"{module} (pkg-config)"


def header(name):
    done = subprocess.run(["cc", "-E", "-xc", "-", "-o", "/dev/null"], input=f"#include <{name}>\n",
                          stderr=subprocess.DEVNULL, text=True, check=False) \
        if shutil.which("cc") else None
    return "" if done and done.returncode == 0 else f"<{name}>"


def clang_runtime():
    name = f"libclang_rt.fuzzer-{os.uname().machine}.a"
    path = (output("clang", f"-print-file-name={name}") or "").strip()
    return "" if path != name and os.path.exists(path) else "clang's sanitizer and fuzzer runtimes"


def python_with(*modules):
    """The python that can import @modules: not always the first in PATH. None if there is none."""
    test = "import sys; assert sys.version_info >= (3, 11); import " + ", ".join(modules or ["sys"])
    for name in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if os.path.exists(name) and output(name, "-c", test) is not None:
            return name
    return None


def python_modules(*modules):
    return "" if python_with(*modules) else "python3 with " + " and ".join(modules)


@dataclass(frozen=True)
class Need:
    check: object  # callable
    args: tuple
    packages: tuple  # Debian's names, most fitting first

    def missing(self):
        return self.check(*self.args)


def firmware_file(qemu, name):
    """A file that QEMU itself looks for in its folders."""
    folders = (output(qemu, "-L", "help") or "").split()
    return "" if any(os.path.exists(os.path.join(f, name)) for f in folders) else f"QEMU's {name}"


def compiler_packages(arch):
    name = arch.prefix.rstrip("-")
    return (f"gcc-{name}",), (f"binutils-{name}",)


def needs_arch(arch):
    gcc, binutils = compiler_packages(arch)
    needs = [
        Need(program, (f"{arch.prefix}gcc",), gcc),
        Need(program, (f"{arch.prefix}objcopy",), binutils),
        Need(program, (arch.qemu, (7, 2)), (arch.qemu_package,)),
    ]
    return needs + [Need(firmware_file, (arch.qemu, name), (arch.qemu_package,))
                    for name in arch.qemu_files]


def needs_run(arches):
    return [
        Need(program, ("meson", (1, 0)), ("meson",)),
        Need(program, ("ninja",), ("ninja-build",)),
        Need(program, ("timeout",), ("coreutils",)),
    ] + [need for arch in arches for need in needs_arch(arch)]


def needs_bench(arches):
    return needs_run(arches) + [
        Need(program, ("gcc",), ("gcc",)),
        Need(header, ("stdlib.h",), ("libc6-dev",)),
    ]


def needs_test(arches):
    clang_major = version_of(output("clang", "--version"))
    runtime = f"libclang-rt-{clang_major[0] if clang_major else 14}-dev"
    return needs_bench(arches) + [
        Need(program, ("clang", (14, 0)), ("clang",)),
        Need(clang_runtime, (), (runtime,)),
        Need(program, ("clang-tidy",), ("clang-tidy",)),
        Need(program, ("clang-format",), ("clang-format",)),
        Need(program, ("cppcheck",), ("cppcheck",)),
        Need(program, ("lcov",), ("lcov",)),
        Need(program, ("cpio",), ("cpio",)),
        Need(program, ("pkg-config",), ("pkg-config",)),
        Need(pkg_config, ("cmocka",), ("libcmocka-dev",)),
        Need(header, ("libfdt.h",), ("libfdt-dev",)),
        Need(program, ("dtc",), ("device-tree-compiler",)),
        Need(python_modules, ("pexpect", "pytest"), ("python3-pexpect", "python3-pytest")),
        Need(program, ("x86_64-linux-gnu-gcc",), ("gcc-x86-64-linux-gnu",)),
    ]


NEEDS = {"run": needs_run, "bench": needs_bench, "test": needs_test}


# ---- installing ----

def apt_get(*args):
    argv = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *args]
    if os.geteuid() != 0:
        argv = ["sudo", "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"] + argv
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "setup.log"
    env = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    with open(log, "ab") as out:
        start = out.tell()
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.STDOUT, env=env, check=False)
    return done.returncode, log.read_bytes()[start:].decode("utf-8", "replace")


def apt_failure(text):
    """The one line that apt's output comes to, or None if it says nothing we know."""
    if re.search(r"Could not resolve|Temporary failure resolving|Could not connect|Unable to connect"
                 r"|Network is unreachable|Connection timed out|Failed to fetch|Cannot initiate", text):
        return "no network: apt cannot reach its sources"
    found = re.findall(r"Unable to locate package (\S+)|Package '?(\S+?)'? has no installation", text)
    if found:
        names = " ".join(sorted({a or b for a, b in found}))
        return f"not in this machine's apt sources: {names}"
    if "NO_PUBKEY" in text or "is not signed" in text:
        return "apt does not trust its sources (archive key missing)"
    return None


def install(packages):
    say(f"installing {len(packages)} packages, which can take minutes: {' '.join(packages)}")
    args = ("install", "-y", "--no-install-recommends", *packages)
    code, text = apt_get(*args)
    if code != 0:  # the lists may never have been fetched, or be stale
        _, update_text = apt_get("update")
        code, text = apt_get(*args)
        if code != 0:
            reason = apt_failure(update_text + text) or "apt-get install failed"
            raise SetupError(f"{reason} (log: build/logs/setup.log)")


def may_install():
    return os.geteuid() == 0 or shutil.which("sudo") is not None


def fingerprint(needs):
    """Changes when a tool comes, goes or is replaced, so that versions are asked only then."""
    parts = [str(Path(__file__).stat().st_mtime_ns)]
    for need in needs:
        name = need.args[0] if need.args else ""
        path = shutil.which(name) if need.check is program else None
        parts.append(f"{name}:{path}:{os.stat(path).st_mtime_ns if path else 0}")
    return "\n".join(parts)


def ensure(command, *arches):
    """Make sure that @command's needs are met, on @arches or on all. SetupError names what is missing."""
    needs = NEEDS[command](arches or ARCHES.values())
    stamp = BUILD / "-".join([".setup", command, *(arch.name for arch in arches)])
    if stamp.exists() and stamp.read_text() == fingerprint(needs):
        return
    missing = [(n, m) for n in needs if (m := n.missing())]
    packages = sorted({p for n, _ in missing for p in n.packages})
    if missing:
        names = ", ".join(m for _, m in missing)
        if not is_debian():
            raise SetupError(f"missing: {names} (not Debian: install them by hand)")
        if not may_install():
            raise SetupError(f"missing: {names}; there is neither root nor sudo, so ask someone who "
                             f"may: apt-get install {' '.join(packages)}")
        install(packages)
        left = [m for n in needs if (m := n.missing())]
        if left:
            raise SetupError(f"still missing after the installation: {', '.join(left)} "
                             "(Debian 12 or newer is needed)")
    BUILD.mkdir(exist_ok=True)
    stamp.write_text(fingerprint(needs))


def main():
    words = sys.argv[1:]
    if not words or words[0] not in NEEDS or any(w not in ARCHES for w in words[1:]):
        sys.exit("usage: setup_host.py run|bench|test [aarch64|riscv64]")
    try:
        ensure(words[0], *(ARCHES[w] for w in words[1:]))
    except SetupError as err:
        say(err)
        sys.exit(1)


if __name__ == "__main__":
    main()
