"""What every package stands on: money, quantity, calendar, errors, audit chain, outbox."""
