"""`python -m kandykit.mock` serves the mock."""

import sys

from kandykit.mock.server import main

sys.exit(main(sys.argv[1:]))
