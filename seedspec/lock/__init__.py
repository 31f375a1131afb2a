"""What was bought, as values: events, states, records, and how histories are joined.

Theory of operation. A lock is lines of text in git, so a crash can cut it, a merge can weave two of them together, and
anybody can edit it; what it says decides whether money is spent. These rules make it worth relying on. Code that keeps
one names its number.

1.  A purchase is one attempt at one fingerprint, and the lock is looked up by fingerprint alone: names, order and
    comments of a storyboard buy nothing again. The number of an attempt is used once; one whose intent was withdrawn
    was never used.
2.  A record is the sum of its lines. A later line of a purchase updates the earlier ones, and holds only what changed.
3.  A state changes by the table of moves alone. A line that would make another move gets into no file, and a file that
    has one is not relied on.
4.  A task's id is the only receipt of what was paid. No line, no merge and no repair changes or drops one: two tasks
    are two purchases.
5.  How long the service keeps a video is never lengthened by asking again: of two ends the sooner one holds.
6.  Of several attempts at one fingerprint the one nearest to a video stands for it, then the latest. One that may have
    been billed hides no later failure.
7.  A union of two locks keeps what either side bought: of one purchase the furthest state, of two both. No two videos
    keep one name. The order of the sides does not matter, and a union with itself changes nothing.
8.  Reading is strict. A lock reads whole, or nothing of it is used; a torn last line alone, which a crash leaves, is
    left out. Each line has a checksum, and each value fits its key before it is shown, sent or opened.
9.  What cannot be relied on is handed to a person, never dropped: it may be of something that was paid for.
10. A lock is written in version 1 as long as nothing in it needs 2. A key of version 2 that this seedspec does not know
    is kept and written back.
11. A clean end writes one line an attempt, in the storyboard's order. Evidence goes with the doubt that it is for.
12. A purchase of before signatures were left out of an address stands under the fingerprint that its request has now.

That a line is on the disk before what it tells of is done or shown is kept by `run/store/journal.py`.
"""
