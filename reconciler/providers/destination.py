"""Where an account's calls go, and what of it travels in their headers."""

from __future__ import annotations

import re

from reconciler.model.configuration import Account
from reconciler.model.destination import Destination
from reconciler.model.destination import destination_of as model_destination_of
from reconciler.model.diagnostic import UrlError
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url

_VISIBLE = re.compile(r"[\x21-\x7e]+")


def destination_of(account: Account, allowed_hosts: frozenset[str]) -> Destination:
    """Where an account's calls go, if its token may go there.

    Args:
        account: its base URL, token and account id are looked at.
        allowed_hosts: hosts, with an optional `:port`, that the user allows outside the file.
    Raises:
        ProviderError: DENIED, where the token may not go there, or can't be sent at all.
    """
    try:
        found = model_destination_of(parse_url(SecretText.literal(account.base_url)), account.provider, allowed_hosts)
    except UrlError as error:
        denied = _denied(f"the account's `base_url` can't be used: {error.message}", error.help)
    else:
        if account.token or not account.provider.auth.optional:
            _check_header("token", account.token)
        for setting, value in account.header_settings:
            _check_header(setting.name, value)
        return found
    raise denied


def _check_header(what: str, value: SecretText) -> None:
    """Only visible ASCII goes into a header: a line break would begin another one."""
    if _VISIBLE.fullmatch(value.reveal()):
        return
    names = ", ".join(f"`{name}`" for name in value.variables())
    where = f"Check the value of {names}" if names else f"Check the account's {what}"
    if not value:
        raise _denied(f"the {what} is empty", f"{where}.")
    raise _denied(
        f"the {what} contains white space, a line break or another character that isn't allowed in a header",
        f"{where}: often it is a line break at the end.",
    )


def _denied(message: str, help_: str) -> ProviderError:
    return ProviderError(kind=ErrorKind.DENIED, message=message, help=help_)
