# SPDX-License-Identifier: Apache-2.0
"""A TOML file under examination: typed access to its keys, and every complaint with file and line."""
import difflib
import re
import tomllib

from .lines import Lines

AUTO = (1 << 64) - 1
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
TYPES = {bool: "a boolean", int: "an integer", str: "a string", list: "an array", dict: "a table",
         float: "a float"}


class ConfigError(Exception):
    """All that is wrong with one file; its text has a line for each thing."""


def dotted(path):
    """("a", 0, "b") as it is written: a[0].b"""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")


def type_name(value):
    return TYPES.get(type(value), "a date or time")


class Doc:
    def __init__(self, name, text, overrides=()):
        self.name = str(name)
        self.errors, self.warnings = [], []
        self.overridden = {}  # path -> the option as given
        try:
            self.root = tomllib.loads(text)
        except tomllib.TOMLDecodeError as e:
            line = re.search(r"at line (\d+)", str(e))
            at = line[1] if line else text.count("\n") + 1
            raise ConfigError(f"{self.name}:{at}: {e}") from e
        self.lines = Lines(text)
        for option in overrides:
            self.override(option)

    def override(self, option):
        """Apply "base.cpu_num=8": the value is TOML, or else a string as it stands."""
        key, equals, value = option.partition("=")
        path = tuple(key.strip().split("."))
        if not equals or not all(path):
            raise ConfigError(f"--set {option}: not of the form key=value")
        try:
            value = tomllib.loads("v = " + value)["v"]
        except tomllib.TOMLDecodeError:
            pass
        table = self.root
        for part in path[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ConfigError(f"--set {option}: {part} is {type_name(table)}, not a table")
        table[path[-1]] = value
        self.overridden[path] = "--set " + key.strip()

    def where(self, path):
        for end in range(len(path), 0, -1):
            if path[:end] in self.overridden:
                return 0, self.overridden[path[:end]]
        line = self.lines.at(path)
        return line, f"{self.name}:{line}"

    def error(self, path, text):
        line, place = self.where(path)
        self.errors.append((line, f"{place}: {dotted(path)}: {text}"))

    def warn(self, path, text):
        line, place = self.where(path)
        self.warnings.append((line, f"{place}: warning: {dotted(path)}: {text}"))

    def finish(self):
        """Raise if anything was wrong; the warnings, in the file's order, if not."""
        if self.errors:
            raise ConfigError("\n".join(dict.fromkeys(t for _, t in sorted(
                self.errors, key=lambda e: e[0]))))
        return [t for _, t in sorted(self.warnings, key=lambda w: w[0])]

    def typed(self, path, value, kind):
        if type(value) is kind:
            return True
        self.error(path, f"is {type_name(value)}, not {TYPES[kind]}")
        return False

    def table(self, path, value, keys):
        """@value if it is a table, without the keys that are not in @keys."""
        if not self.typed(path, value, dict):
            return {}
        for key in value:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, 1)
                hint = f'; did you mean "{near[0]}"?' if near else ""
                self.error(path + (key,), "unknown key" + hint)
        return {k: v for k, v in value.items() if k in keys}

    def integer(self, path, value, low=0, high=AUTO - 1):
        if not self.typed(path, value, int):
            return None
        if not low <= value <= high:
            limits = f"{low} to {high}" if high < 1 << 16 else f"{low:#x} to {high:#x}"
            self.error(path, f"{value} is not within {limits}")
            return None
        return value

    def size(self, path, value):
        """Bytes: an integer, or a string such as "512M"."""
        if isinstance(value, str):
            m = re.fullmatch(r"([0-9]+|0[xX][0-9a-fA-F]+) ?(?:([KMG])(?:i?B)?)?", value)
            if m is None:
                self.error(path, f'"{value}" is not a size such as "512M"')
                return None
            value = int(m[1], 0 if m[1][:2].lower() == "0x" else 10) * UNITS.get(m[2], 1)
        return self.integer(path, value, 1)

    def text(self, path, value, room):
        """A non-empty string that fits in @room bytes with its NUL."""
        if not self.typed(path, value, str):
            return None
        if value == "":
            self.error(path, "is empty")
        elif any(ord(c) < 32 or ord(c) == 127 for c in value):
            self.error(path, "has a control character")
        elif len(value.encode()) >= room:
            self.error(path, f"has {len(value.encode())} bytes, more than {room - 1}")
        else:
            return value
        return None

    def choice(self, path, value, names):
        if not self.typed(path, value, str):
            return None
        if value not in names:
            known = ", ".join(f'"{n}"' for n in names)
            self.error(path, f'"{value}" is not one of {known}')
            return None
        return value

    def rows(self, path, value, fields, needed):
        """An array whose items are arrays in the order of @fields, or tables with these keys: pairs of
        the item's path and {field: (path, value)}. Items with fewer than @needed fields are refused."""
        if not self.typed(path, value, list):
            return
        for i, item in enumerate(value):
            at = path + (i,)
            if isinstance(item, dict):
                before = len(self.errors)
                row = {k: (at + (k,), v) for k, v in self.table(at, item, fields).items()}
                if len(self.errors) > before:
                    continue
                missing = [f for f in fields[:needed] if f not in row]
            elif self.typed(at, item, list):
                if len(item) > len(fields):
                    self.error(at, f"has {len(item)} items, more than {len(fields)}: "
                               + ", ".join(fields))
                    continue
                row = {k: (at + (n,), v) for n, (k, v) in enumerate(zip(fields, item))}
                missing = fields[len(item):needed]
            else:
                continue
            if missing:
                self.error(at, f"has no {', '.join(missing)}")
            else:
                yield at, row
