"""``kandykit init``: write a profile by asking."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.command("init")
@click.option("--profile", metavar="FILE", default="kandykit.toml", show_default=True, help="The file to write.")
@click.option("--openapi", metavar="FILE", help="The vendor's OpenAPI 3.x or Swagger 2.0 document, to guess from.")
@click.option("--base-url", metavar="URL", help="The API's base URL.")
@click.option("--token-url", metavar="URL", help="The token endpoint's URL.")
@click.option("--name", metavar="TEXT", help="What the target is called in reports.")
@click.option("--client-id", metavar="SOURCE", help="The client id: env:NAME, file:PATH, or the id itself.")
@click.option("--client-secret", metavar="SOURCE", help="Where the secret is: env:NAME or file:PATH.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="The agreed limit on products, where known.")
@click.option("--peak-products", type=click.IntRange(min=0), metavar="N", help="How far a run may raise the total.")
@click.option("--yes", is_flag=True, help="Ask nothing: take what is given, guessed, or the default.")
@click.option("--force", is_flag=True, help="Write over a profile that is there.")
def command(**options: Any) -> None:
    """Write a profile by asking; from an OpenAPI document where there is one, with the reason of each guess.

    No secret is ever written, and nothing is sent. Exit status: 0 written, 2 it could not be.
    """
    from kandykit.guess.asking import asking

    sys.exit(asking(**options))
