"""Rollouts: a share raised step by step, at times or while guards hold; held or rolled back when one trips."""
