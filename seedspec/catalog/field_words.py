"""The storyboard's own words for request fields, and which field of a model each of them means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedspec.text.value import valueclass

WORDS = ("duration", "quality", "aspect_ratio", "generate_audio", "seed", "negative_prompt", "callback_url")
"""The words that a storyboard may use whatever the model is. By them alone code reads seconds, sizes and sound."""


@valueclass(frozen=True, slots=True)
class Means:
    """What one of these words is for a model: its `field`, or where it has none the value that `always` holds.

    `values` has the model's own value for one of the storyboard's (`true`, `720p`), where they differ.
    """

    field: str = ""
    values: Mapping[str, Any] = {}
    always: Any = None

    def own(self, value: Any) -> Any:
        """A storyboard's value as the model has it. One that is not in the table is taken as it is written."""
        return self.values.get(_key(value), value)

    def word(self, value: Any) -> Any:
        """The model's value as a storyboard has it."""
        for key, own in self.values.items():
            if own == value and isinstance(own, bool) is isinstance(value, bool):
                return {"true": True, "false": False}.get(key, key)
        return value


class FieldWords:
    """The words of one model, by its file.

    `names` has, for each name that a storyboard may use, the request field; "" for a word whose value never changes.
    """

    def __init__(self, means: Mapping[str, Means], fields: tuple[str, ...]) -> None:
        self._means = means
        self._by_field = {m.field: m for m in means.values() if m.field}
        self.names: Mapping[str, str] = {**{f: f for f in fields}, **{word: m.field for word, m in means.items()}}

    def __contains__(self, word: str) -> bool:
        return word in self._means

    def field(self, word: str) -> str:
        """The request field that a word means; "" where the model has none."""
        return self._means[word].field if word in self._means else ""

    def always(self, word: str) -> Any:
        """What the model always does, where no field says it; None where it does not say."""
        return self._means[word].always if word in self._means else None

    def word_of(self, field: str) -> str:
        """The storyboard's word for a request field: the field's own name where there is none."""
        return next((word for word, m in self._means.items() if m.field == field), field)

    def own_value(self, field: str, value: Any) -> Any:
        """The value of a field as the model has it, from what a storyboard writes."""
        means = self._by_field.get(field)
        return value if means is None else means.own(value)

    def values(self, field: str) -> Mapping[str, Any]:
        """The storyboard's values of a field that has others of its own, with these; empty where they are the same."""
        means = self._by_field.get(field)
        return {} if means is None else means.values

    def read(self, request: Mapping[str, Any], word: str) -> Any:
        """What a request says by one of the words, in the storyboard's own value; None where nothing is known of it."""
        means = self._means.get(word)
        if means is None:
            return None
        return means.word(request.get(means.field)) if means.field else means.always


_STATED = ("duration", "quality", "aspect_ratio", "generate_audio")
"""Words that every request says something of: by them it is priced, and its video is judged."""


def words_of(given: Mapping[str, Mapping[str, Any]], rules: Mapping[str, Mapping[str, Any]]) -> FieldWords:
    """The words of a model file, whose request fields have these rules.

    Raises ValueError for a word that means a field which is not there, or another word's, or one that a request may
    leave unsaid.
    """
    means = {w: Means(m.get("field", ""), m.get("values", {}), m.get("always")) for w, m in given.items()}
    taken: dict[str, str] = {}
    for word, one in means.items():
        if not one.field:
            continue
        if one.field not in rules:
            raise ValueError(f"`{word}` means a field that is not there: `{one.field}`")
        if (other := taken.setdefault(one.field, word)) != word:
            raise ValueError(f"`{word}` and `{other}` mean one field: `{one.field}`")
        if one.field != word and word in rules:
            raise ValueError(f"`{word}` is a field, and means another one: `{one.field}`")
        if word in _STATED and "default" not in rules[one.field]:
            raise ValueError(f"`{one.field}` needs a `default`: a request always says its `{word}`")
    return FieldWords(means, tuple(rules))


def _key(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
