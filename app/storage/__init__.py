"""Files of companies: where their bytes are, what they come to, moving them, and looking after them."""
