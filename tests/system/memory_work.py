# SPDX-License-Identifier: Apache-2.0
"""Work that fills most of a Linux guest's memory from two processes, and the sums that must come out. No
page has the same content in two places of a file, in two files, in two rounds or in two VMs: memory that
is mixed up, of whatever kind, cannot give the right sum."""
import hashlib

MEMORY = 192  # MiB for a guest
COPIES = 48  # of 1.3 MB, twice: 126 of the 192 MB
LINES = 150000
FILES = 2


def first(vm, turn, file):
    """The first number of a file's lines; all have eight digits, so no two files share one."""
    return 10000000 + ((vm * 100 + turn) * FILES + file) * LINES


def teach(guest, copies=COPIES):
    """Define the work in the guest's shell."""
    guest.output("mount -o remount,size=95% /tmp")
    # The first number, the file.
    guest.output(f"fill() {{ seq $1 $(($1+{LINES - 1})) >/tmp/base$2; i=0; while [ $i -lt {copies} ]; do "
                 "echo $i; cat /tmp/base$2; i=$((i+1)); done >/tmp/file$2; md5sum </tmp/file$2; }")
    guest.output("work() { fill $1 0 >/tmp/sum0 & fill $2 1 >/tmp/sum1 & wait; cat /tmp/sum0 /tmp/sum1; }")
    guest.output("again() { md5sum </tmp/file0 >/tmp/sum0 & md5sum </tmp/file1 >/tmp/sum1 & wait; "
                 "cat /tmp/sum0 /tmp/sum1; }")


def begin(guest, vm, turn):
    """Fill the memory with the data of this VM and turn, and sum it up; the answer is sums()."""
    guest.begin(f"work {first(vm, turn, 0)} {first(vm, turn, 1)}")


def begin_again(guest):
    """Sum up once more what is there."""
    guest.begin("again")


def sums(vm, turn, copies=COPIES):
    text = ""
    for file in range(FILES):
        start = first(vm, turn, file)
        base = "".join(f"{n}\n" for n in range(start, start + LINES)).encode()
        md5 = hashlib.md5()
        for n in range(copies):
            md5.update(b"%d\n" % n)
            md5.update(base)
        text += f"{md5.hexdigest()}  -\n"
    return text
