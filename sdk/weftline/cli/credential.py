"""`weft credential`: providers' keys, sealed before they leave this machine.

A secret comes from standard input or an environment variable, never from the command line, where
every user of the machine could read it.
"""

import getpass
import os
import secrets
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.options import examples
from weftline.cli.output import Format, note, print_data, say
from weftline.cli.views import resource_data
from weftline_core.desired import Credential
from weftline_core.sealed_form import SECRET_BYTES_MAX, one_line


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(
        name="credential", help="Seal providers' keys.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command(
        "seal",
        epilog=examples(
            "weft credential seal main --provider openai < key.txt | weft apply -f -",
            "weft credential seal main --provider openai --from-env OPENAI_API_KEY",
            "weft credential seal us --provider azure --host my-resource.openai.azure.com",
            "weft credential seal team-1 --provider groq --alias team-1 --rpm 60 --tpm 100000",
        ),
    )(seal)
    group.command(
        "new-key", epilog=examples("weft credential new-key > sealing.keys      keep it safe")
    )(new_key)
    app.add_typer(group)


def seal(  # noqa: PLR0913  # one parameter an option is how typer works
    name: Annotated[str, typer.Argument(metavar="NAME", help="What endpoints will call it.")],
    *,
    provider: Annotated[str, typer.Option("--provider", help="Whose key it is, as in openai.")],
    alias: Annotated[
        str, typer.Option("--alias", help="The name by which requests may ask for it.")
    ] = "default",
    from_env: Annotated[
        str,
        typer.Option(
            "--from-env",
            metavar="VARIABLE",
            help="Take the secret from this variable; from standard input otherwise.",
        ),
    ] = "",
    host: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Show it at this host only, as in api.example.com or *.example.com; may be given "
            "again. By default at the provider's public service.",
        ),
    ] = None,
    rpm: Annotated[
        int | None, typer.Option("--rpm", help="Requests a minute at one PoP at most.")
    ] = None,
    tpm: Annotated[
        int | None, typer.Option("--tpm", help="Tokens a minute at one PoP at most.")
    ] = None,
) -> None:
    """Print a Credential with a sealed secret, for `weft apply -f -`."""
    # Late: the cipher costs 40 ms, which no other verb need pay.
    from weftline.sealing_keys import read_keyring  # noqa: PLC0415
    from weftline_core.sealing import new_nonce  # noqa: PLC0415

    keyring = read_keyring(os.environ)
    secret = one_line(_secret(from_env, os.environ))
    hosts = tuple(dict.fromkeys(map(str.lower, host or ())))
    nonce = new_nonce(secrets.SystemRandom())
    sealed = keyring.seal(secret, name=name, provider=provider, hosts=hosts, nonce=nonce)
    resource = Credential(
        name=name,
        provider=provider,
        sealed=sealed,
        hosts=hosts,
        alias=alias,
        requests_per_minute=rpm,
        tokens_per_minute=tpm,
    )
    if problems := tuple(resource.problems()):
        raise CliError("this is no credential", code=ExitCode.USAGE, details=problems)
    print_data(resource_data(resource), Format.YAML)


def new_key() -> None:
    """Print a new sealing key. Every node that dials needs it; nothing can be opened without."""
    from weftline.sealing_keys import KEY_VARIABLE, KEYS_FILE_VARIABLE  # noqa: PLC0415  # late
    from weftline_core.sealing import new_sealing_key, read_keys  # noqa: PLC0415  # late

    text = new_sealing_key(secrets.SystemRandom())
    say(text)
    note(
        f"key id {read_keys(text)[0].id}: give it to nodes in {KEYS_FILE_VARIABLE} (a file, newest "
        f"key first) or {KEY_VARIABLE}"
    )


def _secret(from_env: str, environ: Mapping[str, str]) -> str:
    if from_env:
        if secret := environ.get(from_env, ""):
            return secret
        raise CliError(f"the environment variable {from_env} is not set", code=ExitCode.USAGE)
    if sys.stdin.isatty():
        return getpass.getpass("secret (not shown): ")
    return sys.stdin.read(SECRET_BYTES_MAX + 1)
