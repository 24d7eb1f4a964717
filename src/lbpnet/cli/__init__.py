"""Command line: one module a verb; each parses, calls, prints."""
