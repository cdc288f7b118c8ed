"""Data frames and nested values as plain data."""

import datetime
import math
import sys

MAX_ROWS = 100_000


def table_of(value, _formats):
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.DataFrame):
        return {}
    columns = value.head(MAX_ROWS).to_dict(orient="list")
    return {"e2b/data": {str(name): [plain_value(cell) for cell in cells] for name, cells in columns.items()}}


def plain_value(value, depth=0):
    """The value as JSON knows it. Raises TypeError for what has no such form."""
    if depth > 64:
        raise TypeError("nested too deeply")
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime.date, datetime.datetime)):
        return None if value != value else value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain_value(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(item, depth + 1) for item in value]
    pandas = sys.modules.get("pandas")
    if pandas is not None and (value is pandas.NaT or value is getattr(pandas, "NA", None)):
        return None
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return plain_value(value.item(), depth + 1)
    if hasattr(value, "tolist"):
        return plain_value(value.tolist(), depth + 1)
    if depth == 1 or type(value).__module__.startswith("pandas"):
        return str(value)
    raise TypeError(type(value).__name__)
