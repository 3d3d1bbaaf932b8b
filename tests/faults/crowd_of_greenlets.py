"""The crowd as greenlets, as under gunicorn: everything is patched before anything is imported."""

from gevent import monkey

monkey.patch_all()

from tests.faults.crowd import main  # noqa: E402 (after the patches)

if __name__ == "__main__":
    main()
