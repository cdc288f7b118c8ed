"""Environment variables that hold for one cell."""

import contextlib
import os


def replaced(variables):
    return _replaced(variables) if variables else _unchanged


_unchanged = contextlib.nullcontext()


@contextlib.contextmanager
def _replaced(variables):
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
