"""News, quotations, supply and demand."""
