"""What the demonstration companies sell and own."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import product

MODELS = {"HAL": "Halden", "SKA": "Skagen", "LIS": "Lisbon", "ORK": "Orkney", "BER": "Bergen", "CAS": "Cascais"}
SIZES = (50, 52, 54)
COLOURS = {"TOR": "tortoise", "BLK": "black", "NVY": "navy", "GRN": "moss"}
INDEXES = {"150": ("1.50", "18.00"), "160": ("1.60", "34.00"), "167": ("1.67", "52.00"), "174": ("1.74", "79.00")}
COATINGS = {"CLR": ("clear", "0.00"), "AR": ("anti-reflection", "12.00"), "BLU": ("blue filter", "16.00")}
SIDES = {"R": "right", "L": "left"}
EDGES = {"SV": "single vision", "PG": "progressive"}
SMALL = (
    ("CLN-CLOTH-GR", "Cleaning cloth, grey", "4.25", 9.0), ("CLN-CLOTH-BL", "Cleaning cloth, blue", "4.25", 7.0),
    ("CLN-SPRAY-30", "Lens spray, 30 ml", "5.50", 8.0), ("CLN-SPRAY-120", "Lens spray, 120 ml", "9.95", 4.0),
    ("CLN-WIPES-50", "Lens wipes, box of 50", "6.75", 6.0), ("CAS-HARD-BLK", "Hard case, black", "7.95", 5.0),
    ("CAS-HARD-TAN", "Hard case, tan", "7.95", 3.0), ("CAS-SOFT-GRY", "Soft pouch, grey", "3.50", 4.0),
    ("CHN-CORD-NVY", "Glasses cord, navy", "8.95", 1.5), ("CHN-BEAD-AMB", "Glasses chain, amber", "14.50", 1.0),
    ("SCR-SET-MINI", "Screwdriver set, mini", "6.25", 1.2), ("PAD-NOSE-10", "Nose pads, ten pairs", "3.95", 1.6),
)  # fmt: skip
CONTACTS = (
    ("CL-DAY-30", "Day lenses, box of 30", "21.50", 6.0), ("CL-DAY-90", "Day lenses, box of 90", "57.00", 5.0),
    ("CL-MON-6", "Month lenses, box of 6", "32.00", 5.0), ("CL-TOR-30", "Toric day lenses, box of 30", "29.50", 2.5),
    ("CL-SOL-360", "Lens solution, 360 ml", "8.90", 4.0), ("CL-CASE-2", "Lens case, pair", "1.95", 3.0),
)  # fmt: skip
WORKSHOP = (
    ("BLK-PAD-24", "Blocking pads, roll of 1,000", "48.00", 2.0), ("EDG-WHEEL-F", "Edger wheel, fine", "185.00", 0.4),
    ("EDG-WHEEL-R", "Edger wheel, rough", "165.00", 0.4), ("POL-COMP-1L", "Polish compound, 1 l", "26.40", 1.2),
    ("TNT-BRN-1L", "Tint, brown, 1 l", "39.00", 0.7), ("TNT-GRY-1L", "Tint, grey, 1 l", "39.00", 0.8),
    ("BOX-LENS-100", "Lens envelopes, box of 100", "11.20", 3.0), ("TRY-JOB-20", "Job trays, set of 20", "34.00", 0.6),
)  # fmt: skip
HARBOUR_ASSETS = (
    ("AST-LENSMETER-1", "Lens meter, fitting room 1", "2400.00"), ("AST-PUPIL-1", "Pupilometer", "680.00"),
    ("AST-SLITLAMP-1", "Slit lamp", "5200.00"), ("AST-LABEL-1", "Label printer, counter", "240.00"),
    ("AST-TABLET", "Dispensing tablet", "410.00"),
)  # fmt: skip
NORTHWIND_ASSETS = (
    ("AST-EDGER-1", "Edger, line 1", "18500.00"), ("AST-EDGER-2", "Edger, line 2", "18500.00"),
    ("AST-BLOCKER-1", "Blocker", "7400.00"), ("AST-COATER-1", "Coating chamber", "64000.00"),
    ("AST-SCANNER", "Hand scanner", "320.00"),
)  # fmt: skip


@dataclass(frozen=True)
class Ware:
    """An item before it is a row.

    Attributes:
        weight: How often it is ordered, compared with the others.
        pack: The usual number of units on one line is 1 to this.
    """

    sku: str
    name: str
    category: str
    price: Decimal
    weight: float
    pack: int = 2
    is_asset: bool = False


def harbour() -> list[Ware]:
    """An optician: frames, lenses to order, contact lenses, small things."""
    frames = [
        Ware(
            f"FRM-{code}-{size}-{colour}",
            f"{name} {size} frame, {word}",
            "Frames",
            Decimal(79 + 10 * place),
            1.4 - 0.2 * place,
            1,
        )
        for place, (code, name) in enumerate(MODELS.items())
        for size, (colour, word) in product(SIZES, COLOURS.items())
        if not (size == SIZES[2] and colour == "GRN")
    ]
    lenses = [
        Ware(
            f"LNS-{index}-{coat}-{side}",
            f"Lens {number} {word}, {place}",
            "Lenses",
            Decimal(price) + Decimal(more),
            2.2,
            1,
        )
        for (index, (number, price)), (coat, (word, more)) in product(INDEXES.items(), COATINGS.items())
        for side, place in SIDES.items()
    ]
    small = [Ware(sku, name, "Care and cases", Decimal(price), weight, 3) for sku, name, price, weight in SMALL]
    contacts = [Ware(sku, name, "Contact lenses", Decimal(price), weight, 4) for sku, name, price, weight in CONTACTS]
    return [*frames, *lenses, *small, *contacts, *assets(HARBOUR_ASSETS)]


def northwind() -> list[Ware]:
    """A lens maker: blanks by index, coating, design and side, in quantities, and workshop goods."""
    blanks = [
        Ware(
            f"BLK-{index}-{coat}-{edge}-{side}", f"Blank {number} {word}, {design}, {place}", "Blanks",
            Decimal(price) / 4 + Decimal(more) / 2 + (8 if edge == "PG" else 0), 2.0, 24,
        )
        for (index, (number, price)), (coat, (word, more)) in product(INDEXES.items(), COATINGS.items())
        for (edge, design), (side, place) in product(EDGES.items(), SIDES.items())
    ]  # fmt: skip
    finished = [
        Ware(
            f"LNS-{index}-{coat}-{side}",
            f"Lens {number} {word}, {place}",
            "Finished lenses",
            Decimal(price) / 2 + Decimal(more),
            3.0,
            12,
        )
        for (index, (number, price)), (coat, (word, more)) in product(INDEXES.items(), COATINGS.items())
        for side, place in SIDES.items()
    ]
    workshop = [Ware(sku, name, "Workshop", Decimal(price), weight, 6) for sku, name, price, weight in WORKSHOP]
    cloths = [
        Ware(sku, name, "Care and cases", Decimal(price) * 6 / 10, weight / 3, 120)
        for sku, name, price, weight in SMALL
    ]
    contacts = [
        Ware(sku, name, "Contact lenses", Decimal(price) * 7 / 10, weight / 2, 40)
        for sku, name, price, weight in CONTACTS
    ]
    trade = [
        Ware(f"{item.sku}-T", f"{item.name}, tinted", "Blanks", item.price + 6, 0.5, 12)
        for item in blanks
        if "-SV-" in item.sku
    ]
    return [*blanks, *finished, *workshop, *cloths, *contacts, *trade[:18], *assets(NORTHWIND_ASSETS)]


def assets(rows: tuple[tuple[str, str, str], ...]) -> list[Ware]:
    """Things that are owned and used, never ordered."""
    return [Ware(sku, name, "Equipment", Decimal(price), 0.0, 1, is_asset=True) for sku, name, price in rows]
