"""From bytes to proposed lines: kinds, pictures, words, rows, matches. Only `engine` and `pictures` need the extra; a PDF that holds its text does not."""
