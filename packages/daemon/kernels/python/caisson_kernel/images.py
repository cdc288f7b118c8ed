"""Pictures of Pillow: results where a program shows or saves them, since there is no screen to show them on."""

import functools
import importlib.util
import io
import os
import sys

from . import figures


class _PatchWhenImported:
    def find_spec(self, name, _path=None, _target=None):
        if name != "PIL.Image":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _patch(module.Image)

        spec.loader.exec_module = exec_module
        return spec


def watch():
    sys.meta_path.insert(0, _PatchWhenImported())


def _patch(kind):
    save = kind.save

    def show(image, *_arguments, **_options):
        _tell(image, save)

    @functools.wraps(save)
    def save_and_show(image, fp, *arguments, **options):
        result = save(image, fp, *arguments, **options)
        # What a library saves on its way to something else was not meant to be seen.
        if isinstance(fp, (str, os.PathLike)) and sys._getframe(1).f_globals.get("__name__") == "__main__":
            _tell(image, save)
        return result

    kind.show = show
    kind.save = save_and_show


def _tell(image, save):
    if figures.sink is None:
        return
    buffer = io.BytesIO()
    try:
        save(image, buffer, format="PNG")
    except (OSError, ValueError):
        # Not every kind of picture can be a PNG.
        return
    figures.sink.result(image, {"text/plain": repr(image), "image/png": buffer.getvalue()}, False)
