"""Property tests judge what comes out, not how long a shared machine takes for it."""

from hypothesis import settings

settings.register_profile("rules", deadline=None, max_examples=150)
settings.load_profile("rules")
