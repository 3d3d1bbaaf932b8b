"""Files of settings: a person's .env, our services.env, our keys."""

import pytest

from app.core.embedded.envfile import read_env_file, write_env_file
from app.core.embedded.keys import Keys, load_keys, save_keys
from app.core.embedded.options import Options, with_files


def test_what_was_written_is_read_back_whatever_it_holds(tmp_path):
    settings = {"HOME_FOLDER": "/a b/c", "SECRET": 'it\'s #1 "$HOME" = `x`', "EMPTY": ""}
    write_env_file(tmp_path / "services.env", settings)
    assert read_env_file(tmp_path / "services.env") == settings
    assert (tmp_path / "services.env").stat().st_mode & 0o777 == 0o600


def test_a_persons_file_may_have_comments_quotes_and_exports(tmp_path):
    (tmp_path / ".env").write_text("# mine\n\nexport PORT=3001 # here\nLOG_LEVEL='DEBUG'\n")
    assert read_env_file(tmp_path / ".env") == {"PORT": "3001", "LOG_LEVEL": "DEBUG"}


@pytest.mark.parametrize("line", ["secret", "A B=c", "A='open"])
def test_a_line_that_is_no_setting_is_named_by_its_number_and_not_shown(tmp_path, line):
    (tmp_path / ".env").write_text(f"PORT=1\n{line}\n")
    with pytest.raises(RuntimeError, match=r"line 2 is not NAME=value") as caught:
        read_env_file(tmp_path / ".env")
    assert line not in str(caught.value)


def test_keys_are_made_once_and_kept_for_us_alone(tmp_path):
    first = load_keys(tmp_path)
    save_keys(tmp_path, first)
    assert load_keys(tmp_path) == first
    assert load_keys(tmp_path) != Keys()
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_setting_may_stand_in_a_file_of_its_own(tmp_path):
    (tmp_path / "url").write_text("postgresql://someone@db/shop\n")
    environ = {
        "DATABASE_URL_FILE": str(tmp_path / "url"),
        "REDIS_URL": "redis://r",
        "S3_ACCESS_KEY_FILE": "/of/a/process",
    }
    assert with_files(environ) == {
        "DATABASE_URL": "postgresql://someone@db/shop", "REDIS_URL": "redis://r", "S3_ACCESS_KEY_FILE": "/of/a/process",
    }  # fmt: skip
    assert Options(tmp_path, 3000, "127.0.0.1", with_files(environ)).has_own_database


def test_a_setting_said_twice_or_in_no_file_is_named(tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(RuntimeError, match="SESSION_SECRET and SESSION_SECRET_FILE are both set"):
        with_files({"SESSION_SECRET": "a", "SESSION_SECRET_FILE": str(tmp_path / "secret")})
    with pytest.raises(RuntimeError, match=r"DEMO_PASSWORD_FILE: .*none cannot be read .*name a file"):
        with_files({"DEMO_PASSWORD_FILE": str(tmp_path / "none")})
