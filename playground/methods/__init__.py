"""The methods of Slack's Web API that the playground knows, one function each."""

from playground.methods.base import Method
from playground.methods.chat import CHAT
from playground.methods.files import FILES
from playground.methods.team import TEAM
from playground.methods.usergroups import USERGROUPS
from playground.methods.views import VIEWS

METHODS: dict[str, Method] = TEAM | CHAT | VIEWS | FILES | USERGROUPS
