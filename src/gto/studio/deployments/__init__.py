"""What runs on targets, as whoever can reach them reports it, beside what Git says."""
