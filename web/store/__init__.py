"""The desks of institutions: keeper, inspection body, lender. Faces only: the rules are in the register."""
