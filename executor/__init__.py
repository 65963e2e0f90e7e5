"""First floor: all that happens.

``rules`` decide (pure functions of values), ``ssh`` speaks to hosts, ``services`` are the only
place that changes state, ``worker`` and ``janitor`` carry runs through. Nothing here knows Slack.
"""
