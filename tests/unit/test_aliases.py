"""The alias file and its checks."""

from pathlib import Path

import pytest

from peacestance.aliases import Alias, Aliases, load_aliases
from peacestance.schema import UserError


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "aliases.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    text = '[[speaker]]\nname = "Donald Tusk"\naliases = ["Tusk"]\nside = "Poland"\n'
    aliases = load_aliases(write(tmp_path, text))
    assert aliases.entries == (Alias("Donald Tusk", ("Tusk",), "Poland"),)


def test_aliases_and_side_may_be_left_out(tmp_path: Path) -> None:
    assert load_aliases(write(tmp_path, '[[speaker]]\nname = "A"')).entries == (Alias("A"),)


@pytest.mark.parametrize("name", ["TUSK", "the Polish premier's", "Polish Premier", "Donald Tusk"])
def test_case_article_and_possessive_do_not_count(name: str) -> None:
    aliases = Aliases((Alias("X"), Alias("Donald Tusk", ("Tusk", "the Polish premier"))))
    assert aliases.find(name) == 1


def test_a_name_of_no_entry_is_not_found() -> None:
    assert Aliases((Alias("Donald Tusk"),)).find("Tusk") is None


ONE = '[[speaker]]\nname = "A"\n'
BAD = {
    "unknown key 'alias'": ONE + 'alias = ["B"]',
    "unknown key 'speakers'": '[[speakers]]\nname = "A"',
    "no name": '[[speaker]]\naliases = ["B"]',
    "name takes strings, found 3": "[[speaker]]\nname = 3",
    "aliases must be a list": ONE + 'aliases = "B"',
    "aliases takes strings, found 1": ONE + "aliases = [1]",
    "side takes strings": ONE + "side = true",
    "empty name ' '": '[[speaker]]\nname = " "',
    "speaker 2: 'b' is given to two": ONE + 'aliases = ["B"]\n[[speaker]]\nname = "b"',
    "has no speaker": "",
    "not TOML": "[[speaker",
    "must be a list of tables": '[speaker]\nname = "A"',
    "not UTF-8": b'[[speaker]]\nname = "\xff"',
}


@pytest.mark.parametrize(("message", "text"), BAD.items())
def test_a_bad_file_is_one_line_with_its_path(
    tmp_path: Path, message: str, text: str | bytes
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UserError) as error:
        load_aliases(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the alias file"):
        load_aliases(tmp_path / "none.toml")
