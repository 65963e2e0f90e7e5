"""A Slack next door: it enforces what Slack enforces, and has a web page to look at.

It knows nothing of the bot. Tests use it as their double, newcomers as their first workspace.
"""
