"""The network: the provider's API with the key, other addresses without it; the doors to httpx and obstore."""

import sys

# httpx comes with a command line of its own, which draws with rich: to load it takes as long as all the rest of httpx.
# None says that there is no such module, and httpx goes without.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
