"""Positions, ticks and labels of axes as plain data."""

import datetime
import math
import re


def kind_of(axis):
    """`datetime` or `categorical`, or None for an axis of numbers."""
    get = getattr(axis, "get_converter", None)
    converter = get() if get else getattr(axis, "converter", None)
    name = type(converter).__name__
    if "Date" in name or "Period" in name or "Time" in name:
        return "datetime"
    return "categorical" if "Category" in name else None


def coordinates(values):
    if getattr(getattr(values, "dtype", None), "kind", None) == "M":
        values = values.astype("datetime64[us]")
    if hasattr(values, "tolist"):
        values = values.tolist()
    return [coordinate(value) for value in values]


def coordinate(value):
    if hasattr(value, "to_timestamp"):
        value = value.to_timestamp()
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, str):
        return value
    number = float(value)
    return number if math.isfinite(number) else None


def ticks(axis, kind):
    places = [float(place) for place in axis.get_majorticklocs()]
    return from_numbers(axis, places) if kind == "datetime" else places


def from_numbers(axis, values):
    """Numbers on an axis as what they stand for."""
    kind = kind_of(axis)
    if kind == "datetime":
        from matplotlib.dates import num2date

        return [num2date(value).replace(tzinfo=None).isoformat() for value in values]
    if kind == "categorical":
        names = {place: name for name, place in axis.units._mapping.items()}
        return [names.get(value, value) for value in values]
    return values


def tick_labels(axis):
    return [plain_text(label.get_text()) for label in axis.get_majorticklabels()]


def label_near(axis, place):
    """The label of the tick at that place, or None where ticks are only numbers of a scale."""
    if type(axis.get_major_formatter()).__name__ not in ("StrCategoryFormatter", "FixedFormatter", "FuncFormatter"):
        return None
    places = [float(tick) for tick in axis.get_majorticklocs()]
    labels = tick_labels(axis)
    if not places or len(labels) < len(places):
        return None
    near = min(range(len(places)), key=lambda index: abs(places[index] - place))
    apart = min((abs(a - b) for a, b in zip(places, places[1:])), default=1.0)
    return labels[near] if abs(places[near] - place) <= apart / 2 else None


def plain_text(text):
    text = re.sub(r"\$\\mathdefault\{(.*)\}\$", r"\1", text).replace("\N{MINUS SIGN}", "-")
    return re.sub(r"\^\{(.*?)\}", r"^\1", text)
