"""What a file looks like before it is opened: a small picture, or its first lines."""
