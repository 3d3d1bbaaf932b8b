"""Registers the demonstration's commands."""

from flask import Flask

from app.demo.cli import bench_cli, demo_cli


def init_demo(app: Flask) -> None:
    """Add `flask demo` and `flask bench` to the shell."""
    app.cli.add_command(demo_cli)
    app.cli.add_command(bench_cli)
