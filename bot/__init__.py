"""The roof: one process. Settings, wiring, the order of starting and stopping, the command line."""

__version__ = "0.1.0"
