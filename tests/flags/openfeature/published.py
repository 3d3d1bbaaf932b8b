"""The flags of OpenFeature's Appendix B, written as a flagd document of our own."""

PAGE = {"showImages": True, "title": "Check out these pics!", "imagesPerPage": 100}
# kind: (default variant and its value, the other variant and its value)
VALUES = {
    "boolean": {"on": True, "off": False},
    "string": {"greeting": "hi", "parting": "bye"},
    "integer": {"ten": 10, "one": 1},
    "float": {"half": 0.5, "tenth": 0.1},
    "object": {"template": PAGE, "empty": {}},
}
ZEROS = {
    "boolean": {"zero": False, "non-zero": True},
    "string": {"zero": "", "non-zero": "str"},
    "integer": {"zero": 0, "non-zero": 1},
    "float": {"zero": 0.0, "non-zero": 1.0},
    "object": {"zero": {}, "non-zero": PAGE},
}
FALLBACKS = {"boolean": False, "string": "bye", "integer": 1, "float": 0.1, "object": {"a": 1}}
METADATA = {"string": "1.0.2", "integer": 2, "boolean": True, "float": 0.1}
BOSS = "ballmer@macrosoft.com"
IS_BOSS = {"==": [{"var": "email"}, BOSS]}
IS_INTERNAL = {"and": [{"!": [{"var": "customer"}]}, IS_BOSS, {">": [{"var": "age"}, 10]}]}
IS_KNOWN = {
    "and": [
        {"==": [{"var": "fn"}, "Sulisław"]},
        {"==": [{"var": "ln"}, "Świętopełk"]},
        {"==": [{"var": "age"}, 29]},
        {"==": [{"var": "customer"}, False]},
    ]
}
WHOM = {"internal": "INTERNAL", "external": "EXTERNAL"}


def _flag(variants, targeting=None, **more):
    body = {"state": "ENABLED", "variants": variants, "defaultVariant": next(iter(variants))} | more
    return body | ({"targeting": targeting} if targeting else {})


DOCUMENT = {
    "flags": {
        **{f"{kind}-flag": _flag(variants) for kind, variants in VALUES.items()},
        **{f"{kind}-disabled-flag": _flag(variants, state="DISABLED") for kind, variants in VALUES.items()},
        **{f"{kind}-zero-flag": _flag(variants) for kind, variants in ZEROS.items()},
        **{
            f"{kind}-targeted-zero-flag": _flag(variants, {"if": [IS_BOSS, "zero"]}) for kind, variants in ZEROS.items()
        },
        "metadata-flag": _flag(VALUES["boolean"], metadata=METADATA),
        "context-aware": _flag(WHOM, {"if": [IS_KNOWN, "internal"]}, defaultVariant="external"),
        "complex-targeted": _flag(WHOM, {"if": [IS_INTERNAL, "internal"]}, defaultVariant="external"),
        "wrong-flag": _flag({"one": "uno", "two": "dos"}),
    }
}
