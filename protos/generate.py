"""Generate `protos/gen/weftline_proto` from the .proto files beside this script.

    python protos/generate.py            write the tree
    python protos/generate.py --check    exit 1 if the committed tree is out of date

protoc names modules after proto paths, so `weftline/control/v1` would become a package that
shadows the SDK. The tree is generated in a temporary folder and every such import is rewritten to
`weftline_proto`.
"""

import argparse
import filecmp
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE / "gen" / "weftline_proto"
OWN_IMPORT = re.compile(r"^(from|import) weftline\.", re.MULTILINE)
OWN_NAME = re.compile(r"(?<![\w./'\"])weftline\.(control|etcd)\.v1\.(\w+_pb2)")


def generate(into: Path) -> None:
    """Write the whole package to `into`, which must not exist."""
    sources = sorted(str(p.relative_to(HERE)) for p in HERE.glob("weftline/**/*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        plugins = Path(sys.executable).parent
        command = [
            sys.executable, "-m", "grpc_tools.protoc", f"-I{HERE}",
            f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
            f"--python_out={scratch}", f"--grpc_python_out={scratch}",
            f"--mypy_out={scratch}", f"--mypy_grpc_out={scratch}", *sources,
        ]  # fmt: skip
        subprocess.run(command, check=True, cwd=HERE)
        shutil.copytree(Path(scratch) / "weftline", into)
    for path in [*into.rglob("*.py"), *into.rglob("*.pyi")]:
        text = OWN_IMPORT.sub(r"\1 weftline_proto.", path.read_text())
        path.write_text(OWN_NAME.sub(r"weftline_proto.\1.v1.\2", text))
    for folder in [into, *(p for p in into.rglob("*") if p.is_dir())]:
        (folder / "__init__.py").write_text('"""Generated from protos/; do not edit."""\n')
    (into / "py.typed").touch()


def differences(left: Path, right: Path) -> list[str]:
    """Return the relative paths that differ or exist on one side only."""
    names = {
        p.relative_to(root)
        for root in (left, right)
        for p in root.rglob("*")
        if p.is_file() and p.suffix != ".pyc"
    }
    return sorted(
        str(n) for n in names
        if not ((left / n).exists() and (right / n).exists() and filecmp.cmp(left / n, right / n,
        shallow=False))
    )  # fmt: skip


def main() -> int:
    """Generate or check; return the exit code."""
    parser = argparse.ArgumentParser(description="Generate the protobuf modules.")
    parser.add_argument("--check", action="store_true", help="only compare with the committed tree")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "weftline_proto"
        generate(fresh)
        if args.check:
            stale = differences(fresh, TARGET)
            print(
                f"out of date, run python protos/generate.py: {', '.join(stale)}"
                if stale
                else "generated code is current"
            )
            return 1 if stale else 0
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(fresh, TARGET)
    print(f"wrote {TARGET.relative_to(HERE.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
