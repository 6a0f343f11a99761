"""The double-entry ledger, clearing, contracts, banks and statements."""
