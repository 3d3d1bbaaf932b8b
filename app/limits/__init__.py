"""How much a person, a token, an address may ask for in a while, shared by all processes."""
