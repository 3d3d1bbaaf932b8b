"""Who orders, who works there, and what they write."""

from app.core.access import Role

FIRST = (
    "Amelia Marta Helen Yusuf Beth Noor Greta Ian Ana Owen Priya Tomasz Lucia Samuel Ingrid Kofi Elena Hugh Mei Farid Rosa "
    "Niall Clara Dmitri Joanna Callum Aisha Peter Sofia Rhys Lena Marcus Edith Tariq Nora Victor Ines Gareth Maya Oscar"
).split()
LAST = (
    "Hart Lind Moss Demir Carrow Aziz Falk Doyle Prado Price Sharma Nowak Ferri Boateng Dahl Mensah Costa Barlow Chen Rahimi "
    "Vidal Byrne Winter Petrov Kelly Fraser Khan Holt Almeida Morgan Weiss Adeyemi Grant Malik Sund Duran Reis Lloyd Singh Beck"
).split()
PRACTICES = (
    "Harbour Optical", "Brightwell Eyecare", "Clearsight Supplies", "Lumen Lens Lab", "Quayside Opticians", "Hollins and Dale",
    "Parkgate Vision", "Ness Eye Centre", "Old Town Optics", "St Aubyn Eyecare", "Fenwick Opticians", "Beacon Vision",
    "Marsh and Daughter", "Tamar Eyecare", "Kelso Optics", "Arden Vision Care",
)  # fmt: skip
CARRIERS = (("Royal Mail", "RM", "GB"), ("DPD", "155", ""), ("Evri", "H00", ""))
NOTES = (
    "Customer asked for delivery after 14:00.", "Fit checked by phone, left lens first.", "Leave with the neighbour at number 12.",
    "Second pair at half price agreed in the shop.", "Frame adjusted once before, widen the bridge.",
    "Wants the invoice by post.", "Gift: no price on the slip, please.", "Called about the tint, brown is right.",
    "Old prescription on file, confirmed it is current.", "Ring before delivery, the bell is broken.",
)  # fmt: skip
CANCEL_REASONS = ("changed their mind", "ordered twice", "found it elsewhere", "prescription changed")
WORKERS = {"harbour": ("Jonas Reed", "Imke Brandt"), "northwind": ("Petra Novak", "Dev Patel")}
# e-mail, name, role, company: fixed, because scripts and people rely on them.
USERS = (
    ("admin@demo.test", "Inês Duarte", Role.PLATFORM_ADMIN, "platform"),
    ("harbour@demo.test", "Jonas Reed", Role.COMPANY_ADMIN, "harbour"),
    ("northwind@demo.test", "Petra Novak", Role.COMPANY_ADMIN, "northwind"),
    ("staff@demo.test", "Imke Brandt", Role.STAFF, "harbour"),
    ("viewer@demo.test", "Theo Marsh", Role.VIEWER, "harbour"),
)
