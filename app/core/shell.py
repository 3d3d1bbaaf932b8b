"""What every page of the console shows around its content: who, where, and the rail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, session, url_for
from markupsafe import Markup

from app.core import gates
from app.core.auth import Principal, can, maybe_principal
from app.core.ids import new_ulid
from app.core.web import is_partial
from config import Settings


@dataclass(frozen=True)
class Mark:
    """What a tab says is wrong behind it: a figure in a tone, and the words a reader hears after it."""

    tone: str
    text: str
    sr: str


@dataclass(frozen=True)
class NavItem:
    """One tab of the rail. Shown only to those who may open it.

    Attributes:
        mark: Asked for every page, so it must ask nobody else; None when nothing is wrong.
        gate: A flag that must be on for who looks; "" for none.
    """

    group: str
    label: str
    icon: str
    endpoint: str
    permission: str
    mark: Callable[[], Mark | None] | None = None
    gate: str = ""


@dataclass(frozen=True)
class Viewer:
    """The person looking, as templates see them."""

    principal: Principal

    def __getattr__(self, name: str) -> Any:  # Any: the principal's own attributes
        return getattr(self.principal, name)

    @property
    def initials(self) -> str:
        """Two letters for the menu button."""
        words = self.principal.name.split()
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()

    @property
    def role_label(self) -> str:
        """The role in words."""
        return self.principal.role.label

    @property
    def theme(self) -> str:
        """`light`, `dark`, or empty for the system's."""
        return str(self.principal.preferences.get("theme", ""))

    @property
    def density(self) -> str:
        """`compact`, `roomy`, or empty for regular."""
        return str(self.principal.preferences.get("density", ""))

    @property
    def timezone(self) -> str:
        """The person's zone, else the company's."""
        company = self.principal.acting_in
        return str(self.principal.preferences.get("timezone") or (company.timezone if company else "UTC"))

    @property
    def keys_enabled(self) -> bool:
        """Whether single-key shortcuts are on."""
        return bool(self.principal.preferences.get("keys", True))


NAV: list[NavItem] = []
# The rail's order is the work's, not the order in which features are registered.
GROUPS = ("", "Commerce", "Work", "Control", "Data", "Platform")
LABELS = (
    "Overview",
    "Orders",
    "Inventory",
    "Documents",
    "Feeds",
    "Queues",
    "Jobs",
    "Schedules",
    "Workers",
    "Flags",
    "Breakers",
    "Limits",
    "Slow queries",
    "Cache",
    "Storage",
    "Backups",
    "Sessions",
    "Connections",
    "Live",
    "Audit",
    "Settings",
)
_company_choices: list[Callable[[], list[dict[str, str]]]] = []


def nav(
    group: str, label: str, icon: str, endpoint: str, permission: str, *, mark: Callable[[], Mark | None] | None = None,
    gate: str = "",
) -> None:  # fmt: skip
    """Add a tab to the rail; features call it when they are registered."""
    item = NavItem(group, label, icon, endpoint, permission, mark, gate)
    if item not in NAV:
        NAV.append(item)


def company_choices(function: Callable[[], list[dict[str, str]]]) -> Callable[[], list[dict[str, str]]]:
    """Register who lists the companies a platform admin may act in (accounts does)."""
    _company_choices[:] = [function]
    return function


def rail() -> list[dict[str, Any]]:
    """Return the groups of tabs this person may open."""
    groups: dict[str, list[dict[str, Any]]] = {}
    here = (request.endpoint or "").split(".")[0]
    for item in sorted(NAV, key=_place):
        if (item.permission == "self" or can(item.permission)) and (
            not item.gate or gates.is_on(item.gate, default=False)
        ):
            href = url_for(item.endpoint)
            current = item.endpoint.split(".")[0] == here and (here != "accounts" or request.endpoint == item.endpoint)
            current = current or request.path.startswith(f"{href}/")  # pages below it, whoever serves them
            tab = {
                "label": item.label,
                "icon": item.icon,
                "href": href,
                "current": current,
                "mark": item.mark() if item.mark else None,
            }
            groups.setdefault(item.group, []).append(tab)
    # Accounts registers first, being the lowest feature; people look for their work first.
    ordered = sorted(groups.items(), key=lambda group: group[0] == "Platform")
    return [{"label": label, "items": tabs} for label, tabs in ordered]


def _place(item: NavItem) -> tuple[int, int]:
    """Return where a tab stands; what nobody placed comes last."""
    group = GROUPS.index(item.group) if item.group in GROUPS else len(GROUPS)
    return group, LABELS.index(item.label) if item.label in LABELS else len(LABELS)


def take_flashes() -> list[dict[str, Any]]:
    """Return what the last act said, once."""
    if "flashes" not in session:
        return []
    flashes: list[dict[str, Any]] = session.pop("flashes")
    return flashes


def idempotency_key() -> Markup:
    """Return the hidden field that makes a form act once."""
    return Markup('<input type="hidden" name="idempotency_key" value="{}">').format(new_ulid())


def init_shell(app: Flask) -> None:
    """Give every template the frame's values."""
    settings: Settings = app.config["SETTINGS"]
    label = {"development": "Development", "test": "Test", "staging": "Staging", "production": "Production"}

    @app.context_processor
    def frame() -> dict[str, Any]:
        who = maybe_principal()
        is_admin = who is not None and who.company is None
        return {
            "viewer": Viewer(who) if who else None,
            "company": who.acting_in if who else None,
            "acting": bool(is_admin and who and who.acting_in),
            "companies": _company_choices[0]() if is_admin and _company_choices else [],
            "stage": {
                "label": label[settings.environment],
                "is_production": settings.environment == "production",
            },
            "release": settings.release,
            "nav": rail() if who else [],
            "can": can,
            "idempotency_key": idempotency_key,
            # A live page that reads itself again must not take what the next page is to say.
            "flashes": take_flashes() if who and not is_partial() else [],
            "live": None,
        }
