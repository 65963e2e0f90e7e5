"""The second floor: all that speaks Slack.

In: a request comes through ``connection`` (Socket Mode or HTTP) into Bolt. ``routes`` says which
listener it is for, ``errors`` guards that listener (the ack gets out, failures become words),
``parsing`` turns the payload into a typed request, and a listener in ``listeners/`` asks one
service and answers through ``replies``. Out: ``reporter`` reads news and renders cards, ``outbox``
sends them. How anything looks is in ``views/``: pure functions from values to blocks.
"""
