"""Which jobs a bulk act reached, and what it made of each; a row is written with the act on it."""

import sqlalchemy as sa

from app.core.db import Base

bulk_items = sa.Table(
    "job_bulk_items",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("bulk_id", sa.Text, primary_key=True),
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("made_id", sa.Text),
    sa.Index("ix_job_bulk_items_bulk_id", "bulk_id"),
)
