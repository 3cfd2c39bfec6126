"""``python -m kandykit`` is the command ``kandykit``."""

from kandykit.cli import main

main()
