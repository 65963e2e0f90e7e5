"""How Ferry looks in Slack: pure functions from values to blocks, without I/O and without a clock.

``blocks`` is the one place that knows Slack's limits; every other module here says what a person
reads. Text that people, scripts or hosts gave goes through ``esc``, ``mono`` or ``code``.
"""
