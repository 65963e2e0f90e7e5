"""The roof: one process. Settings, wiring, the order of starting and stopping, the command line."""
