"""The run without I/O: what is due goes out, replies come in, events come out."""
