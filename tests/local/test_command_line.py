"""What the command line says and answers when there is nothing to do or something is wrong."""

from pathlib import Path

import pytest

from local.__main__ import main
from local.home import Home
from local.up import alone

from .conftest import Host


def test_status_of_nothing_is_3_and_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--state-dir", str(tmp_path)]) == 3
    assert capsys.readouterr().out == "nothing runs: `make up` starts it\n"


def test_down_of_nothing_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down", "--state-dir", str(tmp_path / "absent")]) == 0
    assert capsys.readouterr().out == "nothing was running\n"


def test_a_missing_file_is_named_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--state-dir", str(tmp_path / "home"), "--data", str(tmp_path / "absent.csv")]) == 1
    assert capsys.readouterr().err == f"\n{tmp_path / 'absent.csv'} is not a file\n"
    assert not (tmp_path / "home").exists()


def test_a_second_up_at_the_same_time_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path / "home")
    with alone(home):
        assert main(["up", "--state-dir", str(home.root)]) == 1
    assert "another `make up` is at work" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_server_without_a_stack_is_told_as_such(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--state-dir", str(host.home.root)]) == 1
    assert "no stack is deployed: `make up` does it" in capsys.readouterr().out


def test_up_on_another_port_than_the_running_servers_is_refused(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--state-dir", str(host.home.root), "--port", "1024"]) == 1
    assert f"it runs on port {host.server.port} already" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["80", "70000", "no"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["up", "--port", port])
    assert "must be a number from 1024 to 65535" in capsys.readouterr().err


def test_a_stack_whose_server_died_shows_its_last_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "started.json").write_text('{"pid": 4194305, "port": 4566}')
    (tmp_path / "server.log").write_text("out of memory\n")
    assert main(["status", "--state-dir", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "has died without being stopped" in told
    assert "out of memory" in told
