# SPDX-License-Identifier: Apache-2.0
"""Two VMs in one machine: each has its own console, memory and life; the machine ends with the last."""
import hashlib

import pytest

import console
import fetch_guests
import machine

pytestmark = pytest.mark.skipif(console.plain(), reason="needs the hypervisor")

SELECT = "\x1d"  # Ctrl-]
COPIES = 30  # of busybox: about 55 MB, twice


def select(c, number, name):
    c.send(f"{SELECT}{number}")
    c.expect(rf"console: input goes to {name}\r?\n")


def add(c, name, a, b):
    """The selected guest computes, and answers under its own name."""
    c.send_line(f"{a} {b}")
    c.expect(rf"\[{name}\] sum {a + b}\r?\n")


@pytest.fixture
def pair(start):
    hello = machine.HELLO
    return start(machine.Vm(name="alpha", vcpus=2, memory=32, kernel=hello),
                 machine.Vm(name="beta", vcpus=2, memory=32, kernel=hello), cpus=2)


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
        pair.expect(r"\[beta\] hello: guest at EL1, CPUs 2\r?\n")
        pair.expect(r"\[beta\] tick 5\r?\n")
        select(pair, 0, "alpha")
        add(pair, "alpha", n, n)


def test_linux_is_not_disturbed_by_a_neighbour_that_restarts(start):
    """Same guest-physical layout; the checksums are of data that fills a good part of the memory."""
    c = start(machine.linux(name="linux", vcpus=2, memory=256),
              machine.Vm(name="other", vcpus=2, memory=32, kernel=machine.HELLO), cpus=2)
    c.expect(rb"\[linux\] " + console.PROMPT)
    c.send_line(f"for i in $(seq {COPIES}); do cat /bin/busybox; done >/tmp/a; cp /tmp/a /tmp/b; md5sum </tmp/a; md5sum </tmp/b; echo DO''NE")
    for _ in range(4):
        select(c, 1, "other")
        c.send_line("reboot")
        c.expect(r"\[other\] tick 5\r?\n")
    select(c, 0, "linux")
    c.send_line("md5sum </tmp/b; echo AG''AIN")
    c.expect(r"AGAIN\r?\n", timeout=120)
    sums = [x.split()[1] for x in c.transcript().splitlines() if x.endswith("  -")]
    assert len(sums) == 3 and len(set(sums)) == 1, sums
    data = fetch_guests.busybox().read_bytes() * COPIES
    assert sums[0] == hashlib.md5(data).hexdigest()
