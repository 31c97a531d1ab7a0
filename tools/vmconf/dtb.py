# SPDX-License-Identifier: Apache-2.0
"""Flattened device trees (Devicetree Specification 0.4, chapter 5), written and read. A tree is a Node;
property values are bytes. What write() made, read() gives back."""
import struct

MAGIC = 0xD00DFEED
VERSION, LAST_COMPATIBLE = 17, 16
BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9
HEADER = struct.Struct(">10I")


class DtbError(Exception):
    """The bytes are not a device tree."""


class Node:
    def __init__(self, name=""):
        self.name = name
        self.props = {}
        self.nodes = []

    def add(self, name):
        self.nodes.append(Node(name))
        return self.nodes[-1]

    def find(self, name):
        return next((n for n in self.nodes if n.name == name), None)


def u32(*values):
    return struct.pack(f">{len(values)}I", *values)


def u64(*values):
    return struct.pack(f">{len(values)}Q", *values)


def string(text):
    return text.encode() + b"\0"


def as_u32(data):
    return struct.unpack(">I", data)[0]


def as_u64s(data):
    return struct.unpack(f">{len(data) // 8}Q", data)


def as_string(data):
    return data[:-1].decode()


def write(root):
    strings, offsets = bytearray(), {}
    body = bytearray()

    def pad():
        body.extend(bytes(-len(body) % 4))

    def node(n):
        body.extend(u32(BEGIN_NODE) + string(n.name))
        pad()
        for name, data in n.props.items():
            if name not in offsets:
                offsets[name] = len(strings)
                strings.extend(string(name))
            body.extend(u32(PROP, len(data), offsets[name]) + data)
            pad()
        for child in n.nodes:
            node(child)
        body.extend(u32(END_NODE))

    node(root)
    body.extend(u32(END))
    reserved = u64(0, 0)
    at_struct = HEADER.size + len(reserved)
    at_strings = at_struct + len(body)
    total = at_strings + len(strings)
    header = HEADER.pack(MAGIC, total, at_struct, at_strings, HEADER.size, VERSION,
                         LAST_COMPATIBLE, 0, len(strings), len(body))
    return bytes(header + reserved + body + strings)


def read(blob):
    try:
        return Reader(blob).root()
    except (struct.error, IndexError, ValueError) as e:
        raise DtbError(f"a damaged device tree ({e})") from e


class Reader:
    def __init__(self, blob):
        if len(blob) < HEADER.size:
            raise DtbError("too short for a device tree")
        magic, total, self.pos, at_strings, _, version, last, _, strings_size, size = \
            HEADER.unpack_from(blob)
        if magic != MAGIC:
            raise DtbError("no device tree")
        if version < VERSION or last > VERSION:
            raise DtbError(f"device tree format {version} is not known")
        if total > len(blob):
            raise DtbError(f"cut short: {len(blob)} bytes of {total}")
        self.end = self.pos + size
        self.blob = blob[:total]
        self.strings = self.blob[at_strings:at_strings + strings_size]

    def cell(self):
        if self.pos + 4 > self.end:
            raise DtbError("a damaged device tree (no end)")
        value = struct.unpack_from(">I", self.blob, self.pos)[0]
        self.pos += 4
        return value

    def token(self):
        while (token := self.cell()) == NOP:
            pass
        return token

    def root(self):
        if self.token() != BEGIN_NODE:
            raise DtbError("a damaged device tree (no root)")
        return self.node(0)

    def node(self, depth):
        if depth > 16:
            raise DtbError("a damaged device tree (nested too deep)")
        end = self.blob.index(b"\0", self.pos)
        n = Node(self.blob[self.pos:end].decode())
        self.pos = (end + 4) & ~3
        while (token := self.token()) != END_NODE:
            if token == BEGIN_NODE:
                n.nodes.append(self.node(depth + 1))
            elif token == PROP:
                size, at = self.cell(), self.cell()
                name = self.strings[at:self.strings.index(b"\0", at)].decode()
                if self.pos + size > self.end:
                    raise DtbError(f"a damaged device tree (property {name} is too long)")
                n.props[name] = self.blob[self.pos:self.pos + size]
                self.pos = (self.pos + size + 3) & ~3
            else:
                raise DtbError(f"a damaged device tree (token {token})")
        return n
