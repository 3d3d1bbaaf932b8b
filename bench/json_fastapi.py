"""FastAPI with SQLAlchemy over the same orders: a response model of the same shape, with and without a token to look up.

uvicorn bench.json_fastapi:app
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

COMPANY = int(os.environ["BENCH_COMPANY"])
LATE = {"paid", "packed"}
engine = sa.create_engine(os.environ["BENCH_DATABASE"].replace("postgresql://", "postgresql+psycopg://"))
Made = sessionmaker(engine)


class Base(DeclarativeBase):
    """The models of this app."""


class Order(Base):
    """The table as it is."""

    __tablename__ = "orders"
    company_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    customer_name: Mapped[str]
    customer_email: Mapped[str | None]
    customer_ref: Mapped[str | None]
    currency: Mapped[str]
    total_minor: Mapped[int]
    line_count: Mapped[int]
    unit_count: Mapped[int]
    external_ref: Mapped[str | None]
    version: Mapped[int]
    placed_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    due_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))

    @property
    def customer(self) -> dict[str, str | None]:
        """As the answer has it."""
        return {"name": self.customer_name, "email": self.customer_email, "ref": self.customer_ref}

    @property
    def total(self) -> str:
        """As above."""
        return f"{self.total_minor / 100:.2f}"

    @property
    def is_late(self) -> bool:
        """As above."""
        return self.state in LATE and self.due_at < datetime.now(UTC)


class Shape(BaseModel):
    """camelCase, from rows."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class CustomerOut(Shape):
    """Who ordered."""

    name: str
    email: str | None
    ref: str | None


class OrderOut(Shape):
    """One order."""

    number: int
    state: str
    customer: CustomerOut
    currency: str
    total: str
    line_count: int
    unit_count: int
    is_late: bool
    external_ref: str | None
    version: int
    placed_at: datetime
    due_at: datetime
    updated_at: datetime


class OrderList(Shape):
    """One page."""

    items: list[OrderOut]
    next_cursor: str | None = None


def session() -> Iterator[Session]:
    """A session of the request's own."""
    with Made() as made:
        yield made


def by_token(asked: Annotated[Session, Depends(session)], authorization: Annotated[str, Header()]) -> int:
    """Look the token and its person up, as we do; nothing is counted against a limit."""
    digest = sha256(authorization.removeprefix("Bearer ").encode()).digest()
    found = asked.execute(TOKEN, {"hash": digest}).one_or_none()
    if found is None:
        raise HTTPException(401)
    return int(found.company_id)


TOKEN = sa.text(
    "SELECT u.id, u.company_id, u.role FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = :hash AND t.revoked_at IS NULL"
)
app = FastAPI()


@app.get("/plain/orders")
def list_plain(asked: Annotated[Session, Depends(session)], limit: int = 50) -> OrderList:
    """The newest orders; nobody is asked for a token."""
    return answer(asked, COMPANY, limit)


@app.get("/api/orders")
def list_orders(
    asked: Annotated[Session, Depends(session)], company: Annotated[int, Depends(by_token)], limit: int = 50
) -> OrderList:
    """The newest orders of the token's company."""
    return answer(asked, company, limit)


def answer(asked: Session, company: int, limit: int) -> Any:  # Any: FastAPI makes the model of it
    """Read the rows."""
    newest = sa.select(Order).where(Order.company_id == company).order_by(Order.number.desc()).limit(limit)
    return {"items": asked.scalars(newest).all(), "nextCursor": None}
