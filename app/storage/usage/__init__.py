"""What companies store: counted exactly, limited, followed over days, and priced."""
