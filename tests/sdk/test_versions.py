"""What is installed here."""

from importlib.metadata import version

from weftline.versions import library_version, weftline_version


def test_a_library_has_the_version_that_is_installed() -> None:
    assert library_version("msgspec") == version("msgspec")
    assert weftline_version() == version("weftline")


def test_a_library_that_is_not_there_has_no_version() -> None:
    assert library_version("surely-not-installed-anywhere") is None
