# SPDX-License-Identifier: Apache-2.0
"""Two VMs in one machine: each has its own console, memory and life; the machine ends with the last."""
import pytest

import console
import machine
import memory_work
from shared_console import SELECT, SharedConsole, assert_quiet

pytestmark = pytest.mark.skipif(console.plain(), reason="needs the hypervisor")

NAMES = ("alpha", "beta")
ROUNDS = 10


def select(c, number, name):
    c.send(f"{SELECT}{number}")
    c.expect(rf"console: input goes to {name}\r?\n")


def add(c, name, a, b):
    """The selected guest computes, and answers under its own name."""
    c.send_line(f"{a} {b}")
    c.expect(rf"\[{name}\] sum {a + b}\r?\n")


@pytest.fixture
def pair(start, arch):
    hello = machine.hello(arch)
    return start(*(machine.Vm(arch=arch, name=name, vcpus=2, memory=32, kernel=hello) for name in NAMES),
                 cpus=2)


def both_ready(c):
    """Five ticks are the last that a hello guest says by itself; the two come in any order."""
    ready = {c.expect(r"\[(alpha|beta)\] tick 5\r?\n")[1] for _ in range(2)}
    assert ready == {b"alpha", b"beta"}


def test_each_answers_for_itself(pair):
    both_ready(pair)
    for number, name in ((1, "beta"), (0, "alpha"), (1, "beta")):
        select(pair, number, name)
        add(pair, name, 1000 + number, 7)


def test_one_goes_off_and_the_other_goes_on(pair):
    both_ready(pair)
    select(pair, 1, "beta")
    pair.send_line("poweroff")
    pair.expect("vm beta: off")
    select(pair, 0, "alpha")
    add(pair, "alpha", 20, 22)
    pair.send_line("poweroff")
    pair.expect("vm alpha: off")
    pair.expect("all VMs are off")
    assert pair.wait_end() == 0


def test_one_is_reset_and_the_other_goes_on(pair):
    both_ready(pair)
    for n in range(5):
        select(pair, 1, "beta")
        pair.send_line("reboot")
        pair.expect(r"\[beta\] hello: guest (at EL1|in S-mode), CPUs 2\r?\n")
        pair.expect(r"\[beta\] tick 5\r?\n")
        select(pair, 0, "alpha")
        add(pair, "alpha", n, n)


@pytest.fixture
def linux_pair(start, arch):
    """Two Linux with the same guest-physical layout, 2 vCPUs each on the same 2 pCPUs."""
    vms = [machine.linux(arch=arch, name=name, vcpus=2, memory=memory_work.memory_for(arch)) for name in NAMES]
    shared = SharedConsole(start(*vms, cpus=2, seconds=1500), NAMES)
    for vm in shared:
        memory_work.teach(vm.agent())
    return shared


def test_two_linux_compute_ten_rounds(linux_pair):
    for turn in range(ROUNDS):
        for vm in linux_pair:
            memory_work.begin(vm, vm.number, turn)
        for vm in linux_pair:
            assert vm.answer() == memory_work.sums(vm.number, turn), (vm.name, turn)
    for vm in linux_pair:
        assert_quiet(vm)


def test_a_linux_computes_on_while_its_neighbour_restarts_and_leaves(linux_pair):
    one, other = linux_pair
    for vm in linux_pair:
        memory_work.begin(vm, vm.number, 0)
    one_sums = memory_work.sums(one.number, 0)
    assert one.answer() == one_sums and other.answer() == memory_work.sums(other.number, 0)

    memory_work.begin_again(one)
    other.leave("reboot -f")
    memory_work.teach(other.agent())
    assert one.answer() == one_sums
    memory_work.begin(other, other.number, 1)
    memory_work.begin_again(one)
    assert other.answer() == memory_work.sums(other.number, 1)
    assert one.answer() == one_sums

    memory_work.begin(one, one.number, 2)
    other.leave("poweroff -f")
    linux_pair.log(f"vm {other.name}: off")
    assert one.answer() == memory_work.sums(one.number, 2)
    assert_quiet(one)
    one.leave("poweroff -f")
    linux_pair.log("all VMs are off")
    assert linux_pair.console.wait_end() == 0
