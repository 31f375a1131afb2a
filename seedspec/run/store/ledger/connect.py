"""A ledger's store by its URL: a bucket or a database."""

from __future__ import annotations

from seedspec.project.credentials import BadSettings
from seedspec.run.store.ledger.store import Store
from seedspec.text.visible import one_line

_DATABASES = ("postgresql", "postgres")
_BUCKETS = ("s3", "gs", "az")


def at_of(where: str) -> str:
    """The hint that a lock has where its ledger is. Where a database is, is nobody's business but its users'."""
    return "postgresql" if where.partition("://")[0] in _DATABASES else where


def connect(url: str, option: str, *, local: bool) -> Store:
    """The store at a URL of `s3`, `gs`, `az` or `postgresql`. `option` is what the user gave it by, for messages.

    `local` allows a bucket without https, on this machine; a database needs TLS unless it is on this machine.

    Raises BadSettings for what is no such URL, and where an extra is lacking; Unreachable and StoreRefuses.
    """
    scheme = url.partition("://")[0]
    if scheme in _DATABASES:
        from seedspec.run.store.ledger.postgres import PostgresStore

        return PostgresStore(url, option)
    if scheme in _BUCKETS:
        from seedspec.run.store.ledger.bucket import BucketStore

        return BucketStore(url, option, local=local)
    expected = "expected s3://BUCKET/PREFIX, gs://…, az://… or postgresql://USER@HOST/DATABASE"
    found = "no such URL" if "@" in url else f"`{one_line(url, 200)}`"  # what stands before an @ may be a password
    raise BadSettings(f"`{option}` is {found}; {expected}")
