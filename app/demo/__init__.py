"""Demonstration companies with ninety days behind them, replays of real invoices, and masses of rows for benches."""
