"""The accounts of a file: provider, token and its kind, base URL, places, and the provider's own settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.config.cursor import Cursor
from reconciler.config.diagnostics import Diagnostics, Location, Span, either, listed, nearest
from reconciler.config.fleets import fleet_names
from reconciler.config.interpolation import Purpose, Values
from reconciler.config.limits import MOST_ACCOUNTS
from reconciler.config.template import variables_in
from reconciler.config.tokens import header_fault, token_fault
from reconciler.config.urls import read_url
from reconciler.model.configuration import DEFAULT_TIMEOUT, Account, destination_of, is_own_host
from reconciler.model.diagnostic import UrlError
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.field import FieldType
from reconciler.model.provider import Provider, RateLimits, TokenKind
from reconciler.model.reading import ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import Url

_FaultOf = Callable[[str], tuple[str, str] | None]


class FileAccount(Struct, frozen=True, kw_only=True):
    """An account of a file: one at the provider, or one for each of its places."""

    name: str
    provider: Provider | None  # None where it isn't known
    where: Location = None  # where the file names it; None where there is no file
    cursor: Cursor = field(default_factory=Cursor)
    is_default: bool = False  # whether it is the one of a configuration that names none
    accounts: tuple[Account, ...] = ()  # none until it is read

    @property
    def token_variables(self) -> Iterator[str]:
        text = self.cursor.text("token")
        if text is not None:
            yield from variables_in(text.raw)[:1]
        elif not self.cursor.has("token"):
            yield from (account.provider.auth.variable for account in self.accounts)


def named_accounts(
    accounts: Iterable[tuple[str, Span, Cursor]], providers: Mapping[str, Provider], values: Values
) -> Iterator[FileAccount]:
    """The accounts of a file with their providers, which say what else may stand in them; not read yet."""
    for name, span, cursor in accounts:
        text = cursor.text("provider")
        named = values.for_accounts(name).plain(text)
        provider = None
        try:
            provider = None if named is None else providers.get(named)
        except ProviderError as error:  # of the package that offers it
            if text is not None:
                values.diagnostics.error("provider-unusable", text.span, error.message, error.help)
            named = None
        if text is not None and named is not None and provider is None:
            nearest_first = nearest(named, providers, most=len(providers), cutoff=0)
            message = f"{text.quoted()} is not an installed provider"
            help_ = f"Write {either(nearest_first)}, or install the provider's package."
            values.diagnostics.error("provider-unknown", text.span, message, help_)
        yield FileAccount(name=name, provider=provider, where=span, cursor=cursor)


def read_accounts(
    named: Iterable[FileAccount], values: Values, allowed_hosts: frozenset[str], base_url: str | None = None
) -> tuple[FileAccount, ...]:
    """Read accounts, what they claim aside. The allowed hosts may get a token beside the provider's and loopback.

    A base URL that an option gives is that of the one account that is worked on.
    """
    named = tuple(named)
    elsewhere = [account.name for account in named if values.are_of(account.name)] if base_url is not None else []
    if len(elsewhere) > 1:
        message = f"`--base-url` is for one account, but there are several: {listed(elsewhere)}"
        values.diagnostics.error("option", None, message, "Choose one with `--account NAME`.")
    found: list[FileAccount] = []
    count = 0
    for account in named:
        # A colon stands between an account and its place: such a name is reported, and means nothing.
        provider = None if ":" in account.name else account.provider
        option = base_url if elsewhere == [account.name] else None
        found.append(account if provider is None else _Reader(account, provider, values).read(allowed_hosts, option))
        count += max(len(found[-1].accounts), 1)
        if count > MOST_ACCOUNTS:
            message = f"there are more than {MOST_ACCOUNTS} accounts, counting each repository or organization as one"
            values.diagnostics.too_much(account.where, message, "Split them into several configurations.")
    _check_distinct(found, values.diagnostics)
    return tuple(found)


class _Reader:
    """Reads what one account says."""

    def __init__(self, account: FileAccount, provider: Provider, values: Values) -> None:
        self._provider, self._values = provider, values.for_accounts(account.name)
        self._account, self._cursor = account, account.cursor
        self._error = values.diagnostics.error
        self._sandbox = ""  # how to set a token for a sandbox, where the account may be at one
        token = self._cursor.text("token")
        self._token_where = account.where if token is None else token.span

    def read(self, allowed_hosts: frozenset[str], option: str | None = None) -> FileAccount:
        """Read it; an option's base URL stands for the file's."""
        file_url = self._file_base_url(is_used=option is None)
        url = self._base_url(file_url if option is None else SecretText.literal(option), allowed_hosts, option)
        token, is_sound = self._token()
        if url is not None and url.is_loopback:
            self._suggest_sandbox(token)
        kind = self._kind(token, is_own=url is None or is_own_host(url, self._provider), is_sound=is_sound)
        timeout = self._cursor.number("timeout")
        account = Account(
            name=self._account.name,
            provider=self._provider,
            token=token,
            base_url=self._provider.base_url if url is None else url.endpoint.origin + url.endpoint.path.rstrip("/"),
            file_base_url=file_url,
            settings=dict(self._settings()),
            timeout=DEFAULT_TIMEOUT if timeout is None else float(timeout),
            kind="" if kind is None else kind.name,
            scope=() if kind is None else kind.scope,
            limits=self._limits(self._provider.limits_of("" if kind is None else kind.name)),
        )
        return replace(self._account, accounts=tuple(self._at_places(account)))

    def _token(self) -> tuple[SecretText, bool]:
        """The token, and whether nothing is wrong with how it is written."""
        auth, text = self._provider.auth, self._cursor.text("token")
        token: SecretText | None = None
        if text is not None:
            token = self._values.token(text)
        elif not self._cursor.is_unusable("token"):
            token = self._values.usual_token(auth.variable, self._account.where, is_optional=auth.optional)
        if token is None:
            return SecretText((self._values.variables.placeholder(auth.variable),)), True
        is_left_out = auth.optional and not token
        return token, is_left_out or self._can_be_sent(token, self._token_where, token_fault)

    def _suggest_sandbox(self, token: SecretText) -> None:
        """Let what is said of a token that can't be used say how to set one that a sandbox takes."""
        auth, names = self._provider.auth, token.variables()
        pin = self._values.plain(self._cursor.text(auth.kind_setting)) if auth.kinds else None
        prefix = next((kind.prefix for kind in reversed(auth.kinds) if pin in (None, kind.name)), "")
        if names and prefix:
            self._sandbox = f" For a sandbox, run `export {names[0]}={prefix}sandbox`."
            self._values.add_help(names[0], self._sandbox)

    def _file_base_url(self, *, is_used: bool) -> SecretText | None:
        """What the file says. Where an option's is used instead, its variables may be unset; None where it is wrong."""
        provider, written = self._provider, self._cursor.text("base_url")
        if written is None:
            if is_used and not provider.base_url and not self._cursor.has("base_url"):
                message = f"this {provider.title} account has no `base_url`"
                self._error("missing-key", self._account.where, message, "Add `base_url`, the URL of its API.")
            return None
        if is_used:
            return self._values.text(written, Purpose.PLAIN)
        text = self._values.for_accounts().text(written, Purpose.PLAIN)
        return None if text is None or read_url(text, None, frozenset(), Diagnostics()) is None else text

    def _base_url(self, text: SecretText | None, allowed_hosts: frozenset[str], option: str | None) -> Url | None:
        """The base URL that this text, the file's or the option's, is; None where it is none, or unknown."""
        if text is None or not text.is_known:
            return None
        where, prefix = (self._cursor.span("base_url"), "") if option is None else (None, "`--base-url`: ")
        noted = Diagnostics()
        url = read_url(text, where, BUILT_IN_SECRET_PARAMS, noted)
        try:
            if url is not None:
                destination_of(url, self._provider, allowed_hosts)
        except UrlError as error:
            noted.error(error.code, where, error.message, error.help)
        for one in noted.found:
            self._error(one.code, where, prefix + one.message, one.help)
        return url

    def _settings(self) -> Iterator[tuple[str, SecretText | bool]]:
        for setting in self._provider.settings:
            value: SecretText | bool | None = None
            text = self._cursor.text(setting.name)
            if setting.type is FieldType.FLAG:
                value = self._values.flag(self._cursor.flag(setting.name))
            elif text is not None:
                value = self._values.text(text, Purpose.SECRET if setting.header else Purpose.PLAIN)
                if setting.header and value is not None:
                    self._can_be_sent(value, text.span, header_fault)
            if value is not None:
                yield setting.name, value

    def _limits(self, published: RateLimits) -> RateLimits:
        """The calls a minute: as the account says, else as the provider publishes."""
        if self._cursor.text("rate_limits") is not None:
            return RateLimits()  # `off`
        said = self._cursor.map("rate_limits") or Cursor()
        numbers = {key: said.number(key) for key in ("write", "get", "list")}
        return replace(published, **{key: int(number) for key, number in numbers.items() if number is not None})

    def _at_places(self, account: Account) -> Iterator[Account]:
        declared = {place.setting: place for place in self._provider.places}
        said = [key for key in declared if self._cursor.has(key)]
        if not said and all(place.one for place in declared.values()):
            yield account
            return
        whose = f"this {self._provider.title} account has"
        if not said:
            example = next(iter(declared.values()))
            help_ = f"Add `{example.setting}: {example.example}`."
            self._error("missing-key", self._account.where, f"{whose} no {either(declared)}", help_)
        for key in said[1:]:
            message, help_ = f"{whose} more than one of {either(declared)}", "Write a separate account for each."
            self._error("place-twice", self._cursor.key_span(key), message, help_)
        for key in said[:1]:
            place = declared[key]
            one = self._cursor.text(key)
            if place.one:
                names = fleet_names(place, self._provider, self._cursor, self._values)
                yield replace(account, name=f"{account.name}:*", places=names)
                return
            seen: set[str] = set()
            by_id: bool | None = None
            for text in (one,) if one is not None else self._cursor.texts(key) or ():
                # An unset variable stands for a place that isn't known: its entries are checked all the same.
                known = self._values.plain(text)
                name = text.raw if known is None else known
                if known is not None and not place.accepts(name):
                    message = f"expected a {place.examples}"
                    self._error("wrong-value", text.span, message, "Check the value of its variables.")
                elif place.normal(name) in seen:
                    alike = ": upper and lower case make no difference" if place.is_caseless else ""
                    self._error("place-twice", text.span, f"this name is listed twice{alike}", "Keep one of the two.")
                elif known is not None and by_id is not None and by_id != place.is_id(name):
                    message = "an id and another name may mean the same place, which nothing would show"
                    help_ = "Name all of them by ids or none, or write a separate account for those with ids."
                    self._error("place-mixed", text.span, message, help_)
                else:
                    by_id = by_id if known is None else place.is_id(name)
                    seen.add(place.normal(name))
                    yield replace(account, name=f"{account.name}:{name}", place=place.path_of(name))

    def _kind(self, token: SecretText, *, is_own: bool, is_sound: bool) -> TokenKind | None:
        """The kind of account that pin and token say, checked against each other."""
        provider, key = self._provider, self._provider.auth.kind_setting
        pin = self._cursor.text(key)
        pinned = self._values.plain(pin) if pin is not None else ""
        kinds = {kind.name: kind for kind in provider.auth.kinds}
        known = provider.kind_of(token.reveal()) if token.is_known else None
        if pin is not None and pinned is not None and pinned not in kinds:
            self._error("wrong-value", pin.span, f"`{key}` must be {either(kinds)}", f"Write {either(kinds)}.")
            return None
        if known is not None and token.reveal() == known.prefix:
            message = f"the token ends after its prefix, `{known.prefix}`"
            self._error("token-kind", self._token_where, message, "Set its variable to the complete token.")
            return None
        if known is not None:
            if pinned and known.name != pinned and pin is not None:
                message = f"`{key}` is `{pinned}`, but the token is a {known.name} token"
                help_ = f"Use the variable of the right token, or change `{key}`.{self._sandbox}"
                self._error("mode-token", pin.span, message, help_)
            return known
        says_nothing = provider.is_neutral(token.reveal())
        is_enough = pinned is None or (pinned and (says_nothing or not is_own))
        if is_sound and kinds and token.is_known and not is_enough:
            self._report_unknown_kind(kinds, is_own=is_own, says_nothing=says_nothing)
        return kinds.get(pinned or "")

    def _report_unknown_kind(self, kinds: Iterable[str], *, is_own: bool, says_nothing: bool) -> None:
        provider, key = self._provider, self._provider.auth.kind_setting
        help_ = f"Set it in the account with this token: {' or '.join(f'`{key}: {kind}`' for kind in kinds)}."
        if self._account.is_default:
            kind = next(iter(kinds))
            account = f"`accounts: {{{kind}: {{provider: {provider.name}, {key}: {kind}}}}}`"
            help_ = f"Add the account to the file with its {key}, such as {account}."
        if says_nothing:
            message = f"the token doesn't show whether it is a {' or '.join(kinds)} token"
        elif is_own:
            message = f"the token doesn't begin with one of {provider.title}'s prefixes"
            help_ = f"Check its value: it begins with {either(kind.prefix for kind in provider.auth.kinds)}."
        else:
            message = f"the {key} of this account isn't known"
        self._error("token-kind", self._token_where, message, help_ + self._sandbox)

    def _can_be_sent(self, value: SecretText, where: Location, fault_of: _FaultOf) -> bool:
        """Tokens and ids travel in headers: whether this one can, and is what it should be."""
        fault = fault_of(value.reveal()) if value.is_known else None
        if fault is not None:
            names = ", ".join(f"`${{{name}}}`" for name in value.variables()) or "this"
            self._error("header-characters", where, f"{names} {fault[0]}", fault[1])
        return fault is None


def _check_distinct(found: Iterable[FileAccount], diagnostics: Diagnostics) -> None:
    """Report accounts that are one and the same at the provider."""
    seen: dict[tuple[object, ...], FileAccount] = {}
    for one in found:
        for account in one.accounts:
            headers = tuple(value.reveal() for _, value in account.header_settings)
            there = (account.base_url, account.token.reveal(), account.place)
            # Of a fleet that isn't known yet, it is all that there are: an account of none of these headers isn't it.
            names = account.places or ((account.place_name,) if account.is_of_fleet else ())
            for sent in [(*headers, name) for name in names] or [headers]:
                other = seen.setdefault((*there, sent), one)
                if other is one:
                    continue
                place = other.where.place if isinstance(other.where, Span) else other.where
                message = f"this account has the same base URL, token and account id as `{other.name}` at {place}"
                help_ = "Remove one of the two, or give one its own token."
                diagnostics.error("account-same", one.where, message, help_)
                break
