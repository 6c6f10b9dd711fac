"""Status items as projections of the log: scan them all, rebuild them, verify them. For operators only."""
