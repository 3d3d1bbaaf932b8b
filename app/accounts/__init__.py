"""Companies, their people, and how these come in: passwords, second factors, sessions, tokens, mailed links."""
