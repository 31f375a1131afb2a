"""Records and bytes on disk: the lock's journal, sent requests, rescue, repair, downloads."""
