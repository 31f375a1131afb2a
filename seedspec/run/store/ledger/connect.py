"""A ledger's store by its URL: a bucket or a database."""

from __future__ import annotations

from seedspec.run.store.ledger.store import Store


def connect(url: str, option: str, *, local: bool) -> Store:
    """The store at a URL of `s3`, `gs`, `az` or `postgresql`. `option` is what the user gave it by, for messages.

    `local` allows a bucket without https, on this machine; a database needs TLS unless it is on this machine.

    Raises BadSettings for what is no such URL, and where an extra is lacking; Unreachable and StoreRefuses.
    """
    from seedspec.run.store.ledger.bucket import BucketStore

    return BucketStore(url, option, local=local)
