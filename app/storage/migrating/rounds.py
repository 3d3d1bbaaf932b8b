"""One round of each kind: some files are copied, verified, switched, flipped back, or removed at the source."""

import hashlib
import threading
from collections.abc import Callable, Sequence

import structlog

from app.storage.adapters.protocol import ObjectMissing, Provider, ProviderAway, StorageError
from app.storage.migrating import reversing, rows
from app.storage.migrating.copying import copy_object, verify_object
from app.storage.migrating.limits import Pace
from app.storage.migrating.rows import Item, Outcome, Scope
from app.storage.migrating.tally import Tally
from app.storage.migrating.threads import spread

log = structlog.get_logger(__name__)
BATCH, BUSY_S, MOST_IDLE_PAGES = 512, 0.05, 50


class Away(Exception):
    """A provider cannot be reached: the round ends, and the migration goes on later."""


class Rounds:
    """The rounds of one run.

    Attributes:
        misses: Times a provider could not be reached; an outage is no fault of the files it met.
    """

    def __init__(
        self, scope: Scope, source: Provider, target: Provider, pace: Pace, tally: Tally, look: Callable[[], None],
        find: Callable[[str], Provider],
    ) -> None:  # fmt: skip
        self.scope, self.source, self.target = scope, source, target
        self.pace, self.tally, self.look, self.find = pace, tally, look, find
        self._lock = threading.Lock()

    def copy(self) -> bool:
        """Copy the next files that wait; False when none waits."""
        found = rows.next_items(self.scope, "waiting", BATCH)
        self._settle_gone(found)
        self._clear_mirrors([one for one in found.there if one.mirror not in {"", self.scope.target}])
        there = [
            one for one in found.there if one.is_mirrored and one.mirror == self.scope.target and one.wanted.sha256
        ]
        rows.keep(self.scope, [Outcome(one, "copied", sha256=one.wanted.sha256) for one in there])
        known = {one.file_id for one in there}
        claimed = rows.claim(self.scope, [one for one in found.there if one.file_id not in known])
        if found.there and not claimed and not there:
            threading.Event().wait(BUSY_S)  # somebody holds them: they change, or go
        self._carry(claimed, self._copy_one)
        return bool(found)

    def verify(self) -> bool:
        """Verify the next copies; False when none is left."""
        found = rows.next_items(self.scope, "copied", BATCH)
        self._settle_gone(found)
        self._carry(found.there, self._verify_one)
        return bool(found)

    def verify_listed(self) -> None:
        """Verify what the target's list shows to be as it was when it was put; what it does not show comes later."""
        profile, idle = self.target.profile, 0
        if not self.pace.options.by_list or not profile.etag_is_md5 or profile.checksums != "sha256":
            return
        for page in self.target.list(prefix_of(self.scope)):
            self._note(target_lists=1)
            told = {one.key: one for one in page}
            found = rows.copied_among(self.scope, list(told))
            same = [
                Outcome(item, "verified", etag, item.wanted.sha256)
                for key, (item, etag) in found.items()
                if told[key].etag == etag and told[key].size_bytes == item.wanted.size_bytes
                and not is_read_again(item.file_id, self.pace.options.verify_percent)
            ]  # fmt: skip
            rows.keep(self.scope, same)
            self._told()
            self.look()
            idle = 0 if same else idle + 1
            if idle > MOST_IDLE_PAGES or self.pace.is_stopped:  # a large bucket of which little is ours
                return

    def switch(self) -> bool:
        """Let the next verified files be served from the target; False when none is left."""
        found = rows.next_items(self.scope, "verified", BATCH)
        self._settle_gone(found)
        stale = [
            Outcome(one, "waiting") for one in found.there if not (one.is_mirrored and one.mirror == self.scope.target)
        ]
        rows.keep(self.scope, stale)
        if found.there and not rows.switch(self.scope, BATCH) and not stale:
            threading.Event().wait(BUSY_S)
        return bool(found)

    def flip_back(self, after: str) -> str | None:
        """Bring the next files back to the source; return the last one's id, None when none is left.

        Those made since the switch may not have a copy there yet: they get it first.
        """
        items = reversing.behind(self.scope, after, BATCH)
        if not items:
            return None
        missing = [one for one in items if not one.is_mirrored]
        ready = [one for one in items if one.is_mirrored]
        for lot in spread(missing, self._return_one, self.pace, self.look):
            ready += [one.item for one in lot if one.state == "copied"]
            for one in lot:
                if one.state == "failed":
                    reversing.refuse_removal(self.scope, one.item, one.error)
        reversing.flip_back(self.scope, ready)
        self._told()
        return items[-1].file_id

    def remove(self, after: str) -> str | None:
        """Delete the next files at the source once their copies are proven; return the last one's id, None when done."""
        items = reversing.behind(self.scope, after, BATCH)
        if not items:
            return None
        proven: list[Item] = []
        for lot in spread(items, self._verify_one, self.pace, self.look):
            proven += [one.item for one in lot if one.state == "verified"]
            for one in lot:
                if one.state != "verified":
                    reversing.refuse_removal(self.scope, one.item, one.error)
        if proven:
            self.source.delete([one.wanted.key for one in proven])
            reversing.forget_source(self.scope, proven)
        self._told()
        return items[-1].file_id

    def _settle_gone(self, found: rows.Round) -> None:
        """Delete copies of files that were deleted meanwhile, and let be what is served from elsewhere."""
        if found.gone:
            self.target.delete([one.wanted.key for one in found.gone])
        moved = [Outcome(one, "switched") for one in found.elsewhere]
        rows.keep(self.scope, [*(Outcome(one, "gone") for one in found.gone), *moved])

    def _clear_mirrors(self, items: Sequence[Item]) -> None:
        """Delete the copies files have at a third provider: a file has two places at most."""
        for mirror in {one.mirror for one in items}:
            mine = [one for one in items if one.mirror == mirror]
            self.find(mirror).delete([one.wanted.key for one in mine])
            reversing.take_over(self.scope, mine, mirror)

    def _carry(self, items: Sequence[Item], work: Callable[[Item], Outcome]) -> None:
        away: list[Outcome] = []
        went_well = False
        for lot in spread(items, work, self.pace, self.look):
            away += [one for one in lot if one.state == "away"]
            told = [one for one in lot if one.state != "away"]
            went_well = went_well or any(one.state != "failed" for one in told)
            rows.keep(self.scope, told)
            self._told()
        if away and went_well:  # it answers others: these are counted as failed, so that none blocks the rest for ever
            rows.keep(self.scope, [Outcome(one.item, "failed", error=one.error) for one in away])
        if away:
            raise Away(away[0].error)

    def _told(self) -> None:
        self.tally.count()
        self.tally.mark()

    def _note(self, **acts: int) -> None:
        with self._lock:
            self.tally.acts.update(acts)

    def _copy_one(self, item: Item) -> Outcome:
        return self._try(item, lambda: self._copied(item, self.source, self.target))

    def _return_one(self, item: Item) -> Outcome:
        return self._try(item, lambda: self._copied(item, self.target, self.source))

    def _copied(self, item: Item, source: Provider, target: Provider) -> Outcome:
        copied = copy_object(source, target, item.wanted, self.pace.take)
        self._note(source_reads=1, target_writes=1, tried_again=int(item.tries > 0), were_there=int(copied.was_there),
                   target_stats=int(copied.was_there), read_again_bytes=copied.read_again)  # fmt: skip
        if not copied.was_there:
            with self._lock:
                self.tally.copied(1, item.wanted.size_bytes)
        return Outcome(item, "copied", copied.etag, copied.sha256)

    def _verify_one(self, item: Item) -> Outcome:
        whole = is_read_again(item.file_id, self.pace.options.verify_percent)

        def prove() -> Outcome:
            proven = verify_object(self.target, item.wanted, whole=whole, take=self.pace.take)
            self._note(target_stats=1, target_reads=int(proven.read_again > 0), read_again_bytes=proven.read_again)
            return Outcome(item, "verified", proven.etag, proven.sha256)

        return self._try(item, prove)

    def _try(self, item: Item, work: Callable[[], Outcome]) -> Outcome:
        """Do one thing with one file; what goes wrong with it is its own outcome."""
        try:
            return work()
        except ProviderAway as error:
            self.pace.stop()
            return Outcome(item, "away", error=sentence_of(error))
        except ObjectMissing as error:
            return Outcome(item, "failed" if self._is_there(item) else "lost", error=sentence_of(error))
        except (StorageError, OSError) as error:
            log.warning("file not moved", key=item.wanted.key, error=str(error))
            return Outcome(item, "failed", error=sentence_of(error))

    def _is_there(self, item: Item) -> bool:
        """Say whether the source has an object, after something was missing."""
        try:
            self.source.stat(item.wanted.key)
        except ObjectMissing:
            return False
        except StorageError:
            return True
        return True


def prefix_of(scope: Scope) -> str:
    """Return what the keys of a migration begin with."""
    if scope.company_id is None:
        return ""
    return f"{scope.company_id}/{scope.category}/" if scope.category else f"{scope.company_id}/"


def sentence_of(error: Exception) -> str:
    """Return what a provider said, or what kind of mistake it was."""
    return str(error) or type(error).__name__


def is_read_again(file_id: str, percent: int) -> bool:
    """Draw a file for being read again: the same ones in a dry run and in every run."""
    return int.from_bytes(hashlib.md5(file_id.encode(), usedforsecurity=False).digest()[:4]) % 100 < percent
