"""What to do where a provider gives a URL back in another form than it was sent, in words."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.provider_form import Kept, KeptParam, kept_otherwise, provider_form, why_unwritable
from reconciler.model.secret import SecretText
from reconciler.model.url import Url

_PLAIN = "a value of only letters, digits, `-`, `.`, `_` and `~`"
_VALUES = {
    Kept.IN_LOWER_CASE: "the lower-case value",
    Kept.IN_UPPER_CASE: "the upper-case value",
    Kept.DECODED: _PLAIN,
    Kept.ENCODED: _PLAIN,
    Kept.SHORTENED: "a shorter value",
}
"""What to send instead, where something can be: the provider keeps it as it is."""
_IGNORE = (
    "It will differ at every apply. If the webhook works, add `ignore_changes: [url]` to its entry, so that "
    "secret parameters are left as they are at the provider."
)


def form_help(sent: Url, made: Url | SecretText) -> str:
    """What to write into the file, or into its variables, so that the next plan is empty.

    Args:
        sent: the URL as it was sent.
        made: the URL as it came back, which is another.
    """
    said: list[str] = []
    if not isinstance(made, Url) or made.endpoint != sent.endpoint:
        said.append(_endpoint_help(sent, made))
    if isinstance(made, Url) and made.secrets != sent.secrets:
        said += _secrets_help(kept_otherwise(sent, made))
    return " ".join(said)


def _endpoint_help(sent: Url, made: Url | SecretText) -> str:
    if not isinstance(made, Url):
        why = why_unwritable(made)
        form = provider_form(sent, made)
        return (
            f"The provider stores the URL as {form}, which a file can't contain: {why}. Use a URL that it stores "
            "unchanged."
        )
    if sent.whole_variable:
        return f"If it is the same URL, set {sent.whole_variable} to the provider's form of it."
    return f"If it is the same URL, write the provider's form of it in the file: {provider_form(sent, made)}"


def _secrets_help(params: Sequence[KeptParam]) -> list[str]:
    said = [_param_help(param) for param in params]
    if not params:
        said = ["The provider returns other secret parameters than were sent."]
    if not all(param.kept in _VALUES for param in params) or not params:
        said.append(_IGNORE)
    return said


def _param_help(param: KeptParam) -> str:
    name = f"`{param.name}`" if param.name else "a secret parameter"
    if param.kept is Kept.NOT_AT_ALL:
        return f"The provider returns the URL without {name}."
    instead = _VALUES.get(param.kept)
    if instead is None:
        return f"The provider returns {name} {param.kept.value}."
    how = f"set {', '.join(param.variables)} to {instead}" if param.variables else f"write {instead}"
    return f"The provider stores {name} {param.kept.value}: {how}."
