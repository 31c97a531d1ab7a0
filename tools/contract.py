# SPDX-License-Identifier: Apache-2.0
"""The contract suite of ./test: all targets build and keep to their symbols; layers, format, static
analysis; the checkers themselves; an installed library used from outside."""
import concurrent.futures
import hashlib
import json
import shlex
import subprocess
import sys
from pathlib import Path

import builds
import setup_host
import suites
import tally as counting

ROOT = builds.ROOT
BUILD = builds.BUILD
TARGETS = ("aarch64", "riscv64", "x86_64")
# What a target's sources are read with: gcc's own flags and headers mean nothing to clang.
TIDY_TARGET = ["-std=c11", "-ffreestanding", "-nostdlibinc", "-Wno-unknown-warning-option"]
TIDY_TARGETS = {
    "aarch64": ["--target=aarch64-linux-gnu", "-march=armv8-a", "-mgeneral-regs-only"],
    "riscv64": ["--target=riscv64-linux-gnu", "-march=rv64imac", "-mabi=lp64"],
}


def repository_files(*suffixes):
    """Files of the tree, build output and what git ignores left out."""
    listed = setup_host.output("git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard")
    if listed is not None:
        found = [ROOT / line for line in listed.splitlines()]
    else:  # no git, or an unpacked archive
        found = [p for p in ROOT.rglob("*") if p.relative_to(ROOT).parts[0] != "build"]
    return sorted(p for p in set(found) if p.suffix in suffixes and p.is_file())


def targets(tally):
    for name in TARGETS:
        suites.say(f"build {name}")
        if suites.built(name, tally, f"contract {name}", builds.target_options(name)):
            tally.ok()
            suites.meson_test(name, tally, f"contract {name}")


def layers(tally):
    code, log = builds.logged([sys.executable, "-B", ROOT / "tools" / "check_layers.py"],
                              "layers.log")
    tally.check("layers", code, builds.tail(log, 60))


def links(tally):
    code, log = builds.logged([sys.executable, "-B", ROOT / "tools" / "check_links.py"],
                              "links.log")
    tally.check("links of the documents", code, builds.tail(log, 60))


def formatting(tally):
    files = repository_files(".c", ".h")
    code, log = builds.logged(["clang-format", "--dry-run", "-Werror", "--style=file", *files],
                              "format.log")
    tally.check("format", code, builds.tail(log, 60))


# ---- clang-tidy ----

def compiled(folder):
    """(source, compiler arguments) of each source of ours that @folder compiles, tests left out."""
    path = folder / "compile_commands.json"
    seen = set()
    for command in json.loads(path.read_text()) if path.exists() else []:
        source = (Path(command["directory"]) / command["file"]).resolve()
        try:
            parts = source.relative_to(ROOT).parts
        except ValueError:
            continue
        if source.suffix == ".c" and parts[0] in ("libs", "platforms", "apps", "guests") \
                and not {"tests", "fuzz", "axtest"} & set(parts) and source not in seen:
            seen.add(source)
            yield source, command["directory"], shlex.split(command["command"])


def preprocessor(folder, arguments):
    """The options among @arguments that say where headers are and what is defined."""
    kept = []
    for n, arg in enumerate(arguments):
        if arg in ("-include", "-isystem", "-I", "-D"):
            kept += [arg, arguments[n + 1]]
        elif arg.startswith("-I"):
            kept.append(f"-I{(Path(folder) / arg[2:]).resolve()}")
        elif arg.startswith(("-isystem", "-D")):
            kept.append(arg)
    return kept


def tidy_jobs():
    """(source, arguments): the host's view of every source, then what only a target builds."""
    jobs = {}
    for source, _, _ in compiled(BUILD / "clang"):
        jobs[source] = ["-p", str(BUILD / "clang"), str(source)]
    for name, target in TIDY_TARGETS.items():
        for source, folder, arguments in compiled(BUILD / name):
            if source not in jobs:
                jobs[source] = [str(source), "--", *target, *TIDY_TARGET,
                                *preprocessor(folder, arguments)]
    return list(jobs.items())


def tidy_key(headers, source, arguments):
    text = headers + source.read_bytes() + repr(arguments).encode()
    return hashlib.sha256(text).hexdigest()


def tidy_one(job, headers):
    """"" or what clang-tidy says. What was clean is not asked again until it or a header changes."""
    source, arguments = job
    stamp = BUILD / "tidy" / tidy_key(headers, source, arguments)
    if stamp.exists():
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        stamp.touch()
        return ""
    keep = [x for x in done.stdout.splitlines() if "error:" in x or "warning:" in x]
    return "\n".join(keep) or done.stdout


def tidy(tally):
    jobs = tidy_jobs()
    suites.say(f"clang-tidy, {len(jobs)} files")
    (BUILD / "tidy").mkdir(parents=True, exist_ok=True)
    headers = b"".join(p.read_bytes() for p in repository_files(".h"))
    headers += (ROOT / ".clang-tidy").read_bytes() + (ROOT / "meson.build").read_bytes()
    if not jobs:
        tally.fail("clang-tidy", "nothing to look at")
    with concurrent.futures.ThreadPoolExecutor(max_workers=suites.JOBS) as pool:
        for job, said in zip(jobs, pool.map(lambda j: tidy_one(j, headers), jobs)):
            tally.check(f"clang-tidy: {job[0].relative_to(ROOT)}", int(bool(said)), said)


def cppcheck(tally):
    cache = BUILD / "cppcheck"
    cache.mkdir(parents=True, exist_ok=True)
    includes = [f"-I{p}" for p in sorted((ROOT / "libs").glob("*/include"))
                if p.parent.name != "fdtlibc"]  # stands in for libc, which cppcheck knows
    folders = [p for p in sorted((ROOT / "libs").glob("*/src")) + [ROOT / "platforms", ROOT / "apps"]
               if any(p.rglob("*.c"))]
    code, log = builds.logged(
        ["cppcheck", "-q", "--std=c11", "--enable=warning,performance,portability",
         "--inline-suppr", "--error-exitcode=1", "-j", str(suites.JOBS),
         f"--cppcheck-build-dir={cache}", "--suppress=unmatchedSuppression", *includes, *folders],
        "cppcheck.log")
    tally.check("cppcheck", code, builds.tail(log, 60))


def contract(tally):
    targets(tally)
    layers(tally)
    links(tally)
    suites.say("format")
    formatting(tally)
    if suites.built("clang", counting.Tally(), ""):
        tidy(tally)
    else:
        tally.fail("clang-tidy", "build/clang does not build")
    suites.say("cppcheck")
    cppcheck(tally)
    suites.say("the checkers and tools themselves; an installed library from outside")
    folders = [ROOT / "tests" / "contract", ROOT / "tests" / "external", ROOT / "tools" / "tests"]
    suites.pytest(tally, "tools", [p for p in folders if any(p.glob("test_*.py"))])
