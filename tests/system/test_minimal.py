# SPDX-License-Identifier: Apache-2.0
"""apps/minimal: one guest inside the image, driven from its console. It needs no bundle."""
import pytest

import builds
import console
import machine
from arches import AARCH64, RISCV64
from conftest import built

SHAPES = [(AARCH64, 1, 3), (AARCH64, 1, 2), (AARCH64, 4, 3), (RISCV64, 1, 0), (RISCV64, 4, 0)]
HELLO = r"hello: guest (at EL1|in S-mode), CPUs 2\r?\n"


@pytest.fixture
def minimal(request):
    if console.plain():
        pytest.skip("there is no hypervisor on plain QEMU")
    opened = []

    def boot(arch, cpus, gic, memory=256):
        built(arch)
        folder = builds.LOGS / "system"
        folder.mkdir(parents=True, exist_ok=True)
        image = arch.folder / "apps" / "minimal" / "minimal.bin"
        argv = machine.qemu(memory, cpus, "cortex-a72" if arch is AARCH64 else None, gic, "stdio", 120, True,
                            machine.boot_args(image), arch)
        opened.append(console.Console(argv, folder / f"{request.node.name}.log", timeout=60))
        return opened[-1]

    yield boot
    for c in opened:
        c.close()


@pytest.mark.parametrize("arch, cpus, gic", SHAPES, ids=lambda v: getattr(v, "name", None))
def test_the_embedded_guest_computes_and_powers_off(minimal, arch, cpus, gic):
    c = minimal(arch, cpus, gic)
    c.expect(HELLO)
    for n in range(1, 6):
        c.expect(rf"tick {n}\r?\n")
    for a, b in ((12, 30), (4000000000, 4000000000), (0, 7)):
        c.expect("> ")
        c.send_line(f"{a} {b}")
        c.expect(rf"sum {a + b}\r?\n")
    c.expect("> ")
    c.send_line("cpus")
    c.expect(r"cpu 1 is 1\r?\n")
    c.expect("> ")
    c.send_line("poweroff")
    c.expect(r"bye\r?\n")
    c.expect("vm hello: off")
    assert c.wait_end() == 0


def test_a_reset_starts_the_guest_anew(minimal, arch):
    c = minimal(arch, cpus=1, gic=3)
    for _ in range(3):
        c.expect(HELLO)
        c.expect("> ")
        c.send_line("cpus")
        c.expect(r"cpu 1 is 1\r?\n")
        c.expect("> ")
        c.send_line("reboot")
        c.expect(r"again\r?\n")
    c.expect("> ")
    c.send_line("poweroff")
    assert c.wait_end() == 0
