"""The parts of ./dev bench: servers, loads, rounds, tables, and a module a kind of work."""
