"""The files of a company as people look through them: the list, one file, its small picture, a selection as a ZIP."""
