"""Flask-Admin over the same orders, behind Flask-Login: one list with its page numbers, one without.

gunicorn --worker-class gevent bench.pages_flask_admin:app
"""

import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, make_response
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_login import LoginManager, UserMixin, current_user, login_user
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

COMPANY = int(os.environ["BENCH_COMPANY"])
MANY = [
    "number",
    "state",
    "line_count",
    "customer_name",
    "unit_count",
    "currency",
    "total_minor",
    "placed_at",
    "due_at",
]


class Base(DeclarativeBase):
    """The models of this app."""


class User(UserMixin, Base):
    """Who signs in: looked up by every request, as Flask-Login does."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


class Order(Base):
    """The table as it is."""

    __tablename__ = "orders"
    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    state: Mapped[str]
    line_count: Mapped[int]
    customer_name: Mapped[str]
    unit_count: Mapped[int]
    currency: Mapped[str]
    total_minor: Mapped[int]
    placed_at: Mapped[Any] = mapped_column(sa.TIMESTAMP(timezone=True))
    due_at: Mapped[Any] = mapped_column(sa.TIMESTAMP(timezone=True))


class OrderView(ModelView):  # type: ignore[misc]  # the library is untyped
    """The list as its documentation shows: columns, a page of 50, the newest first, only this company's."""

    column_list = MANY
    column_default_sort = ("number", True)
    page_size = 50
    can_create = can_edit = can_delete = True

    def is_accessible(self) -> bool:
        """Only for who is signed in."""
        return bool(current_user.is_authenticated)

    def get_query(self) -> Any:  # Any: the library's
        """Only this company's."""
        return super().get_query().filter(Order.company_id == COMPANY)

    def get_count_query(self) -> Any:  # Any: as above
        """Count the same."""
        return super().get_count_query().filter(Order.company_id == COMPANY)


class PlainView(OrderView):
    """The same without a count."""

    simple_list_pager = True


app = Flask(__name__)
app.secret_key = "only for this bench"  # noqa: S105
engine = sa.create_engine(os.environ["BENCH_DATABASE"].replace("postgresql://", "postgresql+psycopg://"))
session = scoped_session(sessionmaker(engine))
login = LoginManager(app)
admin = Admin(app, name="Orders")
admin.add_view(OrderView(Order, session, name="Orders", endpoint="orders"))
admin.add_view(PlainView(Order, session, name="Orders", endpoint="plain"))


@login.user_loader  # type: ignore[untyped-decorator]  # the library is untyped
def load_user(public_id: str) -> User | None:
    """Return who the cookie names."""
    return session.get(User, int(public_id))


@app.get("/login")
def sign_in() -> Response:
    """Sign somebody in."""
    login_user(session.scalars(sa.select(User).limit(1)).one())
    return make_response("in")


@app.teardown_appcontext
def end(error: BaseException | None) -> None:
    """Give the connection back."""
    session.remove()
