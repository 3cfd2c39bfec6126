"""Access tokens: minted, looked up, run out."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import ascii_letters, digits

from kandykit.mock.accounts import Account

ALPHABET = ascii_letters + digits


@dataclass(eq=False)
class Token:
    """One access token and whom it stands for."""

    word: str = field(repr=False)
    account: Account
    issued_at: float
    expires_at: float


class Tokens:
    """Who may have a token, and what a token is worth."""

    def __init__(
        self, accounts: Mapping[str, Account], secrets_: Mapping[str, str], clock: Callable[[], float], life: float
    ) -> None:
        self.accounts = accounts
        self.secrets = dict(secrets_)
        self.clock = clock
        self.life = life
        self.minted: dict[str, Token] = {}

    def client(self, client_id: str, client_secret: str) -> Account | None:
        """The account of a client that proved itself."""
        expected = self.secrets.get(client_id, "")
        same = secrets.compare_digest(expected.encode(), client_secret.encode("utf-8", "surrogatepass"))
        return self.accounts[client_id] if expected and same else None

    def new_word(self) -> str:
        """An opaque word that nobody can guess."""
        return "".join(secrets.choice(ALPHABET) for _ in range(28))

    def mint(self, account: Account) -> Token:
        """A new token; those minted before stay good until they run out."""
        now = self.clock()
        token = Token(self.new_word(), account, now, now + self.life)
        self.minted[token.word] = token
        return token

    def find(self, word: str) -> Token | None:
        """The token of that word, live or not."""
        return self.minted.get(word)

    def live(self, token: Token) -> bool:
        """Whether the token has not run out."""
        return self.clock() < token.expires_at
