"""The pure core of the exchange: commands in, events out.

Imports no framework, reads no clock, draws no random number and does no I/O, so that the same
commands give the same events and the same state hash on any machine.
"""
