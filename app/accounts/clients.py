"""What a User-Agent says, in two words."""

# In this order: every browser claims to be the ones before it.
BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ("curl/", "curl"), ("python", "A Python script"), ("Python", "A Python script"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def client_name(user_agent: str) -> str:
    """Return `Firefox on Linux`, or the beginning of what it says; a hint for people, never proof of anything."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS if mark in user_agent), None)
    if browser is None:
        return user_agent[:40] or "Unknown client"
    return f"{browser} on {system}" if system else browser
