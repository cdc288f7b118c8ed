"""A small shell for images without IPython: last expressions, top-level await, rich display, `!` and the commonest magics."""

import ast
import asyncio
import builtins
import inspect
import linecache
import sys
import traceback
import types

from . import formats, magics
from .display import message_of

TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class PlainShell:
    def __init__(self):
        self.count = 0
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.names["__builtins__"] = builtins
        sys.modules["__main__"] = self.module

    def attach(self, sink):
        self.sink = sink
        builtins.display = self.display
        sys.displayhook = self.show_value

    def display(self, *values, **_options):
        for value in values:
            self.sink.result(value, formats.of(value), False)

    def show_value(self, value):
        if value is None:
            return
        self.names["__"] = self.names.get("_")
        self.names["_"] = value
        self.sink.result(value, formats.of(value), True)

    def run(self, code, sink):
        self.count += 1
        name = f"<cell {self.count}>"
        try:
            source = magics.translate(code)
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
            self._execute(source, name)
        except SystemExit as end:
            if end.code not in (None, 0):
                sink.error("SystemExit", message_of(end), f"SystemExit: {message_of(end)}")
        except BaseException as error:  # noqa: BLE001 -- it is the cell's.
            sink.error(type(error).__name__, message_of(error), _describe(error))

    def _execute(self, source, name):
        tree = ast.parse(source, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not _is_quiet(source):
            last = ast.Expression(tree.body.pop().value)
        self._evaluate(compile(tree, name, "exec", TOP_LEVEL_AWAIT))
        if last is not None:
            self.show_value(self._evaluate(compile(last, name, "eval", TOP_LEVEL_AWAIT)))

    def _evaluate(self, code):
        if not code.co_flags & inspect.CO_COROUTINE:
            return eval(code, self.names)
        return asyncio.run(_awaited(eval(code, self.names)))


async def _awaited(coroutine):
    return await coroutine


def _is_quiet(source):
    return source.rstrip().endswith(";")


def _describe(error):
    """The traceback without our own frames."""
    where = error.__traceback__
    while where is not None and not where.tb_frame.f_code.co_filename.startswith("<cell"):
        where = where.tb_next
    return "".join(traceback.format_exception(type(error), error, where)).rstrip("\n")
