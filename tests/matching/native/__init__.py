"""The C++ engine with its checks on: invariants after every command, memory and arithmetic by sanitizers."""
