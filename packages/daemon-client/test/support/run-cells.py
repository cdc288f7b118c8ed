"""Runs cells in our shell, and tells all that comes of each. As `whole`, IPython does all of it."""

import contextlib
import io
import json
import os
import re
import sys
import warnings

sys.path.insert(0, sys.argv[1])

from caisson_kernel import context, display, figures, ipython  # noqa: E402

CELLS = [
    *["x = 1", "x", "x;", "x + 1\n", "_ + 1", "(_, __, _i, _ii, _2)", "1\n2\n3", "a = b = 2; a", "", "  ", "\n\n", "  y = 1\n  y", "# a comment"],
    *["1/0", "def f():\n    return g()\n\ndef g():\n    raise ValueError('é')\n", "f()", "x = 5\nf()\nx = 6", "x", "x = (1,\n", "return 1", "x = 7; return 1", "x", "  x = 8\n y = 9"],
    *["y = x if x else\n", "print('out'); import sys; print('err', file=sys.stderr); 'value'", "raise SystemExit", "sys.exit(3)", "exit()", "import warnings; warnings.warn('w')", "warnings.warn('w')"],
    *["from __future__ import annotations", "def h(a: nothing): pass\nh.__annotations__", "import asyncio; await asyncio.sleep(0); 3", "async def c(): return 4", "await c()", "[z async for z in None]"],
    *["y = %pwd", "ls = 1", "ls", "pwd", "del ls", "!true", "_exit_code", "x?", "In[1]", "Out", "len(In), sorted(Out)[:3]", "get_ipython().execution_count", "%automagic off", "pwd", "%automagic on"],
    *["_ = 'mine'", "5", "_", "del _", "6", "_", "paste", "paste = 1", "In[-3:]", "None", "raise KeyboardInterrupt", "class E(Exception):\n    def __str__(self): raise E\nraise E", "lambda: 0 if 1 else 2"],
    *["get_ipython().events.register('post_run_cell', lambda result: print('after', result.execution_count, result.result))", "9", "get_ipython().events.callbacks['post_run_cell'].clear()", "10"],
    *["import ast\nclass N(ast.NodeTransformer):\n    def visit_Constant(self, node): return ast.Constant(41)\nget_ipython().ast_transformers.append(N())", "1", "get_ipython().ast_transformers.clear()", "1"],
    *["get_ipython().input_transformers_post.append(lambda lines: ['42'])", "1", "get_ipython().input_transformers_post.clear()", "1"],
    *["%config InteractiveShell.ast_node_interactivity = 'all'", "1\n2", "%config InteractiveShell.ast_node_interactivity = 'last_expr'", "get_ipython().set_custom_exc((ValueError,), lambda *a, **k: print('custom'))", "f()", "get_ipython().set_custom_exc((), None)"],
    *["import sys; sys.displayhook = print", "11", "sys.excepthook = None; 12", "13", "import inspect; inspect.getsource(f)", "f.__code__.co_filename[:18]", "__name__, __doc__", "'doc'\n1", "__doc__", "get_ipython().run_cell('14')", "get_ipython().last_execution_result.result"],
    *["%%writefile /dev/null\n15", "x = 'a\\\n?'", "x = '''\n%%bash\n'''\nx", "%%capture text\nprint(1)", "text.stdout", "for i in range(2):\n    i\ni", "get_ipython().last_execution_succeeded", "%reset -f", "x"],
    *["def deep(n):\n    return deep(n - 1) if n else 1 / 0\ndeep(3)", "%macro m 1", "m", "%xmode Plain", "1/0", "quit", "\"unfinished", "x = \u2028 1", "\ufeffx = 1", "x\x00"],
]


class Channel:
    """Keeps what would go to the daemon, and what was written before it."""

    def __init__(self):
        self.said = []

    def send(self, kind, **fields):
        self.said.append([kind, fields])


def steady(text):
    """Without what no two processes have in common."""
    return re.sub(r"0x[0-9a-f]{6,}|-[0-9a-f]{12}>", "…", text)


def names(shell):
    own = ("_", "__", "___", "_i", "_ii", "_iii", f"_i{shell.execution_count - 1}", f"_{shell.execution_count - 1}", "__doc__")
    return {name: repr(shell.user_ns[name]) for name in own if name in shell.user_ns}


warnings.simplefilter("default")
figures.prefer_inline()
channel = Channel()
shell = context.make_shell()
shell.attach(display.Sink(channel))
if sys.argv[2] == "whole":
    ipython.Shell.run = lambda self, code, sink: self.run_cell(code, store_history=True)
    shell.unchanged.cell_of = lambda code: None
for cell in CELLS:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        context._run_cell(shell, cell, display.Sink(channel))
    print(
        steady(
            json.dumps(
                [cell, channel.said, out.getvalue(), err.getvalue(), shell.execution_count, names(shell), len(shell.user_ns["In"]), shell.user_ns["In"][-1:], sys.displayhook is print],
                default=str,
                ensure_ascii=False,
            )
        ),
        flush=True,
    )
    channel.said = []
os._exit(0)
