"""Charts as data."""


def chart_of(_value, _formats):
    return {}
