"""The provider on loopback: a real HTTP server that keeps the vendor's rules, bills, fails on request and makes MP4s."""
