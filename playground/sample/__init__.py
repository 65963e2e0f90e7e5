"""The sample migration: an export of invented patients and a script that imports it.

``install`` puts it into the sample host's home; README.md beside this file says what can be asked
of it and how it fails.
"""

from playground.sample.install import Installed, install

__all__ = ["Installed", "install"]
