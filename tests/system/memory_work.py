# SPDX-License-Identifier: Apache-2.0
"""Work that fills most of a Linux guest's memory from two processes, and the sums that must come out. No
page has the same content in two places of a file, in two files, in two rounds or in two VMs: memory that
is mixed up, of whatever kind, cannot give the right sum."""
import hashlib

MEMORY = 128  # MiB for a guest, of which its kernel leaves about 95
COPIES = 25  # of 1.35 MB, twice: 67 MB
LINES = 29989  # a number each; seq is what takes the time, so a part of a copy is repeated
PARTS = 5
FILES = 2


def memory_for(arch):
    """The same on @arch: RISC-V's kernel keeps 66 MiB to itself."""
    return 192 if arch.name == "riscv64" else MEMORY


def first(vm, turn, file):
    """The first number of a file's lines; all have eight digits, so no two files share one."""
    return 10000000 + ((vm * 100 + turn) * FILES + file) * LINES


def teach(guest, copies=COPIES):
    """Define the work in the guest's shell."""
    guest.output("mount -o remount,size=95% /tmp")
    # copies N FILE: FILE N times, with a number before each, so that each begins elsewhere in its page.
    guest.output("copies() { i=0; while [ $i -lt $1 ]; do echo $i; cat $2; i=$((i+1)); done; }")
    # fill FIRST FILE
    guest.output(f"fill() {{ seq $1 $(($1+{LINES - 1})) >/tmp/part$2; copies {PARTS} /tmp/part$2 "
                 f">/tmp/base$2; copies {copies} /tmp/base$2 >/tmp/file$2; md5sum </tmp/file$2; }}")
    guest.output("work() { fill $1 0 >/tmp/sum0 & fill $2 1 >/tmp/sum1 & wait; cat /tmp/sum0 /tmp/sum1; }")
    guest.output("again() { md5sum </tmp/file0 >/tmp/sum0 & md5sum </tmp/file1 >/tmp/sum1 & wait; "
                 "cat /tmp/sum0 /tmp/sum1; }")


def begin(guest, vm, turn):
    """Fill the memory with the data of this VM and turn, and sum it up; the answer is sums()."""
    guest.begin(f"work {first(vm, turn, 0)} {first(vm, turn, 1)}")


def begin_again(guest):
    """Sum up once more what is there."""
    guest.begin("again")


def copies_of(n, data):
    for i in range(n):
        yield b"%d\n" % i
        yield data


def lines(start, count):
    return "".join(f"{n}\n" for n in range(start, start + count)).encode()


def sum_of_lines(start, count):
    """What seq piped into md5sum says."""
    return f"{hashlib.md5(lines(start, count)).hexdigest()}  -\n"


def sums(vm, turn, copies=COPIES):
    text = ""
    for file in range(FILES):
        part = lines(first(vm, turn, file), LINES)
        md5 = hashlib.md5()
        for piece in copies_of(copies, b"".join(copies_of(PARTS, part))):
            md5.update(piece)
        text += f"{md5.hexdigest()}  -\n"
    return text
