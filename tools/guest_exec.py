# SPDX-License-Identifier: Apache-2.0
"""Runs commands in a guest through nothing but its serial console, and gives back exactly what they
print and the last one's exit status."""
import base64
import os
import re
import secrets
import select
import subprocess
import sys
import time

import machine


class GuestError(Exception):
    """One line: how far it got, and what the console said last."""

    def __init__(self, text, status=125):
        super().__init__(text)
        self.status = status


class Console:
    """QEMU's serial port on a pair of pipes."""

    def __init__(self, argv, log):
        self.log = open(log, "wb")
        self.data = b""
        self.proc = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=self.log)
        os.set_blocking(self.proc.stdout.fileno(), False)

    def send(self, data):
        try:
            self.proc.stdin.write(data)
            self.proc.stdin.flush()
        except BrokenPipeError:
            pass  # the reader finds out, with more to say

    def read_some(self, deadline):
        """Wait for more output. False at its end; TimeoutError at @deadline."""
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.proc.stdout], [], [], left)[0]:
            raise TimeoutError
        data = os.read(self.proc.stdout.fileno(), 65536)
        self.log.write(data)
        self.log.flush()
        self.data += data
        return bool(data)

    def wait_for(self, pattern, deadline, what):
        """Take everything up to @pattern (a compiled expression) off the input; returns the match."""
        while not (found := pattern.search(self.data)):
            try:
                if not self.read_some(deadline):
                    raise GuestError(f"the machine stopped before {what}{self.last_line()}")
            except TimeoutError:
                raise GuestError(f"timed out before {what}{self.last_line()}", 124) from None
        self.data = self.data[found.end():]
        return found

    def last_line(self):
        lines = [x.strip() for x in self.data.decode("utf-8", "replace").splitlines() if x.strip()]
        return f"; the console's last line: {lines[-1][:200]}" if lines else "; the console is empty"

    def close(self, seconds):
        """Wait for QEMU to end by itself; False if it had to be killed."""
        ended = True
        deadline = time.monotonic() + seconds
        try:
            while self.read_some(deadline):
                pass
            self.proc.wait(timeout=max(0.1, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            ended = False
            self.kill()
        self.log.close()
        return ended

    def kill(self):
        if self.proc.poll() is None:
            # "timeout" passes SIGTERM on to QEMU; SIGKILL then ends both.
            self.proc.terminate()
            try:
                self.proc.wait(timeout=3)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()


def deliver(console, commands, nonce, deadline):
    """Put @commands into /tmp/exec. Sent as base64, line by line with an answer to each, so neither the
    shell's line editor nor the terminal's limits nor a full receive queue can change them."""
    # The quotes keep the markers out of the echo of these lines.
    go, ack = f"AX'go'{nonce}", f"AX'ack'{nonce}"
    console.send(f"stty -echo -onlcr; dmesg -n 1; echo {go}; while read -r l && [ \"$l\" != . ]; do "
                 f"echo \"$l\"; echo {ack} >&2; done | base64 -d >/tmp/exec; echo {go}\n".encode())
    marker = re.compile(f"AXgo{nonce}\r?\n".encode())
    console.wait_for(marker, deadline, "the shell took commands")
    text = base64.b64encode(commands.encode("utf-8", "surrogateescape") + b"\n").decode()
    for at in range(0, len(text), 76):
        console.send(text[at:at + 76].encode() + b"\n")
        console.wait_for(re.compile(f"AXack{nonce}".encode()), deadline, "the commands were sent")
    console.send(b".\n")
    console.wait_for(marker, deadline, "the commands were sent")
    console.wait_for(re.compile(re.escape(machine.PROMPT)), deadline, "the commands were sent")


def stream(console, nonce, deadline, write):
    """Pass on the commands' output as it comes; returns their status."""
    begin, end = f"AXbegin{nonce}\n".encode(), f"AXend{nonce}:".encode()
    console.send(f"echo AX'begin'{nonce}; sh /tmp/exec </dev/null; echo AX'end'{nonce}:$?\n".encode())
    console.wait_for(re.compile(begin), deadline, "the commands began")
    while True:
        at = console.data.find(end)
        if at >= 0:
            write(console.data[:at])
            console.data = console.data[at + len(end):]
            return int(console.wait_for(re.compile(rb"(\d+)\n"), deadline, "the status came")[1])
        # What could be the beginning of the marker is held back.
        keep = next((n for n in range(min(len(end), len(console.data)), 0, -1)
                     if end.startswith(console.data[-n:])), 0)
        cut = len(console.data) - keep
        write(console.data[:cut])
        console.data = console.data[cut:]
        try:
            if not console.read_some(deadline):
                write(console.data)
                console.data = b""
                raise GuestError("the machine stopped before the commands ended")
        except TimeoutError:
            write(console.data)
            raise GuestError("timed out before the commands ended", 124) from None


def run(argv, commands, seconds, log):
    """Boot @argv, run @commands, power off. Returns the exit status of the commands."""
    def write(data):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    deadline = time.monotonic() + seconds
    nonce = secrets.token_hex(8)
    console = Console(argv, log)
    try:
        console.wait_for(re.compile(rb"(?:^|\n|\r)" + re.escape(machine.PROMPT)), deadline,
                         "the guest's shell prompt")
        deliver(console, commands, nonce, deadline)
        status = stream(console, nonce, deadline, write)
        console.send(b"poweroff\n")
        if not console.close(min(20, max(5, deadline - time.monotonic()))):
            print("run: the machine did not power off and was stopped", file=sys.stderr)
        return status
    finally:
        console.kill()
