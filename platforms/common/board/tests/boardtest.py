# SPDX-License-Identifier: Apache-2.0
"""What the tests of all boards' self-test images share: start QEMU, wait for lines, print TAP."""
import sys

import pexpect


def start(qemu, args):
    return pexpect.spawn(qemu, args.split() + ["-nographic", "-nic", "none"], timeout=120,
                         encoding="utf-8", codec_errors="replace")


def expect_all(child, patterns):
    for p in patterns:
        if child.expect([p, "FAIL[^\r]*", pexpect.EOF]) != 0:
            raise AssertionError(f"wanted {p!r}, got {child.after!r}")


def ends(child):
    """QEMU ends by itself, content."""
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, f"QEMU's status is {child.exitstatus}"


def echoes(child):
    """The self-test's way to end `echo`: each byte comes back one higher."""
    child.delaybeforesend = None
    expect_all(child, ["type\r"])
    child.send("HAL")
    expect_all(child, ["IBM"])
    child.send("xyz" * 30)
    expect_all(child, ["yz{" * 30])
    child.send("q")
    expect_all(child, ["selftest passed"])
    ends(child)


def memory(child, low, high):
    """Between @low and @high KiB are free; from 2 GiB on, a GiB that nothing is in is one block."""
    child.expect(r"memory: (\d+) KiB free, (\d+) KiB own")
    free, own = int(child.match[1]), int(child.match[2])
    assert low <= free <= high, f"{free} KiB free"
    assert own < 1024 + free // 10000, f"{own} KiB own"
    whole_gib = child.expect(["no block of", "selftest passed"]) == 1
    assert whole_gib == (high >= 2 << 20), "a GiB that nothing is in is one block"
    ends(child)


def run(cases):
    """cases: (name, function, arguments…). Prints TAP, exits."""
    print(f"1..{len(cases)}")
    failed = 0
    for number, (name, function, *args) in enumerate(cases, 1):
        try:
            function(*args)
            print(f"ok {number} - {name}", flush=True)
        except (AssertionError, pexpect.ExceptionPexpect) as e:
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in str(e).splitlines()[:3]:
                print(f"# {line}")
    sys.exit(failed != 0)
