# SPDX-License-Identifier: Apache-2.0
"""A machine in QEMU and its serial console. QEMU is bounded in time and dies with the test run."""
import os
import re
import termios
import time

import pexpect
import pytest

import builds
import machine
from arches import AARCH64

PROMPT = re.escape(machine.PROMPT)
# Replaces the interactive shell: no line editor, no echo, output byte for byte. The quotes keep the
# markers out of the echo of this line itself.
AGENT = ("exec sh -c 'stty -echo -onlcr; dmesg -n 1; while echo AX\"ready\"; read -r l; do eval \"$l\"; "
         "echo AX\"status\":$?; done'")


def raw_output():
    """In the child: QEMU leaves the terminal's output processing on, which would add returns."""
    mode = termios.tcgetattr(1)
    mode[1] &= ~(termios.OPOST | termios.ONLCR)
    termios.tcsetattr(1, termios.TCSANOW, mode)


# What /proc/interrupts calls the console, the timer and the interrupt controller.
UART = {"aarch64": "uart-pl011", "riscv64": "ttyS0"}
TIMER = {"aarch64": "arch_timer", "riscv64": "riscv-timer"}
INTC = {"aarch64": "GICv3 ", "riscv64": "SiFive PLIC "}


class Console:
    def __init__(self, argv, log, timeout=180):
        self.path = log
        self.log = open(log, "wb")
        self.timeout = timeout
        self.child = pexpect.spawn(argv[0], [str(a) for a in argv[1:]], timeout=timeout,
                                   echo=False, cwd=str(builds.ROOT), preexec_fn=raw_output)
        self.child.logfile_read = self.log
        self.child.delaybeforesend = None

    def transcript(self):
        self.log.flush()
        return self.path.read_bytes().decode("utf-8", "replace").replace("\r", "")

    def expect(self, pattern, timeout=None):
        """Wait for @pattern (a regular expression, str or bytes); returns the match."""
        __tracebackhide__ = True
        pattern = pattern.encode() if isinstance(pattern, str) else pattern
        seconds = timeout or self.timeout
        found = self.child.expect([pattern, pexpect.TIMEOUT, pexpect.EOF], timeout=seconds)
        assert found != 1, f"not seen within {seconds} s: {pattern}"
        assert found != 2, f"QEMU ended before this was seen: {pattern}"
        return self.child.match

    def send(self, text):
        self.child.send(text)

    def send_line(self, text):
        self.child.send(text + "\n")

    # ---- the Linux guest ----

    def prompt(self, timeout=None):
        """Wait for the interactive shell."""
        self.expect(PROMPT, timeout)
        return self

    def agent(self):
        """From the interactive shell to one that shell() can use."""
        self.send_line(AGENT)
        self.expect(rb"AXready\r?\n")
        return self

    def shell(self, command, timeout=None):
        """Run one line; returns (exit status, exactly what it printed)."""
        assert "\n" not in command and len(command) < 1000, "one line that any queue holds"
        self.send_line(command)
        self.expect(rb"AXstatus:(\d+)\r?\nAXready\r?\n", timeout)
        return int(self.child.match[1]), self.child.before.decode("utf-8", "replace")

    def output(self, command, timeout=None):
        """The output of a command that succeeds."""
        status, text = self.shell(command, timeout)
        assert status == 0, f"{command}: {status}\n{text}"
        return text

    def wait_end(self, timeout=90):
        """QEMU ends by itself; returns its exit status."""
        __tracebackhide__ = True
        found = self.child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=timeout)
        assert found == 0, f"QEMU has not ended within {timeout} s"
        self.child.close()
        return self.child.exitstatus

    def close(self):
        if self.child.isalive():
            self.child.terminate()  # "timeout" passes it on to QEMU
            deadline = time.monotonic() + 3
            while self.child.isalive() and time.monotonic() < deadline:
                time.sleep(0.05)
        self.child.close(force=True)
        self.log.close()


def plain():
    """Whether the guests run on QEMU itself: shows that a test is right, not that we are."""
    return bool(os.environ.get("AXVISOR_SYSTEM_PLAIN"))


def start(vms, log, cpus=4, cpu=None, gic=3, seconds=300, bundle=None, memory=None, extra=(),
          timeout=180):
    """Start QEMU with @vms (or a ready @bundle) under the hypervisor; returns its Console."""
    arch = vms[0].arch
    if plain():
        vm = vms[0]
        try:
            args = machine.plain_args(vm)
        except machine.MachineError as err:
            pytest.skip(str(err))
        argv = machine.qemu(vm.memory, vm.vcpus, cpu, gic, "stdio", seconds, False, [*args, *extra], arch)
    else:
        bundle = bundle or machine.bundle(vms, builds.BUILD / "system")
        memory = memory or sum(vm.memory for vm in vms) + machine.HYPERVISOR_MIB
        memory += bundle.stat().st_size >> 20
        argv = machine.qemu(memory, cpus, cpu, gic, "stdio", seconds, True,
                            [*machine.boot_args(arch.image, bundle), *extra], arch)
    return Console(argv, log, timeout)


def interrupts(text):
    """/proc/interrupts: {name of the row: (counts per CPU, description)}."""
    rows = {}
    lines = text.splitlines()
    cpus = len(lines[0].split())
    for line in lines[1:]:
        name, _, rest = line.strip().partition(":")
        fields = rest.split()
        if len(fields) >= cpus and all(f.isdigit() for f in fields[:cpus]):
            rows[name] = ([int(f) for f in fields[:cpus]], " ".join(fields[cpus:]))
    return rows


def counts(text, description):
    """The counts per CPU of the row whose description holds @description."""
    for row, what in interrupts(text).values():
        if description in what:
            return row
    raise AssertionError(f"no '{description}' in\n{text}")
