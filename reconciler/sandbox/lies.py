"""Answers that don't tell the truth: counts that are wrong, webhooks that show late, creates that make nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.sandbox.checks import Fields
from reconciler.sandbox.records import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Lies:
    """In which ways an account's answers are wrong.

    Attributes:
        count_off: what is added to the count on every page.
        count_lists: for how many lists the count is wrong, each account's own counted; None: for all.
        lag: for how many lists a webhook is left out after it was created.
        ghosts: webhooks that aren't there (any more) and are listed, before all others, in every account.
        meanwhile: is called before every page but the first, with the page's number: somebody changes the list while
            it is read.
        next_page: what the last page names as the next one; None: nothing, as it should.
        stale: how many reads of a webhook show it as it was before it was last written.
        finds: whether a webhook that is there is what a create asks for: its answer is then that one, and nothing is
            made.
    """

    count_off: int = 0
    count_lists: int | None = None
    lag: int = 0
    ghosts: tuple[Webhook, ...] = ()
    meanwhile: Callable[[int], None] | None = None
    next_page: str | None = None
    stale: int = 0
    finds: Callable[[Fields, Webhook], bool] | None = None


HONEST: Final = Lies()


class Liar:
    """Tells the lies. Not safe under threads by itself: the sandbox answers its requests one at a time.

    Args:
        lies: which.
    """

    def __init__(self, lies: Lies = HONEST) -> None:
        self._lies = lies
        self._lists: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._before: dict[str, list[Webhook | None]] = {}

    def created(self, account: str, object_id: str) -> None:
        """A webhook was made just now."""
        self._made[object_id] = self._lists.get(account, 0)

    def written(self, object_id: str, before: Webhook | None) -> None:
        """A webhook was made, changed or deleted just now; before that it was this."""
        self._before[object_id] = [before] * self._lies.stale

    def read(self, object_id: str, now: Webhook | None) -> Webhook | None:
        """What a read of a webhook shows."""
        stale = self._before.get(object_id)
        return stale.pop() if stale else now

    def found(self, fields: Fields, there: Iterable[Webhook]) -> Webhook | None:
        """The webhook that a create is answered with though it was there before."""
        finds = self._lies.finds
        return None if finds is None else next((webhook for webhook in there if finds(fields, webhook)), None)

    def page_is_asked(self, account: str, number: int) -> None:
        """A page is about to be answered; the first begins another list."""
        if number == 1:
            self._lists[account] = self._lists.get(account, 0) + 1
        elif self._lies.meanwhile is not None:
            self._lies.meanwhile(number)

    @property
    def ghosts(self) -> tuple[Webhook, ...]:
        """What is listed and isn't there."""
        return self._lies.ghosts

    def hidden(self, account: str) -> frozenset[str]:
        """The ids of the webhooks that the list leaves out."""
        if not self._lies.lag:
            return frozenset()
        now = self._lists.get(account, 0)
        return frozenset(object_id for object_id, made in self._made.items() if now - made <= self._lies.lag)

    def count(self, account: str, true: int) -> int:
        """The count to name."""
        lists = self._lies.count_lists
        return true + self._lies.count_off if lists is None or self._lists[account] <= lists else true

    def next_page(self, true: str | None) -> str | None:
        """The next page to name."""
        return self._lies.next_page if true is None else true
