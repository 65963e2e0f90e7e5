"""How much is measured: enough to mean something, or just enough to see that it works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Every number that makes the bench long or short."""

    rounds: int  #: of part a, each with every side once
    run_lines: int  #: one run prints
    memory_lines: int  #: are written by a driver alone
    design_lines: int  #: by the 50-lines design
    single_lines: int  #: by the design that commits each
    cats: int  #: times that OpenSSH fetches the file
    load_runs: int  #: of part b
    load_warm_s: float  #: until the last flush of a second has come round once
    load_s: float
    starts: int  #: rounds of part c
    crowd_runs: int  #: of parts d and f
    crowd_quiet: int  #: commands before they start
    crowd_s: int
    crowd_edge_s: float  #: at both ends, when not all of them print
    flood_bytes: int  #: of part e


FULL = Sizes(
    rounds=3,
    run_lines=200_000,
    memory_lines=200_000,
    design_lines=60_000,
    single_lines=1_000,
    cats=10,
    load_runs=200,
    load_warm_s=1.5,
    load_s=10,
    starts=15,
    crowd_runs=200,
    crowd_quiet=25,
    crowd_s=32,
    crowd_edge_s=2,
    flood_bytes=1_000_000_000,
)
QUICK = Sizes(
    rounds=1,
    run_lines=3_000,
    memory_lines=3_000,
    design_lines=1_000,
    single_lines=50,
    cats=1,
    load_runs=8,
    load_warm_s=0.3,
    load_s=2.5,
    starts=2,
    crowd_runs=4,
    crowd_quiet=5,
    crowd_s=3,
    crowd_edge_s=1,
    flood_bytes=2_000_000,
)
