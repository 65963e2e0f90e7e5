"""What each category of failure means to a person, and what they can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from db.model.categories import Category


@dataclass(frozen=True, slots=True)
class Advice:
    """What happened, what to do, and whether a new attempt is safe without asking anybody.

    That is so only where the script cannot have started and trying again does no other harm (wrong
    logins get Ferry banned by sshd). An AttemptError may be stricter than its category.
    """

    sentence: str
    hint: str
    retry_safe: bool = False


ADVICE: Mapping[Category, Advice] = MappingProxyType(
    {
        Category.AUTHENTICATION_ERROR: Advice(
            "The host did not let Ferry log in.",
            "Check the environment's user and key: the public key belongs in that user's "
            "`~/.ssh/authorized_keys` on the host.",
        ),
        Category.COMMAND_NOT_FOUND: Advice(
            "A command was not found on the host.",
            "Check that it is installed there. Non-interactive shells read no profile, so what is "
            "set up in one is missing, often nvm's `node`: set the environment's node path (for "
            "example `/home/deploy/.nvm/versions/node/v20.11.0/bin/node`) or its shell setup.",
        ),
        Category.CONNECTION_ERROR: Advice(
            "The host could not be reached.",
            "Check the host's name and port, and whether it is up and reachable from Ferry's "
            "machine; then run again.",
            retry_safe=True,
        ),
        Category.SSH_HOST_KEY_ERROR: Advice(
            "The host's key is not the one that is pinned for this environment.",
            "If the host was set up anew, an admin can compare the fingerprints and pin the new "
            "key; if not, somebody may be listening in: do not trust it.",
        ),
        Category.TIMEOUT_ERROR: Advice(
            "The script took longer than it may and was stopped.",
            "Look at its last lines; if it only needs longer, raise the timeout of the job or the "
            "environment.",
        ),
        Category.SCRIPT_ERROR: Advice(
            "The script ended with an error.",
            "Read its log, correct what it says, and run it again.",
        ),
        Category.COMMAND_NOT_EXECUTABLE: Advice(
            "The host found the program but could not start it.",
            "Make it executable (`chmod +x`), or name an interpreter in the job, for example "
            "`node`.",
        ),
        Category.SCRIPT_NOT_FOUND: Advice(
            "The script is not on the host.",
            "Check the job's script path, and whether the script was deployed to this environment.",
        ),
        Category.DIRECTORY_NOT_FOUND: Advice(
            "The directory to run in is not on the host.",
            "Check the job's directory (empty: the script's own), and that the environment's user "
            "may enter it.",
        ),
        Category.SECRET_UNAVAILABLE: Advice(
            "A secret that the script needs could not be read on Ferry's machine.",
            "Set the environment variable or file that the secret's reference names, for example "
            "`env:ICLINIC_TOKEN`, and restart Ferry.",
        ),
        Category.PLAN_CHANGED: Advice(
            "What would run is no longer what was confirmed, so nothing was started.",
            "Its card shows what changed, and asks again.",
        ),
        Category.NOT_PROVEN: Advice(
            "The job has not succeeded where it has to before it may run here.",
            "Run it there first, with the same version and the same script; then run it here "
            "again.",
        ),
        Category.OUT_OF_MEMORY: Advice(
            "The script ran out of memory, or the host killed it for lack of memory.",
            "Run it on fewer records at a time, or give it more memory (node: "
            "`--max-old-space-size`).",
        ),
        Category.SCRIPT_CRASHED: Advice(
            "The program crashed.",
            "That is a bug in the interpreter or in a native module: try its newest version.",
        ),
        Category.DISK_FULL: Advice(
            "A disk of the host is full.",
            "Free some space there (`df -h` shows where), then run again.",
        ),
        Category.RESOURCE_LIMIT: Advice(
            "The script hit a limit of the host: processes, open files, file size or CPU time.",
            "Compare with `ulimit -a` of the environment's user, and raise what is too low.",
        ),
        Category.KILLED_EXTERNALLY: Advice(
            "Somebody or something on the host stopped the script; it was not Ferry.",
            "Ask who was on the host; then run again.",
        ),
        Category.SUDO_PASSWORD_REQUIRED: Advice(
            "The script called sudo, which asked for a password that nobody can type.",
            "Let the environment's user run that one command with NOPASSWD in sudoers, or do "
            "without sudo.",
        ),
        Category.HOST_REBOOTED: Advice(
            "The host was restarted while the script ran.",
            "The script stopped midway: check what it had done, then run again.",
        ),
        Category.RUN_LOST: Advice(
            "The host knows nothing of this run any more, so nobody can say how it ended.",
            "Check on the host what the script had done before you run it again.",
        ),
        Category.INTERNAL_ERROR: Advice(
            "Something broke in Ferry itself.",
            "Tell an operator the number of this run; the details are in Ferry's own log.",
        ),
    }
)
