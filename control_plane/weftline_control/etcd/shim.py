"""Makes the `etcd3` package (extra `[etcd3]`) importable beside today's protobuf.

    from weftline_control.etcd.shim import import_etcd3
    etcd3 = import_etcd3()        # from here on, `import etcd3` works everywhere in the process

Why: the modules that etcd3 0.12.0 ships in `etcd3.etcdrpc` were generated in 2019 and build their
descriptors by hand, which protobuf forbids since 4.0 ("Descriptors cannot be created directly";
python-etcd3 issues 1957 and 2709). The serialized descriptors in those very modules are sound, so
they are read out of the source, without running it, and given to protobuf in today's way. They go
into a pool of their own, so that they meet no other etcd library's.
"""

import ast
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

PACKAGE = "etcd3.etcdrpc"

# In the order in which they import one another.
MODULES = ("kv_pb2", "auth_pb2", "rpc_pb2")


def import_etcd3() -> ModuleType:
    """Import and return `etcd3`, with fresh `etcd3.etcdrpc` modules in place of its own.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    if PACKAGE in sys.modules:
        return importlib.import_module("etcd3")
    spec = importlib.util.find_spec("etcd3")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "etcd3 is not installed: pip install 'weftline[etcd3]'", name="etcd3"
        )
    folder = Path(spec.origin).parent / "etcdrpc"
    package = ModuleType(PACKAGE)
    package.__path__ = [str(folder)]
    pool = DescriptorPool()
    modules = {name: _module(name, folder / f"{name}.py", pool) for name in MODULES}
    sys.modules[PACKAGE] = package
    sys.modules.update({module.__name__: module for module in modules.values()})
    vars(package).update(modules)
    _export(modules["rpc_pb2"], package)
    etcd3 = importlib.import_module("etcd3")
    _export(importlib.import_module(f"{PACKAGE}.rpc_pb2_grpc"), package)
    return etcd3


def _module(name: str, source: Path, pool: DescriptorPool) -> ModuleType:
    """Return what protoc would generate today from the descriptor inside `source`."""
    pool.AddSerializedFile(_serialized_descriptor(source))
    file: FileDescriptor = pool.FindFileByName(name.replace("_pb2", ".proto"))
    module = ModuleType(f"{PACKAGE}.{name}")
    for message in file.message_types_by_name.values():
        setattr(module, message.name, GetMessageClass(message))
    for enum in file.enum_types_by_name.values():
        for value in enum.values:
            setattr(module, value.name, value.number)
    return module


def _serialized_descriptor(source: Path) -> bytes:
    """Return the argument `serialized_pb=_b('...')` of the module, which is Latin-1 text."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.keyword) and node.arg == "serialized_pb":
            match node.value:
                case ast.Call(args=[ast.Constant(value=str(text))]):
                    return text.encode("latin-1")
                case _:
                    break
    raise ImportError(f"{source} is not of etcd3 0.12.0, the only version that this works with")


def _export(module: ModuleType, package: ModuleType) -> None:
    names = {k: v for k, v in vars(module).items() if not k.startswith("_")}
    vars(package).update(names)
