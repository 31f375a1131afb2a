"""The ledger that several machines share: who may buy what, in a bucket or in PostgreSQL.

Theory of operation. A store is a small map of names to bytes with two conditions: a name is created once, and what
stands under a name is replaced only by whoever has seen it as it is now (`store.py`). All rules of the ledger are
written once, above it.

1.  A purchase is granted by creating its object, or by replacing one whose intent was withdrawn. Whoever did this is
    the only one who ever sends that attempt. The right does not expire, so nobody needs to take it away.
2.  A store may carry out a write and lose the answer. "The name is taken" is believed only after a look at whose intent
    stands there. An intent that nobody confirmed is withdrawn before anything else happens to its name.
3.  What is known of a purchase is joined as two locks are: the furthest state wins, and no receipt is dropped. Two
    tasks are two purchases, each with an object of its own.
4.  Time is the store's. A run renews its lease; how old a lease is, is the difference of two times that the store
    wrote. Times of two machines are never compared.
5.  Money under the team's ceiling is drawn before it is spent. What a run has drawn is its own as long as its lease
    lives; afterwards its records say what it spent.
6.  A ledger that is not the one that was opened is sealed: nothing is bought any more. It is never taken for an empty
    one.
"""
