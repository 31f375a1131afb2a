"""The network: the provider's API with the key, other addresses without it; the doors to httpx and obstore."""
