"""Moving files from one provider to another: planned, copied, verified, switched, kept for a while, or taken back."""
