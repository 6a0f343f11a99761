"""Price index: methodology, computation, evidence, publication."""
