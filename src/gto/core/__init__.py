"""What a registry is, as pure values and functions: no I/O, no clock, no environment, no logging."""
