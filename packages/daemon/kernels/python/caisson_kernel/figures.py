"""Figures of matplotlib: shown when the cell shows them, or at its end."""

import io
import os
import sys

BACKEND = "module://caisson_kernel.backend"
sink = None


class _PreferInline:
    """Names our backend when pyplot is imported. Programs that user code starts are not touched, as they would be by a variable."""

    def find_spec(self, name, _path=None, _target=None):
        if name == "matplotlib.pyplot":
            sys.meta_path.remove(self)
            import matplotlib

            # Agg is what a machine without a screen is told, and no wish to see nothing.
            if os.environ.get("MPLBACKEND", "agg").lower() == "agg":
                matplotlib.rcParams["backend"] = BACKEND
        return None


def prefer_inline():
    sys.meta_path.insert(0, _PreferInline())


def show_open():
    """Shows the figures that are open, and closes them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or "caisson_kernel.backend" not in sys.modules or not pyplot.get_fignums():
        return
    try:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if figure.get_children()[1:]:
                sink.result(figure, {"text/plain": repr(figure), "image/png": png_of(figure)}, False)
    finally:
        pyplot.close("all")


def png_of(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    return buffer.getvalue()
