"""Settings of the read cache: how long each kind of figure may be kept, and what holds while Valkey is away."""

from pydantic import BaseModel, Field


class CacheSettings(BaseModel):
    """How long what was read is kept. 0 keeps nothing of that kind; whatever is kept goes when what it was read from changes."""

    cache_inventory_s: int = Field(300, ge=0, le=43_200, description="Figures and lists of the inventory.")
    cache_orders_s: int = Field(30, ge=0, le=43_200, description="Figures of orders; some go with the clock.")
    cache_companies_s: int = Field(600, ge=0, le=43_200, description="Lists of companies.")
    cache_queues_s: int = Field(60, ge=0, le=43_200, description="Figures of the queues over days.")
    cache_negative_s: int = Field(10, ge=1, le=600, description="How long it is kept that there is nothing.")
    cache_near_s: float = Field(
        2.0, ge=0, le=2, description="How old a process's own copy may be while Valkey is away."
    )
    cache_wait_ms: int = Field(2000, ge=50, le=10_000, description="Longest wait for somebody who reads the same.")
    cache_fallback: int = Field(
        4, ge=1, le=100, description="Reads of one process that may go to the database at once while Valkey is away."
    )
    cache_value_bytes: int = Field(262_144, ge=1024, le=8_000_000, description="What is larger is not kept.")
