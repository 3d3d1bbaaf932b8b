"""The page of the read cache: what it holds, how often it helps, and its emptying."""
