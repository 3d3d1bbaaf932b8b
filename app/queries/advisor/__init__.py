"""Which indexes to make and which to drop, each proved before it is said and looked at again once it is built."""
