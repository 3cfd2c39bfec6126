"""The profile: one TOML file in which a user says what is to be tested, as whom, and at what price.

`load_profile` reads it and refuses whatever it cannot use before anything is sent: each complaint names the file, the
line, the key, and what to write instead. A secret never stands in it, only where it is: ``env:NAME`` or ``file:PATH``.
"""

from kandykit.profile.reading import load_profile, profile_from_options, profile_from_tables
from kandykit.profile.secret import Secret
from kandykit.profile.tables import Account, Budget, Profile, Readings, Target
from kandykit.profile.values import complaint_about_url

__all__ = [
    "Account",
    "Budget",
    "Profile",
    "Readings",
    "Secret",
    "Target",
    "complaint_about_url",
    "load_profile",
    "profile_from_options",
    "profile_from_tables",
]
