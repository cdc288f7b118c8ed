"""Compares which cells our shell leaves as they are with what IPython makes of them. Prints those that differ, and how many stayed."""

import glob
import os
import random
import sys
import warnings

sys.path.insert(0, sys.argv[1])
count = int(sys.argv[2])

from caisson_kernel import ipython  # noqa: E402

warnings.simplefilter("ignore")
shell = ipython.make_shell()
shell.user_ns.update(x=1, f=len)
draw = random.Random(1)
WORDS = [
    *"x f ls cd pwd who exit quit time alias f.a f* In [1] [ins] : = == != , ; / % %% ! !! ? ?? @ . ... >>> > ( ) [ ] { } # # PYTHON-MODE \\".split(" "),
    *["x = 1", "a, b = b, a", "x % 2", "x %= 2", "y = %time 1", "y = !ls", "y = x != 1", "await z", "async def g(): pass", "def g():", "\n", "\n\n", "\n    ", " ", "  ", "\t"],
    *['"', "'", '"""', "f'{x!r}'", "print(x)", "class C:\n    ...", "# is it?", "s = '? !'", "\x0c", "\r\n", "\u2028", "é", "\x00", "In[3]", "Out[1]", "del x", "lambda: 0", "/f x", ",f x", ";f x"],
]


def cells():
    for _ in range(count):
        yield draw.choice(["", " "]).join(draw.choice(WORDS) for _ in range(draw.randint(1, 6)))
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.__file__), "*.py")))[: count // 100]:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
        for _ in range(10):
            start = draw.randrange(len(lines) or 1)
            yield "".join(lines[start : start + draw.randint(1, 12)])


stayed = 0
for cell in cells():
    ours = shell.unchanged.cell_of(cell)
    if ours is None:
        continue
    stayed += 1
    try:
        theirs = super(ipython.Shell, shell).transform_cell(cell)
    except SyntaxError:
        theirs = "a syntax error"
    if ours != theirs:
        print(repr(cell), repr(theirs))
print(f"stayed {stayed > count // 10}")
