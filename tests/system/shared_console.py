# SPDX-License-Identifier: Apache-2.0
"""Linux guests of VMs that share one console. Their output comes in pieces, "[name] " before each
that follows another's, and with lines of the hypervisor in between: it is sorted by VM here. A guest
answers in base64, where a line that was cut in two makes no difference."""
import base64
import re
import time

import pexpect

import machine

SELECT = "\x1d"  # Ctrl-]
HYPERVISOR = "axvisor"
# Runs a line at a time, and says "{number:status:output}". Without echo and line editor from then on.
AGENT = ("exec sh -c 'stty -echo -onlcr; dmesg -n 1; n=0; s=0; :>/.out; while echo \"{$n:$s:\"; "
         "base64 </.out; echo \"}\"; read -r l; do eval \"$l\" >/.out 2>&1; s=$?; n=$((n+1)); done'")
ANSWER = r"\{%d:(\d+):([A-Za-z0-9+/=]*)\}"


class Demux:
    """Sorts a console's bytes by who wrote them; @text is per name, without line ends."""

    def __init__(self, names):
        self.text = {name: "" for name in (*names, HYPERVISOR)}
        self.partial = ""
        self.owner = names[0] if len(names) == 1 else None  # a VM alone is not named
        self.head = re.compile(r"\[(%s)\] " % "|".join(map(re.escape, names)))

    def feed(self, data):
        *lines, self.partial = (self.partial + data).split("\n")
        for line in lines:
            self.line(line.rstrip("\r"))

    def line(self, line):
        """A line of the hypervisor may begin anywhere; what it cut goes on behind it."""
        line, _, log = line.partition(f"[{HYPERVISOR}] ")
        if log:
            self.text[HYPERVISOR] += log + "\n"
        found = self.head.match(line)
        if found:
            self.owner = found[1]
            line = line[found.end():]
        if self.owner:
            self.text[self.owner] += line

    def seen(self, name):
        """All of @name's text, also what stands on a line without its end."""
        if self.partial and name != HYPERVISOR:
            found = self.head.match(self.partial)
            if (found[1] if found else self.owner) == name:
                return self.text[name] + self.partial[found.end() if found else 0:].rstrip("\r")
        return self.text[name]


class SharedConsole:
    """What @console, a console.Console, shows of the VMs @names, which are in the bundle's order."""

    def __init__(self, console, names):
        self.console = console
        self.demux = Demux(names)
        self.vms = {name: Guest(self, name, number) for number, name in enumerate(names)}
        self.selected = next(iter(self)) if len(names) == 1 else None

    def __iter__(self):
        return iter(self.vms.values())

    def wait(self, name, pattern, start, timeout):
        """Wait for @pattern in @name's text from @start on; returns the match, whose positions are in
        all of the text."""
        __tracebackhide__ = True
        pattern = re.compile(pattern)
        deadline = time.monotonic() + timeout
        while not (found := pattern.search(self.demux.seen(name), start)):
            left = deadline - time.monotonic()
            assert left > 0, f"{name}: not seen within {timeout} s: {pattern.pattern}"
            try:
                data = self.console.child.read_nonblocking(65536, timeout=left)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                assert False, f"{name}: QEMU ended before this was seen: {pattern.pattern}"
            self.demux.feed(data.decode("utf-8", "replace"))
        return found

    def log(self, pattern, start=0, timeout=120):
        """Wait for a line of the hypervisor."""
        return self.wait(HYPERVISOR, pattern, start, timeout)

    def select(self, guest):
        if self.selected is not guest:
            start = len(self.demux.text[HYPERVISOR])
            self.console.send(f"{SELECT}{guest.number}")
            self.log(f"console: input goes to {guest.name}\n", start)
            self.selected = guest


class Guest:
    """One VM's Linux."""

    def __init__(self, shared, name, number):
        self.shared = shared
        self.name = name
        self.number = number
        self.at = 0  # what comes before in its text has been looked at
        self.answers = 0

    def expect(self, pattern, timeout=120):
        __tracebackhide__ = True
        found = self.shared.wait(self.name, pattern, self.at, timeout)
        self.at = found.end()
        return found

    def type(self, line):
        self.shared.select(self)
        self.shared.console.send_line(line)

    def agent(self, timeout=240):
        """From its start to where shell() can be used; @timeout is for the boot."""
        __tracebackhide__ = True
        self.expect(re.escape(machine.PROMPT.decode()), timeout)
        self.type("echo ty''ped")  # the interactive shell, as a user meets it
        self.expect(r"typed.*" + re.escape(machine.PROMPT.decode()))
        self.type(AGENT)
        self.answers = 0
        self.expect(ANSWER % 0)
        return self

    def begin(self, command):
        """Have @command run; answer() waits for it."""
        assert "\n" not in command and len(command) < 1000, "one line that any queue holds"
        self.answers += 1
        self.type(command)

    def answer(self, timeout=240):
        """The output of the command that was begun, which has succeeded."""
        __tracebackhide__ = True
        found = self.expect(ANSWER % self.answers, timeout)
        text = base64.b64decode(found[2]).decode("utf-8", "replace")
        assert found[1] == "0", f"{self.name}: status {found[1]}\n{text}"
        return text

    def output(self, command, timeout=240):
        __tracebackhide__ = True
        self.begin(command)
        return self.answer(timeout)

    def leave(self, command):
        """Have it power off or reset itself, from where no answer comes."""
        self.type(command)


def assert_quiet(guest):
    """Its kernel has found nothing wrong."""
    dmesg = guest.output("dmesg")
    for bad in ("BUG:", "WARNING:", "rcu: INFO", "stall", "soft lockup", "Unhandled", "Oops",
                "blocked for more than", "failed to come online"):
        assert bad not in dmesg, f"{guest.name}: {bad}\n{dmesg[-4000:]}"
