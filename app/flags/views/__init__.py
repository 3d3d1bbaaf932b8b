"""The pages of flags."""
