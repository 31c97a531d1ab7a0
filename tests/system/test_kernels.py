# SPDX-License-Identifier: Apache-2.0
"""Debian's kernels: of bookworm, of trixie, and the real-time one. Each alone, and two different ones side
by side."""
import re

import pytest

import console
import fetch_guests
import machine
import memory_work
from shared_console import SharedConsole, assert_quiet

VERSION = {"6.1": r"6\.1\..*-cloud-arm64 .* SMP Debian ", "6.12": r"6\.12\..*-cloud-arm64 .* SMP Debian ",
           "rt": r"6\.1\..*-rt-arm64 .* SMP PREEMPT_RT Debian "}


def linux(kernel, name="linux"):
    return machine.linux(kernel, name=name, vcpus=2, memory=memory_work.MEMORY)


def assert_takes_interrupts(table):
    assert "GICv3 " in table and len(table.splitlines()[0].split()) == 2, table
    assert all(console.counts(table, "arch_timer")), table
    assert any(console.counts(table, "uart-pl011")), table
    assert all(console.counts(table, "Rescheduling")) or all(console.counts(table, "Function call")), table


@pytest.mark.parametrize("kernel", fetch_guests.KERNELS)
def test_a_kernel_alone(start, kernel):
    c = SharedConsole(start(linux(kernel), cpus=2, seconds=900), ["linux"])
    vm, = c
    vm.agent()
    assert re.search(VERSION[kernel], vm.output("uname -a"))
    assert vm.output("nproc") == "2\n"
    memory_work.teach(vm)
    memory_work.begin(vm, 0, 0)
    assert vm.answer() == memory_work.sums(0, 0)
    assert_takes_interrupts(vm.output("cat /proc/interrupts"))
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
