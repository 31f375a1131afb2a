"""The provider on loopback: a real HTTP server that keeps the vendor's rules, bills, fails on request, makes MP4s."""
