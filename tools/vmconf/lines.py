# SPDX-License-Identifier: Apache-2.0
"""Where each key of a TOML document stands. tomllib reads values but forgets their lines, so this walks
the text once more. It is given only what tomllib has accepted, and looks at structure alone."""
import tomllib


class Lines:
    """at(path) is the line of a key; a path is a tuple of names and of indices into arrays."""

    def __init__(self, text):
        self.text = text.replace("\r\n", "\n") + "\n"
        self.pos = 0
        self.found = {}
        self.counts = {}  # of arrays of tables, by path
        table = ()
        while self.skip(" \t\n"):
            if self.text[self.pos] == "[":
                table = self.header()
            else:
                self.pair(table)

    def at(self, path):
        path = tuple(path)
        while path and path not in self.found:
            path = path[:-1]
        return self.found.get(path, 1)

    def skip(self, blanks):
        """Pass blanks and comments; False at the end of the text."""
        while self.pos < len(self.text):
            if self.text[self.pos] == "#":
                self.pos = self.text.index("\n", self.pos)
            elif self.text[self.pos] in blanks:
                self.pos += 1
            else:
                return True
        return False

    def note(self, path, start):
        self.found.setdefault(path, self.text.count("\n", 0, start) + 1)

    def header(self):
        start = self.pos
        is_array = self.text.startswith("[[", self.pos)
        self.pos += 2 if is_array else 1
        path = ()
        names = self.key()
        for i, name in enumerate(names):
            path += (name,)
            if is_array and i == len(names) - 1:
                self.note(path, start)
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path += (self.counts[path] - 1,)
            self.note(path, start)
        self.pos += 2 if is_array else 1
        return path

    def key(self):
        """A dotted key, as a list of names; stops behind it."""
        names = []
        while True:
            self.skip(" \t")
            start = self.pos
            if self.text[start] in "\"'":
                self.string()
                names.append(tomllib.loads("k = " + self.text[start:self.pos])["k"])
            else:
                while self.text[self.pos] not in " \t.=]":
                    self.pos += 1
                names.append(self.text[start:self.pos])
            self.skip(" \t")
            if self.text[self.pos] != ".":
                return names
            self.pos += 1

    def pair(self, table):
        start = self.pos
        for name in self.key():
            table += (name,)
            self.note(table, start)
        self.pos += 1  # "="
        self.skip(" \t")
        self.value(table)

    def value(self, path):
        c = self.text[self.pos]
        if c in "\"'":
            self.string()
        elif c in "[{":
            self.items(path, c)
        else:
            while self.text[self.pos] not in ",]}#\n":
                self.pos += 1

    def items(self, path, opening):
        """An array or an inline table."""
        index = 0
        self.pos += 1
        while self.skip(" \t\n,") and self.text[self.pos] not in "]}":
            if opening == "{":
                self.pair(path)
            else:
                self.note(path + (index,), self.pos)
                self.value(path + (index,))
                index += 1
        self.pos += 1

    def string(self):
        quote = self.text[self.pos]
        triple = self.text.startswith(quote * 3, self.pos)
        end = quote * 3 if triple else quote
        self.pos += len(end)
        while not self.text.startswith(end, self.pos):
            self.pos += 2 if quote == '"' and self.text[self.pos] == "\\" else 1
        self.pos += len(end)
        while triple and self.text[self.pos] == quote:  # up to two quotes may stand before the end
            self.pos += 1
