"""The first page: what needs somebody, how the hour goes, what changed."""
