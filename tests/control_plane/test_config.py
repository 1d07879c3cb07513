"""What a control plane is told at start."""

from weftline_control.config import ControlConfig
from weftline_core.address import Address


def test_the_kind_of_a_store_hides_the_rest() -> None:
    config = ControlConfig(listen=Address("h", 1), store="etcd://user@h:2379")
    assert config.store_kind == "etcd"
