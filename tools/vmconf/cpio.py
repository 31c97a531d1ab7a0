# SPDX-License-Identifier: Apache-2.0
"""newc cpio archives of plain files (cpio(5), "New ASCII Format"). Data begins at a multiple of 64 bytes:
a name is followed by as many NULs as that takes, which the format and its readers allow."""

MAGIC = b"070701"
HEADER_SIZE = 110
ALIGN = 64
TRAILER = "TRAILER!!!"


class CpioError(Exception):
    """The bytes are not such an archive."""


def entry(name, data, number, offset):
    """Header, name and padding, so that what follows is aligned; @offset is where the entry starts."""
    name = name.encode() + b"\0"
    if data:
        name += bytes(-(offset + HEADER_SIZE + len(name)) % ALIGN)
    mode = 0o100444 if number else 0
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = MAGIC + b"".join(b"%08X" % f for f in fields) + name
    return head + bytes(-len(head) % 4)


def write(files):
    """An archive of @files, pairs of name and data, in their order."""
    out = bytearray()
    for number, (name, data) in enumerate(files, 1):
        out += entry(name, data, number, len(out)) + data
        out += bytes(-len(out) % 4)
    out += entry(TRAILER, b"", 0, len(out))
    return bytes(out + bytes(-len(out) % 512))


def entries(archive):
    """(name, offset of the data, size) of each entry."""
    pos = 0
    while True:
        head = archive[pos:pos + HEADER_SIZE]
        if len(head) < HEADER_SIZE or head[:6] != MAGIC:
            raise CpioError(f"no cpio header at {pos:#x}")
        try:
            size, name_size = int(head[54:62], 16), int(head[94:102], 16)
        except ValueError:
            raise CpioError(f"a damaged cpio header at {pos:#x}") from None
        start = pos + HEADER_SIZE
        name = archive[start:start + name_size].split(b"\0")[0].decode(errors="replace")
        data = (start + name_size + 3) & ~3
        if data + size > len(archive):
            raise CpioError(f'"{name}" is cut short')
        if name == TRAILER:
            return
        yield name, data, size
        pos = (data + size + 3) & ~3
