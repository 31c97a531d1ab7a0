# SPDX-License-Identifier: Apache-2.0
"""Debian's kernels: of bookworm, of trixie, and the real-time one. Each alone, and two different ones side
by side."""
import re

import pytest

import console
import machine
import memory_work
from arches import AARCH64, ARCHES
from shared_console import SharedConsole, assert_quiet

VERSION = {"6.1": r"6\.1\..*-cloud-arm64 .* SMP Debian ",
           "6.12": r"6\.12\..*-(cloud-arm64|riscv64) .* SMP Debian ",
           "rt": r"6\.1\..*-rt-arm64 .* SMP PREEMPT_RT Debian "}
KERNELS = [(arch, kernel) for arch in ARCHES.values() for kernel in arch.kernels]


def linux(kernel, name="linux", arch=AARCH64):
    return machine.linux(kernel, arch, name=name, vcpus=2, memory=memory_work.memory_for(arch))


def assert_takes_interrupts(table, arch=AARCH64):
    assert console.INTC[arch.name] in table and len(table.splitlines()[0].split()) == 2, table
    assert all(console.counts(table, console.TIMER[arch.name])), table
    assert any(console.counts(table, console.UART[arch.name])), table
    assert all(console.counts(table, "Rescheduling")) or all(console.counts(table, "Function call")), table


@pytest.mark.parametrize("arch, kernel", KERNELS, ids=lambda v: getattr(v, "name", v))
def test_a_kernel_alone(start, arch, kernel):
    c = SharedConsole(start(linux(kernel, arch=arch), cpus=2, seconds=900), ["linux"])
    vm, = c
    vm.agent()
    assert re.search(VERSION[kernel], vm.output("uname -a"))
    assert vm.output("nproc") == "2\n"
    memory_work.teach(vm)
    memory_work.begin(vm, 0, 0)
    assert vm.answer() == memory_work.sums(0, 0)
    assert_takes_interrupts(vm.output("cat /proc/interrupts"), arch)
    assert_quiet(vm)

    vm.leave("reboot -f")
    vm.agent()
    assert vm.output("nproc; ls /tmp; seq 5000 | md5sum") == f"2\n{memory_work.sum_of_lines(1, 5000)}"
    assert_quiet(vm)
    vm.leave("poweroff -f")
    assert c.console.wait_end() == 0


@pytest.mark.skipif(console.plain(), reason="needs the hypervisor")
@pytest.mark.parametrize("kernels", [("6.1", "6.12"), ("rt", "6.1")], ids="-".join)
def test_two_kernels_side_by_side(start, kernels):
    names = [f"linux-{kernel}" for kernel in kernels]
    c = SharedConsole(start(*map(linux, kernels, names), cpus=2, seconds=900), names)
    for vm, kernel in zip(c, kernels):
        memory_work.teach(vm.agent())
        assert re.search(VERSION[kernel], vm.output("uname -a"))
    for vm in c:
        memory_work.begin(vm, vm.number, 0)
    for vm in c:
        assert vm.answer() == memory_work.sums(vm.number, 0)
    one, other = c
    memory_work.begin_again(one)
    other.leave("reboot -f")
    other.agent()
    assert one.answer() == memory_work.sums(one.number, 0)
    memory_work.begin_again(one)
    other.leave("poweroff -f")
    c.log(f"vm {other.name}: off")
    assert one.answer() == memory_work.sums(one.number, 0)
    assert_takes_interrupts(one.output("cat /proc/interrupts"))
    assert_quiet(one)
    one.leave("poweroff -f")
    assert c.console.wait_end() == 0
