"""The product's own flags: which flag switches what. Each has its row in `SWITCHED`, the console shows it.

Core asks by key (app/core/gates.py) because it knows no feature; whatever stands above flags asks here.
"""

from enum import StrEnum

from app.flags import use


class Gate(StrEnum):
    """A flag that this product itself asks."""

    CORE_API = "core-api"
    AUTHENTICATION = "authentication"
    AI_RECOMMENDATIONS = "ai-recommendations"
    ADVANCED_ANALYTICS = "advanced-analytics"
    BULK_OPERATIONS = "bulk-operations"
    VISION_ANALYSIS = "vision-analysis"
    MOBILE_APP = "mobile-app"
    USE_READ_REPLICAS = "use-read-replicas"
    ENABLE_CACHING = "enable-caching"
    MAINTENANCE_MODE = "maintenance-mode"


# What a flag switches: read by people, and held against the product by the tests.
SWITCHED: dict[Gate, str] = {
    Gate.CORE_API: "Off: every JSON address answers 503, but for sign-in, health, flags and breakers.",
    Gate.AUTHENTICATION: "Off: nobody but platform admins can sign in; who is inside stays inside.",
    Gate.AI_RECOMMENDATIONS: "Whether suggestions of what to reorder are made and shown, where an installation has them.",
    Gate.ADVANCED_ANALYTICS: "Whether daily rollups by item are made and shown, where an installation has them.",
    Gate.BULK_OPERATIONS: "Ticks, the bulk bar, and acts on many orders or items at once.",
    Gate.VISION_ANALYSIS: "Whether markings are read from photos, where an installation has it.",
    Gate.MOBILE_APP: "The page can be installed on a phone, with a page of its own while there is no line.",
    Gate.USE_READ_REPLICAS: "Whether reads may go to a replica that is up to date, where an installation has one.",
    Gate.ENABLE_CACHING: "Off: sessions and figures are read from the database alone, never from what is kept in Valkey.",
    Gate.MAINTENANCE_MODE: "On: a maintenance page for everybody but platform admins.",
}
# What shuts people or programs out: how the flag stands then, and who stays in. Asked about before it is done.
CLOSES: dict[Gate, tuple[bool, str]] = {
    Gate.CORE_API: (False, "The console's own pages stay open, and this switch with them."),
    Gate.AUTHENTICATION: (False, "You stay in, and any platform admin can sign in to switch it back."),
    Gate.MAINTENANCE_MODE: (True, "You and every other platform admin stay in, and can switch it back."),
}
# What holds while nobody can say: a flag that is missing must not shut anybody out.
OPEN_BY_DEFAULT = {Gate.CORE_API, Gate.AUTHENTICATION, Gate.USE_READ_REPLICAS, Gate.ENABLE_CACHING}


def say_closing(key: str, *, is_on: bool) -> str:
    """Return what switching a flag so shuts, and who stays in; nothing for what shuts nobody out."""
    if key not in CLOSES or CLOSES[Gate(key)][0] is not is_on:
        return ""
    shut = SWITCHED[Gate(key)].partition(": ")[2]
    return f"{shut[0].upper()}{shut[1:]} {CLOSES[Gate(key)][1]}"


def is_open(gate: Gate) -> bool:
    """Say whether one of the product's own flags is on for who asks here and now; answered from memory."""
    return use.is_enabled(gate, default=gate in OPEN_BY_DEFAULT)
