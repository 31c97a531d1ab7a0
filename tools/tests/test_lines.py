# SPDX-License-Identifier: Apache-2.0
"""Lines of keys, in all the forms that TOML has for them."""
import tomllib

import pytest

from vmconf.lines import Lines

TEXT = '''\
# a comment with [brackets] and = signs
[base]
id = 1 # [x]
"quoted.name" = "x # y"
'literal' = 'a\\'
dotted . key = 2
rows = [ # comment ]
  [1, 2],
  { x = 1, y = [3,
     4] },
  "]", """text"] with
id = 5
"quotes\\"""""", \'\'\'more
]\'\'\',
  1979-05-27T07:32:00Z, [[], [7]],
]
last = true
[[memory]]
base = 1
[memory.sub]
q = 1
[[memory]]
size = 2
[[memory.deep]]
z = 1
[[memory.deep]]
z = 2
[a.b.c]
d = 1
'''

PLACES = {
    ("base",): 2, ("base", "id"): 3, ("base", "quoted.name"): 4, ("base", "literal"): 5,
    ("base", "dotted", "key"): 6, ("base", "rows"): 7, ("base", "rows", 0): 8,
    ("base", "rows", 0, 1): 8, ("base", "rows", 1, "x"): 9, ("base", "rows", 1, "y", 0): 9,
    ("base", "rows", 1, "y", 1): 10, ("base", "rows", 2): 11, ("base", "rows", 3): 11,
    ("base", "rows", 4): 13, ("base", "rows", 5): 15, ("base", "rows", 6, 1, 0): 15,
    ("base", "last"): 17, ("memory", 0): 18, ("memory", 0, "base"): 19,
    ("memory", 0, "sub", "q"): 21, ("memory", 1): 22, ("memory", 1, "size"): 23,
    ("memory", 1, "deep", 0, "z"): 25, ("memory", 1, "deep", 1): 26,
    ("memory", 1, "deep", 1, "z"): 27, ("a", "b", "c", "d"): 29,
}


def paths(value, path=()):
    """All paths of a parsed document."""
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, v in items:
        yield path + (key,)
        yield from paths(v, path + (key,))


def test_every_kind_of_key_has_its_line():
    lines = Lines(TEXT)
    assert {p: lines.at(p) for p in PLACES} == PLACES


def test_no_path_of_the_document_is_without_a_line():
    lines = Lines(TEXT)
    assert all(p in lines.found for p in paths(tomllib.loads(TEXT)))


@pytest.mark.parametrize("text", ["", "\n", "# only", "a=1", "[t]", "\r\n[t]\r\na = 1\r\n"])
def test_short_documents_are_read(text):
    assert Lines(text).at(("t", "a")) == (3 if "\r" in text else 1)


def test_what_is_missing_has_the_line_of_what_is_around_it():
    lines = Lines(TEXT)
    assert lines.at(("memory", 1, "base")) == 22
    assert lines.at(("nothing",)) == 1
