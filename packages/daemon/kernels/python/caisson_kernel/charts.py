"""What a figure of matplotlib shows, as data in E2B's words."""

import re

from . import axes, formats

MAX_POINTS = 20_000
UNIT = re.compile(r"[(\[]([^()\[\]]+)[)\]]\s*$")


def chart_of(value, _formats):
    if not formats.is_figure(value):
        return {}
    shown = [ax for ax in value.axes if ax.get_visible() and not _is_colorbar(ax)]
    charts = [_chart(ax) for ax in shown]
    if not charts:
        return {}
    if len(charts) == 1:
        return {"e2b/chart": charts[0]}
    title = value._suptitle.get_text() if getattr(value, "_suptitle", None) else None
    return {"e2b/chart": {"type": "superchart", "title": title, "elements": charts}}


def _chart(ax):
    for make in (_pie, _boxes, _bars, _scatter, _lines):
        try:
            chart = make(ax)
        except Exception:  # noqa: BLE001 -- an unusual drawing is an unknown one.
            continue
        if chart is not None:
            return chart
    return {"type": "unknown", "title": ax.get_title() or None, "elements": []}


def _is_colorbar(ax):
    return ax.get_label() == "<colorbar>" or hasattr(ax, "_colorbar")


def _flat(kind, ax, elements):
    labels = {"x_label": ax.get_xlabel(), "y_label": ax.get_ylabel()}
    units = {name.replace("label", "unit"): _unit(text) for name, text in labels.items()}
    return {"type": kind, "title": ax.get_title() or None, **_or_none(labels), **units, "elements": elements}


def _or_none(texts):
    return {name: text or None for name, text in texts.items()}


def _unit(label):
    match = UNIT.search(label)
    return match.group(1) if match else None


def _pointed(kind, ax, elements):
    fields = {}
    for name, axis, scale in (("x", ax.xaxis, ax.get_xscale()), ("y", ax.yaxis, ax.get_yscale())):
        kind_of_axis = axes.kind_of(axis) or scale
        fields[f"{name}_ticks"] = axes.ticks(axis, kind_of_axis)
        fields[f"{name}_tick_labels"] = axes.tick_labels(axis)
        fields[f"{name}_scale"] = kind_of_axis
    return {**_flat(kind, ax, elements), **fields}


def _series(label, xs, ys):
    xs, ys = axes.coordinates(xs), axes.coordinates(ys)
    step = max(1, -(-len(xs) // MAX_POINTS))
    return {"label": label, "points": [list(point) for point in zip(xs[::step], ys[::step])]}


def _name(artist, kind, number):
    label = str(artist.get_label())
    return f"{kind} {number}" if label.startswith("_") else label


def _pie(ax):
    wedges = [patch for patch in ax.patches if type(patch).__name__ == "Wedge"]
    if not wedges:
        return None
    elements = [
        {
            "label": "" if wedge.get_label().startswith("_") else wedge.get_label(),
            "angle": round(abs(float(wedge.theta2) - float(wedge.theta1)), 3),
            "radius": float(wedge.r),
        }
        for wedge in wedges
    ]
    return {"type": "pie", "title": ax.get_title() or None, "elements": elements}


def _boxes(ax):
    boxes = getattr(ax, "caisson_boxes", None)
    if not boxes:
        return None
    elements = []
    for stats, position, axis in boxes:
        near = axes.label_near(axis, position)
        elements.append(
            {
                "label": str(stats.get("label") or "") if near is None else near,
                "min": float(stats["whislo"]),
                "first_quartile": float(stats["q1"]),
                "median": float(stats["med"]),
                "third_quartile": float(stats["q3"]),
                "max": float(stats["whishi"]),
                "outliers": [float(value) for value in stats.get("fliers", [])],
            }
        )
    return _flat("box_and_whisker", ax, elements)


def _bars(ax):
    groups = [group for group in ax.containers if type(group).__name__ == "BarContainer" and len(group)]
    if not groups:
        return None
    elements = []
    for group in groups:
        is_horizontal = getattr(group, "orientation", None) == "horizontal"
        name = str(group.get_label())
        for bar in group:
            length, start, width = (
                (bar.get_width(), bar.get_y(), bar.get_height())
                if is_horizontal
                else (bar.get_height(), bar.get_x(), bar.get_width())
            )
            middle = float(start) + float(width) / 2
            label = axes.label_near(ax.yaxis if is_horizontal else ax.xaxis, middle)
            elements.append(
                {
                    "label": f"{middle:g}" if label is None else label,
                    "group": "" if name.startswith("_") else name,
                    "value": axes.coordinate(length),
                }
            )
    return _flat("bar", ax, elements)


def _scatter(ax):
    clouds = [one for one in ax.collections if type(one).__name__ == "PathCollection" and len(one.get_offsets())]
    if not clouds:
        return None
    elements = []
    for number, cloud in enumerate(clouds):
        offsets = cloud.get_offsets()
        xs, ys = (axes.from_numbers(axis, offsets[:, index]) for index, axis in enumerate((ax.xaxis, ax.yaxis)))
        elements.append(_series(_name(cloud, "Dataset", number), xs, ys))
    return _pointed("scatter", ax, elements)


def _lines(ax):
    # A line across the whole drawing is a mark and no data; it is drawn in another system of coordinates.
    lines = [line for line in ax.lines if line.get_transform() == ax.transData and len(line.get_xdata(orig=True))]
    if not lines:
        return None
    elements = [
        _series(_name(line, "Line", number), line.get_xdata(orig=True), line.get_ydata(orig=True))
        for number, line in enumerate(lines)
    ]
    return _pointed("line", ax, elements)
