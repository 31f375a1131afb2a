"""The commands about a shared ledger: attaching a lock, looking, verifying, rebuilding, detaching."""
