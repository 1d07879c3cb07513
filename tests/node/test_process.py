"""A node as a real process: its one line on standard output, its signals, its exit codes."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.fakes.mmdb import database
from weftline_core.geo import place, rtt_guess_ms
from weftline_node.launch import Launch

WAIT_S = 15


def config(path: Path, listen: int, admin: int) -> Path:
    path.write_text(
        f"listen: 127.0.0.1:{listen}\nadmin: 127.0.0.1:{admin}\n"
        "keys: [{name: dev, key: sk-dev-1}]\nmodels: [{name: m}]\n"
        'endpoints: [{name: e, base_url: "http://127.0.0.1:1/v1", models: {m: m}}]\n'
    )
    return path


@contextmanager
def node(launch: Launch) -> Generator[subprocess.Popen[bytes]]:
    argument = msgspec.json.encode(launch).decode()
    process = subprocess.Popen(
        [sys.executable, "-m", "weftline_node", argument],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_says_ready_serves_and_stops_at_a_signal(tmp_path: Path) -> None:
    path = config(tmp_path / "weft.yaml", 0, 0)
    with node(Launch(config=str(path))) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["event"], ready["what"], ready["id"]) == ("ready", "node", "local")
        with urllib.request.urlopen(f"{ready['admin_url']}/readyz", timeout=WAIT_S) as answer:
            assert answer.read() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=WAIT_S)
        assert (process.returncode, out) == (0, b"")
        events = [json.loads(line)["event"] for line in err.splitlines()]
        assert events[0] == "desired_state"
        assert events[-1] == "stopped"
        assert b"sk-dev-1" not in err


def test_a_taken_port_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = config(tmp_path / "weft.yaml", taken.getsockname()[1], 0)
        with node(Launch(config=str(path))) as process:
            _, err = process.communicate(timeout=WAIT_S)
    errors = [line for line in err.decode().splitlines() if not line.startswith("{")]
    assert process.returncode == 1
    assert len(errors) == 1
    assert errors[0].startswith("error: cannot listen on 127.0.0.1:")


def test_where_clients_reach_it_is_told_and_where_it_listens_is_listened_on(tmp_path: Path) -> None:
    pepper = tmp_path / "pepper"
    pepper.write_bytes(b"0" * 32)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launch = Launch(
        id="ams",
        listen=f"127.0.0.1:{port}",
        admin="",
        control="127.0.0.1:1",
        data=str(tmp_path / "data"),
        base_url="https://ams.example/v1",
        pepper_file=str(pepper),
    )
    with node(launch) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["base_url"] == "https://ams.example/v1"
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S):
            pass


def test_a_place_is_guessed_from_the_address_of_an_endpoint(tmp_path: Path) -> None:
    geoip = tmp_path / "geo.mmdb"
    geoip.write_bytes(
        database("GeoLite2-Country", {"127.0.0.0/8": {"country": {"iso_code": "JP"}}})
    )
    path = config(tmp_path / "weft.yaml", 0, 0)
    path.write_text(f"{path.read_text()}geoip: {geoip}\n")
    with node(Launch(config=str(path))) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{ready['admin_url']}/explain?model=m", timeout=WAIT_S) as at:
            (step,) = json.load(at)["steps"]
    assert step["source"] == "geography"
    assert step["rtt_ms"] == pytest.approx(rtt_guess_ms(place("ams"), place("nrt")))


@pytest.mark.parametrize("config_text", ["listen: [", "listn: 127.0.0.1:1\n"])
def test_a_wrong_file_is_told_without_a_traceback(tmp_path: Path, config_text: str) -> None:
    path = tmp_path / "weft.yaml"
    path.write_text(config_text)
    with node(Launch(config=str(path))) as process:
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 2
    assert err.decode().startswith("error: ")
    assert b"Traceback" not in err
