# SPDX-License-Identifier: Apache-2.0
"""What the guest computes is right: integers, floating point in several processes at once, memory, time."""
import hashlib
import time

import pytest


def sha(data):
    return hashlib.sha256(data).hexdigest()


def test_checksum_of_generated_data(guest):
    want = sha("".join(f"{n}\n" for n in range(1, 200001)).encode())
    assert guest.output("seq 200000 | sha256sum", timeout=60) == f"{want}  -\n"


def test_checksums_on_all_cpus_at_once(guest):
    want = [sha(f"{k}\n".encode() * 100000) for k in range(8)]
    guest.output("for k in 0 1 2 3 4 5 6 7; do (yes $k | head -n 100000 | sha256sum >/tmp/s$k)& "
                 "done; wait", timeout=120)
    got = guest.output("cat /tmp/s0 /tmp/s1 /tmp/s2 /tmp/s3 /tmp/s4 /tmp/s5 /tmp/s6 /tmp/s7")
    assert [line.split()[0] for line in got.splitlines()] == want


def test_a_large_file_in_memory_keeps_its_content(guest):
    want = sha(b"".join(b"%d\n" % n for n in range(1, 2000001)))
    guest.output("seq 2000000 >/tmp/large", timeout=120)
    for _ in range(2):
        assert guest.output("sha256sum </tmp/large", timeout=120) == f"{want}  -\n"
    guest.output("rm /tmp/large")


def series(k, n):
    """What awk computes below, in the same order of the same operations."""
    s = 0.0
    for i in range(1, n + 1):
        s += (k + 0.5) / (i * i + k)
    return f"{s:.12f}"


@pytest.mark.parametrize("jobs", [1, 12])
def test_floating_point_survives_switches(guest, jobs):
    """More processes than vCPUs: registers of one must never be seen by another."""
    n = 30000
    guest.output(f"echo 'BEGIN {{ for (i = 1; i <= {n}; i++) s += (k + 0.5) / (i * i + k); "
                 "printf \"%.12f\\n\", s }' >/tmp/f.awk")
    guest.output(f"k=0; while [ $k -lt {jobs} ]; do awk -v k=$k -f /tmp/f.awk >/tmp/f$k & "
                 "k=$((k+1)); done; wait", timeout=120)
    for k in range(jobs):
        assert guest.output(f"cat /tmp/f{k}") == series(k, n) + "\n"


def test_sleep_lasts_as_long_outside(guest):
    start = time.monotonic()
    guest.output("sleep 3")
    assert 2.9 < time.monotonic() - start < 6


def test_the_guest_clock_keeps_pace(guest):
    first, begin = float(guest.output("cut -d' ' -f1 /proc/uptime")), time.monotonic()
    time.sleep(3)
    second, end = float(guest.output("cut -d' ' -f1 /proc/uptime")), time.monotonic()
    assert abs((second - first) - (end - begin)) < 0.5
