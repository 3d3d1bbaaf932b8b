"""Copies of the database that reads may go to when they may lag: who is fit, who is asked, who must not be.

`with reads_may_lag():` (reading.py) is the only way there; docs/pools.md says which reads use it and why.
"""
