"""Letters from templates, and mails to many: each address has a row, so none is forgotten and none gets two."""
