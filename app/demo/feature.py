"""Registers the demonstration's commands."""

from flask import Flask

from app.demo.cli import demo_cli


def init_demo(app: Flask) -> None:
    """Add `flask demo` to the shell."""
    app.cli.add_command(demo_cli)
