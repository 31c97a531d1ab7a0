#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the relative links of the tree's Markdown files: each must name a file or folder that is there,
and a heading of it if it has a #fragment. Prints each offence; exits 1 if there is one.
Usage: check_links.py [ROOT]"""
import re
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
SKIP = {"build", ".git"}


def prose(text):
    """@text without code: blocks (fenced or indented) and spans; lines keep their numbers."""
    text = re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S | re.M)
    text = re.sub(r"(?<=\n\n)(?:(?: {4}|\t).*\n|\n)+", lambda m: "\n" * m[0].count("\n"), text)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(path):
    """The fragments that headings of @path can be reached by."""
    names = set()
    for title in re.findall(r"^#+ +(.*)$", path.read_text(encoding="utf-8"), re.M):
        name = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
        names.add(name)
    return names


def check(root, path):
    for number, line in enumerate(prose(path.read_text(encoding="utf-8")).split("\n"), 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, fragment = target.partition("#")
            found = (path.parent / name).resolve() if name else path
            where = f"{path.relative_to(root)}:{number}: {target}"
            if root not in (found, *found.parents):
                yield f"{where}: outside the tree"
            elif not found.exists():
                yield f"{where}: no such file"
            elif fragment and found.suffix == ".md" and fragment not in anchors(found):
                yield f"{where}: no such heading"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    files = [p for p in sorted(root.rglob("*.md")) if not SKIP & set(p.relative_to(root).parts)]
    bad = [line for path in files for line in check(root, path)]
    print("\n".join(bad) or f"ok: links of {len(files)} files")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
