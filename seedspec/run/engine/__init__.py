"""A run's decisions, without I/O: what is due goes out as calls, what comes back goes in as replies, events come out.

The law of the money, which the engine and the loop around it (`run/loop.py`) keep together:

1. A paid request leaves only when its intent is in the lock and the disk has it: the idempotency key, the hash of the
   body, and what is asked for.
2. An intent whose request was not started is taken back in the lock, so that it leaves no doubt.
3. The events of a reply are recorded before anybody sees them, and before anything else is done. The receipt of a
   purchase, the id of its task, is on the disk before the next request.
4. When the answer to a paid request is lost, the purchase is in doubt. Nothing of it is sent again before a person
   settles it.
5. A request is sent again, as a new attempt, only where the service said for certain that nothing was made or is
   being made.
6. The sum of what was bought and what a request may cost stays within the budget. What is in doubt counts as bought.
7. When the disk refuses the lock, nothing more is bought. What was bought is followed and saved, and the lock is
   tried again.
8. With a shared ledger an intent is granted there first, then kept on the disk; a grant without a line on any disk is a
   doubt once its runner's lease is over. A request leaves within ten seconds of the grant, or its intent is taken back.
   A receipt is on the disk first, then in the ledger, and there before the next intent is on the disk; the ledger may
   be asked for the next grant meanwhile. What another runner has is followed, and never sent.
9. However a run ends, by its end, a person, a signal, or a fault of its own, it waits for the answer to a paid
   request that is under way, and records it. A second interrupt, and a killed process, leave a doubt (4).
"""
