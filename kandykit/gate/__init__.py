"""The gate: what tonight's statement says that the baseline did not, and the history of all nights.

Everything here takes statements, as JSON values, and returns values; files are read and written by the commands.
"""
