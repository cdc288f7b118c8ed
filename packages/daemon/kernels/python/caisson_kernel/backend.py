"""The backend of matplotlib in a kernel: draws in memory, and shows by sending to the daemon."""

from matplotlib.backend_bases import FigureManagerBase as FigureManager  # noqa: F401
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas  # noqa: F401

from . import figures


def show(*_arguments, **_options):
    figures.show_open()


def _remember_boxes():
    """Boxes are drawn as lines or patches of many kinds: their figures are kept where they are still known."""
    from matplotlib.axes import Axes

    draw = Axes.bxp

    def bxp(self, bxpstats, *arguments, **options):
        drawn = draw(self, bxpstats, *arguments, **options)
        is_horizontal = options.get("orientation") == "horizontal" or options.get("vert") is False
        positions = options.get("positions") or (arguments[0] if arguments else None)
        if positions is None:
            positions = range(1, len(bxpstats) + 1)
        axis = self.yaxis if is_horizontal else self.xaxis
        kept = self.__dict__.setdefault("caisson_boxes", [])
        kept.extend((stats, float(position), axis) for stats, position in zip(bxpstats, positions))
        return drawn

    Axes.bxp = bxp


_remember_boxes()
