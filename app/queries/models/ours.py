"""What all tables of statements share."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core.db import Model
from app.core.ids import CompanyId

INSTANT = sa.DateTime(timezone=True)
DAILY = {"postgresql_partition_by": "RANGE (at)"}


class Ours(Model):
    """A table of the installation's."""

    __abstract__ = True

    @declared_attr
    def company_id(cls) -> Mapped[CompanyId]:  # noqa: N805 (SQLAlchemy calls it with the class)
        """The platform company."""
        return mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
