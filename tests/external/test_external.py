# SPDX-License-Identifier: Apache-2.0
"""The libraries as someone else's program sees them: installed, and found by pkg-config alone."""
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import builds
import machine

HERE = Path(__file__).resolve().parent
OUT = builds.BUILD / "external"
WARNINGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]
BARE = ["-ffreestanding", "-nostdlib", "-static", "-no-pie", "-mgeneral-regs-only", "-mstrict-align",
        "-mno-outline-atomics", "-fno-stack-protector", "-Wl,--build-id=none"]


def installed(name):
    """The tree that `meson install` makes of build/@name, and the folder of its .pc files."""
    folder = builds.build(name, builds.target_options(name))
    root = OUT / name
    builds.step(f"install {name}", ["meson", "install", "-C", folder, "--no-rebuild", "--quiet",
                                    "--destdir", root], f"install-{name}.log")
    found = sorted(root.rglob("pkgconfig"))
    assert len(found) == 1, f"one folder of .pc files, not {found}"
    return root, found[0]


def pkg_config(where, *args):
    root, pc = where
    env = dict(os.environ, PKG_CONFIG_LIBDIR=str(pc), PKG_CONFIG_SYSROOT_DIR=str(root))
    env.pop("PKG_CONFIG_PATH", None)
    return shlex.split(subprocess.check_output(["pkg-config", *args], env=env, text=True))


def compile_and_link(where, compiler, sources, flags, output, *packages):
    argv = [compiler, *WARNINGS, *flags, *pkg_config(where, "--cflags", *packages),
            *(str(HERE / s) for s in sources), "-o", str(output),
            *pkg_config(where, "--static", "--libs", *packages)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    assert done.returncode == 0, f"{shlex.join(argv)}\n{done.stdout}"
    return output


@pytest.fixture(scope="module")
def host():
    return installed("host")


@pytest.fixture(scope="module")
def target():
    return installed("aarch64")


PROGRAMS = {
    "vcpu": ("demo.c", ["axvcpu"], "demo: 7 steps, then off\n"),
    "parts": ("demo_parts.c", ["axaddrspace", "vgic"],
              "demo: address space works, interrupt controller works\n"),
}


@pytest.mark.parametrize("source, packages, said", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_hosted_program_links_and_runs(host, source, packages, said):
    program = compile_and_link(host, "cc", [source, "port_hosted.c"], [], OUT / "demo", *packages)
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, said)


@pytest.mark.parametrize("source, packages, said", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_bare_metal_program_links_and_runs(target, source, packages, said):
    program = compile_and_link(target, "aarch64-linux-gnu-gcc", [source, "port_virt.c"],
                               [*BARE, f"-Wl,-T,{HERE / 'virt.lds'}"], OUT / "demo.elf", *packages)
    argv = machine.qemu(64, 1, "cortex-a57", 3, "stdio", 60, False, ["-kernel", str(program)])
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=False)
    assert done.stdout == said + "demo: passed\n"


def test_only_what_is_used_is_linked(target):
    program = compile_and_link(target, "aarch64-linux-gnu-gcc", ["demo.c", "port_virt.c"],
                               [*BARE, f"-Wl,-T,{HERE / 'virt.lds'}"], OUT / "lean.elf", "axvcpu")
    names = subprocess.check_output(["aarch64-linux-gnu-nm", program], text=True)
    prefixes = {re.match(r"[a-z]+_", n)[0] for n in re.findall(r" T (\w+_\w+)$", names, re.M)}
    assert "axvcpu_" in prefixes
    assert not prefixes & {"vgic_", "axvm_", "axsched_", "axaddrspace_"}


def test_every_library_has_a_pc_file_that_is_complete(host):
    """What a .pc file names must be installed: headers, archive, and the libraries it requires."""
    root, pc = host
    names = sorted(p.stem for p in pc.glob("*.pc"))
    assert "axbase" in names and "axvcpu" in names
    for name in names:
        flags = pkg_config(host, "--static", "--cflags", "--libs", name)
        folders = [Path(f[2:]) for f in flags if f.startswith("-I")]
        assert any((d / name).is_dir() for d in folders) or name == "fdtlibc", f"{name}: no headers"
        archives = [f[2:] for f in flags if f.startswith("-l")]
        ours = {p.name for p in root.rglob("lib*.a")}
        for archive in archives:
            assert f"lib{archive}.a" in ours or archive in ("fdt",), f"{name}: no lib{archive}.a"


def test_each_public_header_compiles_with_its_pc_file_alone(host):
    root, pc = host
    for path in sorted(pc.glob("*.pc")):
        cflags = pkg_config(host, "--cflags", path.stem)
        for header in sorted((root / "usr" / "local" / "include" / path.stem).glob("*.h")):
            done = subprocess.run(["cc", "-std=c11", "-fsyntax-only", *cflags, "-xc", "-"],
                                  input=f"#include <{path.stem}/{header.name}>\nint unused;\n",
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  check=False)
            assert done.returncode == 0, f"{path.stem}/{header.name}:\n{done.stdout}"
