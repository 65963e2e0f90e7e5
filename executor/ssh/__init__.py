"""Hosts over SSH: one supervised run per directory there, pooled connections, pinned host keys.

``command`` says what runs, ``remote`` starts, follows and stops it through ``supervisor.sh`` (see
``docs/supervisor.md``), ``pool`` keeps the connections, ``errors`` puts failures into words.
"""
