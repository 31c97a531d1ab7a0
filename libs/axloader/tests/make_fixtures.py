#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the byte fixtures of axloader's tests as C: good gzip files of every block type, broken ones
with one named fault each, ELF and Linux headers, a cpio archive. Usage: make_fixtures.py OUT.c OUT.h"""
import struct
import sys
import zlib

fixtures = {}
faults = []  # (name, part of the diagnostic)


class Bits:
    """Deflate's bit order: from the lowest bit of each byte up; Huffman codes from their top bit."""

    def __init__(self):
        self.bits = []

    def put(self, value, count):
        self.bits += [(value >> i) & 1 for i in range(count)]
        return self

    def code(self, value, count):
        self.bits += [(value >> i) & 1 for i in reversed(range(count))]
        return self

    def bytes(self):
        padded = self.bits + [0] * (-len(self.bits) % 8)
        return bytes(sum(b << i for i, b in enumerate(padded[n:n + 8]))
                     for n in range(0, len(padded), 8))

    # Codes of the fixed block (RFC 1951 3.2.6).
    def fixed(self, symbol):
        if symbol < 144:
            return self.code(0x30 + symbol, 8)
        if symbol < 256:
            return self.code(0x190 + symbol - 144, 9)
        if symbol < 280:
            return self.code(symbol - 256, 7)
        return self.code(0xc0 + symbol - 280, 8)


def gzip(deflated, content, flags=0, fields=b""):
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\3" + fields
    return header + deflated + struct.pack("<II", zlib.crc32(content), len(content) & 0xffffffff)


def deflate(content, level=9, strategy=zlib.Z_DEFAULT_STRATEGY):
    z = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return z.compress(content) + z.flush()


def random_bytes(count, seed):
    out = bytearray()
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        out.append(seed >> 16 & 0xff)
    return bytes(out)


def add_gzip():
    text = b"".join(b"line %d of what a kernel might say\n" % (n * n) for n in range(120))
    fixtures["text"] = text
    fixtures["gz_stored"] = gzip(deflate(text, 0), text)
    fixtures["gz_fixed"] = gzip(deflate(text, 9, zlib.Z_FIXED), text)
    fixtures["gz_dynamic"] = gzip(deflate(text), text)
    fixtures["gz_huffman_only"] = gzip(deflate(text, 9, zlib.Z_HUFFMAN_ONLY), text)
    # Byte n is twice as rare as byte n - 1: codes of all lengths up to the longest.
    skewed = b"".join(bytes([n]) * (1 << (14 - n)) for n in range(15))
    skewed = bytes(skewed[i * 7919 % len(skewed)] for i in range(len(skewed)))
    fixtures["skewed"] = skewed
    fixtures["gz_skewed"] = gzip(deflate(skewed, 9, zlib.Z_HUFFMAN_ONLY), skewed)
    # More than the window, with repeats from its far end.
    block = random_bytes(32768, 1)
    wide = block + block[:5000] + random_bytes(3000, 2) + block[9000:20000] + b"\0" * 9000
    fixtures["wide"] = wide
    fixtures["gz_wide"] = gzip(deflate(wide), wide)
    far = Bits()
    for n in range(32768):
        far.fixed(n & 0xff) if n else far.put(1, 1).put(1, 2).fixed(0)
    far.fixed(285).code(29, 5).put(8191, 13).fixed(256)  # 258 bytes from 32768 back
    content = bytes(n & 0xff for n in range(32768 + 258))
    fixtures["far"] = content
    fixtures["gz_far"] = gzip(far.bytes(), content)
    named = b"\x04\0ax\0\0" + b"vmlinux\0" + b"a comment\0"
    head = b"\x1f\x8b\x08\x1e\0\0\0\0\0\3" + named
    crc16 = struct.pack("<H", zlib.crc32(head) & 0xffff)
    fixtures["gz_named"] = gzip(deflate(text), text, 0x1e, named + crc16)
    fixtures["gz_named_bad_crc"] = gzip(deflate(text), text, 0x1e, named + b"\0\0")
    fixtures["gz_empty"] = gzip(deflate(b""), b"")
    # One distance code of one bit: RFC 1951 3.2.7 allows it, and 'aaaa…' needs no more.
    run = b"a" * 200
    fixtures["run"] = run
    fixtures["gz_run"] = gzip(deflate(run), run)


def dynamic_header(hlit, hdist, code_lengths):
    """A dynamic block up to its code lengths; @code_lengths: symbol of the length code -> bits."""
    order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    b = Bits().put(1, 1).put(2, 2).put(hlit - 257, 5).put(hdist - 1, 5).put(15, 4)
    for symbol in order:
        b.put(code_lengths.get(symbol, 0), 3)
    return b


def add_faults():
    def fault(name, bits, text, content=b"\0" * 64):
        fixtures["bad_" + name] = gzip(bits.bytes() if isinstance(bits, Bits) else bits, content)
        faults.append(("bad_" + name, text))

    fault("reserved", Bits().put(1, 1).put(3, 2), "reserved type")
    fault("stored_len", b"\x01\x05\x00\xfa\xfe" + b"hello", "stored block")
    fault("stored_cut", b"\x01\xff\xff\x00\x00" + b"hello", "ends before")
    fault("length_symbol", Bits().put(1, 1).put(1, 2).fixed(65).fixed(286), "length symbol")
    fault("distance_symbol",
          Bits().put(1, 1).put(1, 2).fixed(65).fixed(257).code(30, 5).fixed(256),
          "distance symbol")
    fault("distance_far", Bits().put(1, 1).put(1, 2).fixed(65).fixed(257).code(1, 5).fixed(256),
          "before its start")
    fault("hlit", dynamic_header(287, 1, {0: 1, 1: 1}), "more codes")
    fault("hdist", dynamic_header(257, 31, {0: 1, 1: 1}), "more codes")
    fault("length_code", dynamic_header(257, 1, {0: 1}), "code of code lengths")
    fault("length_code_over", dynamic_header(257, 1, {0: 1, 1: 1, 2: 1}), "code of code lengths")
    # Length code: 0 -> '0', 16 or 18 -> '10' / '11'.
    fault("repeat_first", dynamic_header(257, 1, {0: 1, 16: 2, 18: 2}).code(2, 2).put(0, 2),
          "past the table")
    b = dynamic_header(257, 1, {0: 1, 16: 2, 18: 2})
    fault("repeat_past", b.code(3, 2).put(127, 7).code(3, 2).put(127, 7), "past the table")
    # '0' -> 0, '10' -> 1, '11' -> 18; no code for the end.
    b = dynamic_header(257, 1, {0: 1, 1: 2, 18: 2}).code(2, 2).code(2, 2)
    fault("no_end", b.code(3, 2).put(127, 7).code(3, 2).put(107, 7).code(0, 1), "end code")
    # Literals 0, 1 and the end with one bit each: impossible.
    b = dynamic_header(257, 1, {0: 1, 1: 2, 18: 2}).code(2, 2).code(2, 2)
    b.code(3, 2).put(127, 7).code(3, 2).put(105, 7).code(2, 2).code(0, 1)
    fault("oversubscribed", b, "incomplete or impossible")
    # Only the end, with two bits: incomplete.
    b = dynamic_header(257, 1, {0: 1, 2: 2, 18: 2})
    b.code(3, 2).put(127, 7).code(3, 2).put(107, 7).code(2, 2).code(0, 1)
    fault("incomplete", b, "incomplete or impossible")
    # Only the end, with one bit, and the bit that has no symbol is used.
    b = dynamic_header(257, 1, {0: 1, 1: 2, 18: 2})
    b.code(3, 2).put(127, 7).code(3, 2).put(107, 7).code(2, 2).code(0, 1).put(0xffff, 16)
    fault("no_symbol", b.put(0xffff, 16), "no symbol")
    fault("flood", (b"\0" + b"\0\0\xff\xff") * 5000 + b"\x01\0\0\xff\xff", "next to nothing")


def phdr(kind, offset, vaddr, paddr, filesz, memsz):
    return struct.pack("<IIQQQQQQ", kind, 5, offset, vaddr, paddr, filesz, memsz, 4096)


def elf(machine, entry, phdrs, body, phoff=64):
    header = struct.pack("<4sBBBB8sHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, b"", 2, machine, 1,
                         entry, phoff, 0, 0, 64, 56, len(phdrs), 64, 0, 0)
    return header + b"\0" * (phoff - 64) + b"".join(phdrs) + body


def add_elf():
    body = random_bytes(1000, 3)
    at = 64 + 3 * 56
    # The data segment comes first in the table and last in memory, and has a bss.
    phdrs = [phdr(1, at + 600, 0xffff800000003000, 0x80003000, 300, 5000),
             phdr(4, at, 0, 0, 16, 16),
             phdr(1, at, 0xffff800000000000, 0x80000000, 600, 600)]
    good = elf(183, 0xffff800000000040, phdrs, body)
    fixtures["elf_arm64"] = good
    fixtures["gz_elf"] = gzip(deflate(good), good)
    fixtures["elf_x86"] = elf(62, 0x80000010, phdrs, body)  # physical entry, as in vmlinux
    far = elf(243, 0x80000000, [phdr(1, 0, 0x80000000, 0x80000000, 64, 64)],
              random_bytes(100, 4), 20000)
    fixtures["gz_elf_far"] = gzip(deflate(far), far)
    too_far = elf(243, 0x80000000, [phdr(1, 0, 0x80000000, 0x80000000, 64, 64)], b"", 40000)
    fixtures["gz_elf_too_far"] = gzip(deflate(too_far), too_far)
    many = [phdr(1, 0, n * 4096, n * 4096, 64, 64) for n in range(17)]
    fixtures["elf_many"] = elf(183, 0, many, b"")


def linux(text_offset, image_size, magic, bytes_total, magic1=b"\0" * 8):
    return struct.pack("<IIQQQQQ8sII", 0x14000000, 0, text_offset, image_size, 2, 0, 0, magic1,
                       magic, 0) + random_bytes(bytes_total - 64, 5)


def zboot(compression, payload):
    head = struct.pack("<4s4sIIQ32sII", b"MZ", b"zimg", 512, len(payload), 0, compression,
                       0x818223cd, 64)
    return head + b"\0" * (512 - len(head)) + payload + b"after it"


def add_linux():
    fixtures["arm64_image"] = linux(0x80000, 8192, 0x644d5241, 3000)
    fixtures["arm64_old"] = linux(0, 0, 0x644d5241, 3000)
    fixtures["riscv_image"] = linux(0x200000, 6000, 0x05435352, 3000, b"RISCV\0\0\0")
    image = fixtures["arm64_image"]
    fixtures["gz_image"] = gzip(deflate(image), image)
    fixtures["zboot"] = zboot(b"gzip", fixtures["gz_image"])
    fixtures["zboot_zstd"] = zboot(b"zstd22", b"(\xb5/\xfd")
    fixtures["zboot_raw"] = zboot(b"gzip", b"nothing deflated")


def cpio_entry(name, data, mode=0o100644, magic=b"070701"):
    head = magic + b"".join(b"%08x" % v for v in (
        1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
    entry = head + name + b"\0"
    entry += b"\0" * (-len(entry) % 4) + data
    return entry + b"\0" * (-len(entry) % 4)


def add_cpio():
    good = cpio_entry(b"vms", b"", 0o40755) + cpio_entry(b"./vms/one.vm", b"first") + \
        cpio_entry(b"Image", b"12345678") + cpio_entry(b"empty", b"")
    fixtures["cpio"] = good + cpio_entry(b"TRAILER!!!", b"") + b"\0" * 512


add_gzip()
add_faults()
add_elf()
add_linux()
add_cpio()

with open(sys.argv[1], "w") as c, open(sys.argv[2], "w") as h:
    h.write("#pragma once\n#include <stddef.h>\n#include <stdint.h>\n"
            "struct fixture {\n\tconst uint8_t *bytes;\n\tsize_t size;\n};\n"
            "struct fault {\n\tconst char *name;\n\tconst struct fixture *in;\n"
            "\tconst char *text;\n};\n")
    c.write('#include "fixtures.h"\n')
    for name, data in fixtures.items():
        h.write(f"extern const struct fixture fx_{name};\n")
        c.write(f"static const uint8_t {name}[] = {{{','.join(map(str, data))}}};\n"
                f"const struct fixture fx_{name} = {{ {name}, sizeof({name}) }};\n")
    h.write(f"extern const struct fault faults[{len(faults)}];\n")
    c.write(f"const struct fault faults[{len(faults)}] = {{\n")
    for name, text in faults:
        c.write(f'\t{{ "{name}", &fx_{name}, "{text}" }},\n')
    c.write("};\n")
