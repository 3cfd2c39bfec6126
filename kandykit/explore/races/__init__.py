"""Races: calls that leave together, programmes that aim at what can go wrong between them, and what becomes of it.

`race` has the words, `aimed` the programmes against each known race, `drawn` those that Hypothesis draws, `epoch` the
question that is put to the judge of overlapping calls, and `racer` plays, asks, and confirms.
"""
