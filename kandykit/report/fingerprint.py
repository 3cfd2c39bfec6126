"""What a record holds where a secret was: its kind and twelve digits of its hash."""

from __future__ import annotations

import re
from typing import Final

FINGERPRINT: Final = re.compile(r"\{\{([a-z_]+):([0-9a-f]{12})\}\}")
