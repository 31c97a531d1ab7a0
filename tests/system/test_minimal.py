# SPDX-License-Identifier: Apache-2.0
"""apps/minimal: one guest inside the image, driven from its console. It needs no bundle."""
import pytest

import builds
import console
import machine

MINIMAL = builds.BUILD / "aarch64" / "apps" / "minimal" / "minimal.bin"


@pytest.fixture
def minimal(request, image):
    if console.plain():
        pytest.skip("there is no hypervisor on plain QEMU")
    opened = []

    def boot(cpus, gic, memory=256):
        folder = builds.LOGS / "system"
        folder.mkdir(parents=True, exist_ok=True)
        argv = machine.qemu(memory, cpus, "cortex-a72", gic, "stdio", 60, True,
                            machine.boot_args(MINIMAL))
        opened.append(console.Console(argv, folder / f"{request.node.name}.log", timeout=30))
        return opened[-1]

    yield boot
    for c in opened:
        c.close()


@pytest.mark.parametrize("cpus, gic", [(1, 3), (1, 2), (4, 3)])
def test_the_embedded_guest_computes_and_powers_off(minimal, cpus, gic):
    c = minimal(cpus, gic)
    c.expect(r"hello: guest at EL1, CPUs 2\r?\n")
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


def test_a_reset_starts_the_guest_anew(minimal):
    c = minimal(cpus=1, gic=3)
    for _ in range(3):
        c.expect(r"hello: guest at EL1, CPUs 2\r?\n")
        c.expect("> ")
        c.send_line("cpus")
        c.expect(r"cpu 1 is 1\r?\n")
        c.expect("> ")
        c.send_line("reboot")
        c.expect(r"again\r?\n")
    c.expect("> ")
    c.send_line("poweroff")
    assert c.wait_end() == 0
