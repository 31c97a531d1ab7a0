# SPDX-License-Identifier: Apache-2.0
"""Build folders: configured once, brought up to date by ninja. Output goes to build/logs; a failure
shows the end of it."""
import contextlib
import fcntl
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
SANITIZE = "-Db_sanitize=address,undefined"

# name -> (arguments of meson setup, environment)
FOLDERS = {
    "host": ([], {"CC": "gcc"}),  # what an install is made of
    "gcc": ([SANITIZE], {"CC": "gcc"}),
    "clang": ([SANITIZE, "-Db_lundef=false"], {"CC": "clang"}),
    "fuzz": ([SANITIZE, "-Db_lundef=false", "-Dfuzz=enabled", "-Dtests=enabled"], {"CC": "clang"}),
    "coverage": (["-Db_coverage=true", "-Dbuildtype=debug"], {"CC": "gcc"}),
    "aarch64": (["--cross-file", "cross/aarch64.ini"], {}),
    "riscv64": (["--cross-file", "cross/riscv64.ini"], {}),
    "x86_64": (["--cross-file", "cross/x86_64.ini"], {}),
}


class BuildError(Exception):
    """What failed, where the log is, and its end."""


def say(line):
    print(line, file=sys.stderr, flush=True)


def tail(path, lines=25):
    text = Path(path).read_text(errors="replace").splitlines()
    return "\n".join(text[-lines:])


def logged(argv, log, env=None, cwd=ROOT, timeout=None):
    """Run @argv with everything it says in build/logs/@log. Returns (exit status, path of the log)."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / log
    with open(path, "wb") as out:
        out.write(f"$ {shlex.join(map(str, argv))}\n".encode())
        out.flush()
        try:
            done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT, cwd=cwd, check=False, timeout=timeout,
                                  env=dict(os.environ, **(env or {})))
        except subprocess.TimeoutExpired:
            out.write(f"\nstopped after {timeout} s\n".encode())
            return 124, path
    return done.returncode, path


def step(what, argv, log, **kwargs):
    code, path = logged(argv, log, **kwargs)
    if code != 0:
        raise BuildError(f"{what} failed ({path.relative_to(ROOT)}):\n{tail(path)}")


@contextlib.contextmanager
def alone(name):
    """No other process has the folder @name meanwhile: neither meson nor ninja expects company."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def configure(name, extra=()):
    """The folder of @name, set up with exactly these options; set up anew if they changed."""
    args, env = FOLDERS[name]
    args = list(args) + list(extra)
    folder = BUILD / name
    stamp = folder / ".options"
    wanted = shlex.join(args) + "\n"
    if (folder / "build.ninja").exists() and stamp.exists() and stamp.read_text() == wanted:
        return folder
    again = ["--wipe"] if (folder / "meson-private").exists() else []
    step(f"meson setup {name}", ["meson", "setup", *again, folder, ROOT, *args],
         f"setup-{name}.log", env=env)
    stamp.write_text(wanted)
    return folder


def build(name, extra=(), targets=()):
    """Configure and compile; returns the folder. BuildError with the log's end if that fails."""
    with alone(name):
        folder = configure(name, extra)
        step(f"build {name}", ["ninja", "-C", folder, *targets], f"build-{name}.log")
    return folder


def target_options(name):
    """Options of a bare-metal folder that depend on what was fetched."""
    import fetch_guests
    from arches import ARCHES
    return [f"-Dlibfdt_dir={fetch_guests.libfdt(ARCHES[name])}"] if name in ARCHES else []
