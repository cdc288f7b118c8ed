"""The formats in which a value can show itself, where there is no IPython to ask."""

import pprint

from . import figures

METHODS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_pdf_": "application/pdf",
    "_repr_latex_": "text/latex",
    "_repr_json_": "application/json",
    "_repr_javascript_": "application/javascript",
}


def of(value):
    data = {"text/plain": _text(value)}
    if isinstance(value, type):
        return data
    bundle = _call(value, "_repr_mimebundle_")
    if isinstance(bundle, tuple):
        bundle = bundle[0]
    for method, mime in METHODS.items():
        content = _call(value, method)
        if isinstance(content, tuple):
            content = content[0]
        if content is not None:
            data[mime] = content
    if isinstance(bundle, dict):
        data.update(bundle)
    if is_figure(value):
        data["image/png"] = figures.png_of(value)
    return data


def is_figure(value):
    return any(f"{kind.__module__}.{kind.__qualname__}" == "matplotlib.figure.Figure" for kind in type(value).__mro__)


def _call(value, name):
    method = getattr(value, name, None)
    if not callable(method):
        return None
    try:
        return method()
    except Exception:  # noqa: BLE001 -- the other formats remain.
        return None


def _text(value):
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return pprint.pformat(value, sort_dicts=False)
    return repr(value)
