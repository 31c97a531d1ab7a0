# SPDX-License-Identifier: Apache-2.0
"""The serial console of the guest: typed input comes by interrupt, nothing is lost, nothing is changed."""
import hashlib
import time

from console import UART, counts


def test_typed_input_arrives_by_interrupt(guest, arch):
    before = sum(counts(guest.output("cat /proc/interrupts"), UART[arch.name]))
    for n in range(20):
        assert guest.output(f"echo typed {n}") == f"typed {n}\n"
    after = sum(counts(guest.output("cat /proc/interrupts"), UART[arch.name]))
    assert after - before >= 20


def test_an_idle_console_costs_no_interrupts(guest, arch):
    both = guest.output('a=$(cat /proc/interrupts); sleep 2; b=$(cat /proc/interrupts); '
                        'echo "$a"; echo then; echo "$b"')
    first, second = (sum(counts(text, UART[arch.name])) for text in both.split("then\n"))
    assert second - first < 10


def test_slow_typing_arrives(guest):
    for byte in "echo one by one":
        guest.send(byte)
        time.sleep(0.02)
    guest.send("\n")
    guest.expect(rb"one by one\r?\nAXstatus:0\r?\nAXready\r?\n")


def test_a_line_of_900_bytes_arrives_whole(guest):
    text = "".join(chr(ord("a") + n % 26) for n in range(900))
    assert guest.output(f"echo {text}") == text + "\n"


def test_much_output_arrives_whole(guest):
    want = "".join(f"{n} of many lines of output\n" for n in range(1, 6001))
    got = guest.output("seq 6000 | sed 's/$/ of many lines of output/'", timeout=120)
    assert hashlib.sha256(got.encode()).digest() == hashlib.sha256(want.encode()).digest()


def test_every_byte_passes_both_ways(guest):
    """All but those that the terminal itself acts on."""
    guest.output("rm -f /tmp/bytes")
    for low in range(1, 256, 64):
        part = "".join(f"\\{n:03o}" for n in range(low, min(low + 64, 256)) if n not in (10, 13))
        guest.output(f"printf '{part}' >>/tmp/bytes")
    guest.send_line("cat /tmp/bytes")
    guest.expect(rb"(?s)^(.*)AXstatus:0\n", timeout=30)
    got = guest.child.match[1]
    assert got == bytes(n for n in range(1, 256) if n not in (10, 13))
    guest.expect(rb"AXready\r?\n")


def test_control_c_reaches_the_foreground_process(start, arch):
    c = start.linux(vcpus=1, cpus=1)
    c.send_line("sleep 1000")
    time.sleep(1)
    c.send("\x03")
    c.prompt(timeout=10)
    c.send_line("echo back$((1+1))")
    c.expect("back2")
