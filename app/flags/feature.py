"""Registers the flags: their process side, their pages and their JSON."""

from flask import Flask

from app.breakers.degradation import report_features
from app.core import gates, relay, shell
from app.flags import counts, doors, listeners, models, use
from app.flags.api import api_bp
from app.flags.cli import flags_cli
from app.flags.freshness import tell_freshness
from app.flags.ofrep import setup as ofrep
from app.flags.process import hold_flags
from app.flags.rollouts.setup import init_rollouts
from app.flags.views import bp

__all__ = ["init_flags", "models"]  # imported for the tables


def init_flags(app: Flask) -> None:
    """Hold the flags in this process, and serve them."""
    hold_flags(app)
    gates.answer_with(lambda key, default: use.is_enabled(key, default=default))
    app.jinja_env.globals["flag"] = use.is_enabled
    doors.init_doors(app)
    app.register_blueprint(api_bp)
    app.cli.add_command(flags_cli)
    ofrep.init_ofrep(app)
    init_rollouts(app)
    report_features(tell_freshness)
    relay.duty("flag-counts", counts.ROLL_UP_EVERY_S, counts.roll_up)
    app.register_blueprint(bp)
    listeners.listen()
    shell.nav("Control", "Flags", "flag", "flags.list_flags", "flags:read")
