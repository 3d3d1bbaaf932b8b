"""One file per kind of provider behind one Protocol (protocol.py); how they differ is data (profiles.py)."""
