"""Pure decisions of the mesh: no clock, no randomness, no I/O.

Instants (`now_s`) and an `Rng` come in as arguments; bytes come in and events or commands go out.
The same code runs in a PoP and in the simulator.
"""
