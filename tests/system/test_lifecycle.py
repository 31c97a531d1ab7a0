# SPDX-License-Identifier: Apache-2.0
"""Power: off, reset ten times over, CPUs that leave and come back."""
import re

from console import TIMER, counts, plain


def test_poweroff_ends_qemu(start, arch):
    c = start.linux(vcpus=2, cpus=2)
    c.send_line("poweroff")
    assert c.wait_end() == 0


def test_reboot_ten_times(start, arch):
    c = start.linux(vcpus=2, cpus=2, memory=256)
    for _ in range(10):
        c.send_line("reboot")
        c.prompt()
    c.agent()
    assert c.output("nproc") == "2\n"
    assert float(c.output("cut -d' ' -f1 /proc/uptime")) < 60
    c.send_line("poweroff -f")
    assert c.wait_end() == 0


def test_the_image_is_loaded_anew_on_reset(start, arch):
    """What the guest wrote over its memory is not there after a reset."""
    c = start.linux(vcpus=1, cpus=1, memory=256)
    c.send_line("touch /root/left-behind; reboot")
    c.prompt()
    c.agent()
    assert c.output("ls /root") == ""


def test_cpus_go_off_and_come_back(start, arch):
    c = start.linux(vcpus=4, cpus=4).agent()
    for cpu in (1, 3, 2):
        for state in (0, 1):
            c.output(f"echo {state} >/sys/devices/system/cpu/cpu{cpu}/online")
    assert c.output("nproc") == "4\n"
    assert all(counts(c.output("cat /proc/interrupts"), TIMER[arch.name]))


def test_a_guest_panic_reaches_only_the_guest(start, arch):
    """panic=1: the guest resets itself, and comes up again."""
    c = start.linux(vcpus=2, cpus=2, words="quiet loglevel=3 panic=1")
    c.send_line("echo c >/proc/sysrq-trigger")
    c.expect("Kernel panic|sysrq triggered crash")
    c.prompt()


def test_poweroff_leaves_a_clean_log(start, arch):
    c = start.linux(vcpus=2, cpus=2)
    c.send_line("poweroff")
    c.wait_end()
    bad = [x for x in c.transcript().splitlines() if re.search(r"panic|assert|fault|bug", x, re.I)]
    assert plain() or not bad
