"""Recorded traffic: what a browser or a proxy kept of anybody's calls, as exchanges that can be judged.

`archive` reads a HAR file, `addresses` finds which of its calls are the API's, `recorded` makes redacted exchanges of
them and tells accounts apart, and `unmarked` hears exchanges of which nobody says what belongs together.
"""
