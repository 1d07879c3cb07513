"""Simulators of inference providers: each answers, refuses and fails on the wire like the real one.

They are written from the providers' contracts alone and share no code with the dialects of the
core, so that the two can judge each other.
"""
