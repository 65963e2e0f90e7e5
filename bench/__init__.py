"""How fast Ferry is, beside what it replaces and what its drivers can do: ``make bench``.

Absolute numbers say something of a machine. What counts is the ratio of two things that were
measured by turns in the same run; `docs/bench.md` says how to read them.
"""
