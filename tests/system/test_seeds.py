# SPDX-License-Identifier: Apache-2.0
"""Randomness that a guest is given at its start: Linux is told by /chosen, and uses it at once. Debian's
kernel for RISC-V is built without KASLR."""
import re

import machine
import pytest
from console import plain
from shared_console import SharedConsole

CHOSEN = "/proc/device-tree/chosen"
NO_SEEDS = ["-M", "dtb-randomness=off"]  # QEMU's tree has none then


ours = pytest.mark.skipif(plain(), reason="needs the hypervisor: QEMU 7.2 keeps its kaslr-seed")


def place(c):
    """Where KASLR has put the kernel."""
    return int(c.output("head -n 1 /proc/kallsyms").split()[0], 16)


def test_the_kernel_has_its_randomness_from_the_first_moment(start, arch):
    c = start.linux(vcpus=1, cpus=1, memory=256).agent()
    assert re.search(r"\[ *0\.0+\] random: crng init done", c.output("dmesg"))


def test_the_kernels_place_is_chosen_by_a_seed(start):
    c = start.linux(vcpus=1, cpus=1, memory=256).agent()
    assert "kaslr-seed" in c.output(f"ls {CHOSEN}")
    assert c.output(f"hexdump -ve '1/1 \"%02x\"' {CHOSEN}/kaslr-seed") == 16 * "0"  # used and wiped
    assert "KASLR disabled" not in c.output("dmesg")


@ours
def test_a_reboot_brings_other_seeds(start):
    c = start.linux(vcpus=1, cpus=1, memory=256).agent()
    places = [place(c)]
    for _ in range(2):
        c.send_line("reboot -f")
        c.prompt().agent()
        places.append(place(c))
    assert len(set(places)) == 3


@ours
def test_two_vms_have_different_seeds(start):
    c = SharedConsole(start(machine.linux(name="a", vcpus=1, memory=256),
                            machine.linux(name="b", vcpus=1, memory=256), cpus=2), ["a", "b"])
    a, b = [place(vm.agent()) for vm in c]
    assert a != b


def test_without_a_source_the_guest_gets_no_seed(start):
    """No constant in its place, either; and a line says so."""
    c = start.linux(vcpus=1, cpus=1, memory=256, extra=NO_SEEDS).agent()
    assert plain() or "random: no rng-seed in the device tree" in c.transcript()
    assert "seed" not in c.output(f"ls {CHOSEN}")
    assert "KASLR disabled due to lack of seed" in c.output("dmesg")


def test_the_processors_generator_is_a_source(start):
    c = start.linux(vcpus=1, cpus=1, memory=256, cpu="max,pauth=off", extra=NO_SEEDS).agent()
    assert "random: no rng-seed" not in c.transcript()
    assert plain() or "kaslr-seed" in c.output(f"ls {CHOSEN}")
