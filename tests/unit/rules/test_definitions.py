import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import (
    ConfirmationPolicy,
    EnvironmentDraft,
    JobDraft,
    Kind,
    RetryPolicy,
    SilenceAction,
    SourceDraft,
)
from db.model.categories import Category
from db.model.errors import InvalidInput
from executor.rules.definitions import environment_draft, job_draft, source_draft
from executor.rules.host_keys import host_keys

STAGING = {"name": "staging", "kind": "staging", "ssh_host": "s.example.com", "ssh_user": "deploy"}
JOB = {"name": "import-patients", "script": "~/migrations/import.js"}
NAME = b"ssh-ed25519"
KEY = base64.b64encode(len(NAME).to_bytes(4, "big") + NAME + bytes(36)).decode()


def environment_refusal(**changed: str) -> str:
    """Return the sentence for the one field of an environment that is wrong."""
    with pytest.raises(InvalidInput) as refused:
        environment_draft({**STAGING, **changed})
    assert refused.value.fields.keys() == changed.keys()
    return refused.value.message


def job_refusal(**changed: str) -> str:
    """Return the sentence for the one field of a job that is wrong."""
    with pytest.raises(InvalidInput) as refused:
        job_draft({**JOB, **changed}, 1)
    assert refused.value.fields.keys() == changed.keys()
    return refused.value.message


def test_environment_needs_only_four_fields() -> None:
    """Everything else has the draft's own defaults, also where a form sends it blank."""
    draft = environment_draft({**STAGING, "ssh_port": " ", "timeout_s": ""})

    assert draft == EnvironmentDraft(
        name="staging", kind=Kind.STAGING, ssh_host="s.example.com", ssh_user="deploy"
    )


def test_environment_with_every_field() -> None:
    """Each text becomes what the draft holds."""
    draft = environment_draft(
        {
            "name": "prod-1",
            "kind": "Production",
            "ssh_host": "[2001:db8::1]",
            "ssh_user": "CORP\\ana",
            "ssh_port": "2222",
            "ssh_key_path": "~/.ssh/id_ed25519",
            "ssh_passphrase_ref": "file:/etc/ferry/passphrase",
            "proxy_jump": "bob@[::1]:22",
            "host_key": f"# from ssh-keyscan\ns.example.com {NAME.decode()} {KEY} comment\n",
            "node_path": "/opt/node/bin/node",
            "shell_setup": "/opt/node/bin:/usr/bin",
            "timeout_s": "1h 30m",
            "grace_s": "10",
            "concurrency": "3",
            "queue_timeout_s": "2h",
            "connect_timeout_s": "20s",
            "confirmation": "requester",
        }
    )

    assert draft == EnvironmentDraft(
        name="prod-1",
        kind=Kind.PRODUCTION,
        ssh_host="2001:db8::1",
        ssh_user="CORP\\ana",
        ssh_port=2222,
        ssh_key_path="~/.ssh/id_ed25519",
        ssh_passphrase_ref="file:/etc/ferry/passphrase",
        proxy_jump="bob@[::1]:22",
        host_key=f"ssh-ed25519 {KEY}",
        node_path="/opt/node/bin/node",
        shell_setup="/opt/node/bin:/usr/bin",
        timeout_s=5400,
        grace_s=10,
        concurrency=3,
        queue_timeout_s=7200,
        connect_timeout_s=20,
        confirmation=ConfirmationPolicy.REQUESTER,
    )


def test_production_always_asks() -> None:
    """Nothing said means the requester confirms; saying none is refused."""
    silent = environment_draft({**STAGING, "kind": "production"})
    with pytest.raises(InvalidInput) as refused:
        environment_draft({**STAGING, "kind": "production", "confirmation": "none"})

    assert silent.confirmation is ConfirmationPolicy.REQUESTER
    assert refused.value.fields.keys() == {"confirmation"}
    assert "choose for example “Whoever asked for it”" in refused.value.message


@pytest.mark.parametrize("names", ["", "* ", "s.example.com,10.0.0.7 "])
def test_a_revoked_host_key_is_not_taken_for_a_trusted_one(names: str) -> None:
    """As in known_hosts: the mark says that this key is never to be trusted again."""
    line = f"@revoked {names}ssh-ed25519 {KEY}"

    assert host_keys(line) == f"@revoked ssh-ed25519 {KEY}"


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("name", "My Env", "for example `my-env`"),
        ("kind", "prod", "Did you mean `production`?"),
        ("ssh_host", "deploy@h", "user and port have fields of their own"),
        ("ssh_host", "-oProxyCommand=x", "is not a host"),
        ("ssh_host", "a b", "is not a host"),
        ("ssh_host", "h:22", "is not a host"),
        ("ssh_user", "-l", "is not a login name"),
        ("ssh_user", "a b", "is not a login name"),
        ("ssh_port", "0", "from 1 to 65535"),
        ("ssh_port", "65536", "from 1 to 65535"),
        ("ssh_port", "ssh", "from 1 to 65535"),
        ("ssh_key_path", "id_rsa", "write it from / or from ~/ on"),
        ("ssh_key_path", "/keys/../x", "without `..`"),
        ("ssh_key_path", "/keys/", "names a directory"),
        ("ssh_key_path", "/a\nb", "is not a usable path"),
        ("ssh_key_path", "~bob/id", "is not a usable path"),
        ("proxy_jump", "a b", "[user@]host[:port]"),
        ("proxy_jump", "h:0", "[user@]host[:port]"),
        ("proxy_jump", "-x@h", "[user@]host[:port]"),
        ("host_key", "ssh-ed25519 AAAA", "is not a public host key"),
        ("host_key", f"ssh-rsa {KEY}", "is not a public host key"),
        ("host_key", "-----BEGIN OPENSSH PRIVATE KEY-----", "is not a public host key"),
        ("host_key", "ssh-ed25519 é", "is not a public host key"),
        ("host_key", "@revoked", "is not a public host key"),
        ("host_key", f"@cert-authority ssh-ed25519 {KEY}", "is not a public host key"),
        ("node_path", "~/node", "must be a path from / on"),
        ("shell_setup", "bash -l", "write `auto`, `none`, or the PATH itself"),
        ("shell_setup", "/bin:bin", "is not a shell setup"),
        ("timeout_s", "1s", "between 5 s and 7 d, for example 10 min"),
        ("timeout_s", "8d", "between 5 s and 7 d"),
        ("timeout_s", "soon", "is not a duration"),
        ("grace_s", "1h", "between 1 s and 5 min"),
        ("concurrency", "0", "from 1 to 50"),
        ("concurrency", "51", "from 1 to 50"),
        ("queue_timeout_s", "59s", "between 1 min and 7 d, for example 10 min"),
        ("queue_timeout_s", "8d", "between 1 min and 7 d"),
        ("connect_timeout_s", "0", "between 1 s and 2 min"),
        ("connect_timeout_s", "3m", "between 1 s and 2 min"),
        ("confirmation", "all", "none, requester"),
        ("confirm_group", "ops", "S012AB3CD"),
        ("confirm_group", "S0OPS", "goes with “Members of a user group”"),
        ("confirmations", "2", "goes with “Members of a user group”"),
        ("confirmations", "0", "is not a number of people: write a whole number from 1 to 20"),
        ("asks_reason", "maybe", "neither `yes` nor `no`"),
    ],
)
def test_wrong_field_of_an_environment_is_told(field: str, text: str, expected: str) -> None:
    """Each field says what it takes, with an example."""
    assert expected in environment_refusal(**{field: text})


def test_a_group_that_confirms_needs_its_id() -> None:
    """Told at the field of the group; with it, number and switches are taken."""
    group = {**STAGING, "confirmation": "group", "confirmations": "2"}
    with pytest.raises(InvalidInput) as refused:
        environment_draft(group)
    yes = {"asks_reason": "yes", "second_factor": "YES"}
    draft = environment_draft({**group, "confirm_group": "S0OPS", **yes})

    assert refused.value.fields.keys() == {"confirm_group"}
    assert (draft.confirmations, draft.confirm_group) == (2, "S0OPS")
    assert (draft.asks_reason, draft.second_factor) == (True, True)


def test_passphrase_typed_instead_of_its_name_is_not_repeated() -> None:
    """The message asks for a reference without spreading the secret."""
    message = environment_refusal(ssh_passphrase_ref="hunter2")

    assert "`env:NAME`" in message
    assert "hunter2" not in message


def test_missing_and_unknown_fields_are_told_at_once() -> None:
    """An empty form with a mistyped field gets five sentences."""
    with pytest.raises(InvalidInput) as refused:
        environment_draft({"ssh_hots": "x"})

    assert refused.value.fields.keys() == {"name", "kind", "ssh_host", "ssh_user", "ssh_hots"}
    assert refused.value.fields["ssh_hots"].endswith("Did you mean `ssh_host`?")
    assert refused.value.fields["ssh_user"] == "This is required, for example `deploy`."
    assert refused.value.message.startswith("5 fields need another look:")


def test_source_is_read_with_its_defaults() -> None:
    """Defaults are one name=value a line; values may hold equals signs."""
    draft = source_draft(
        {"name": "iclinic", "description": "Clinics\r\nin Brazil", "defaults": "a = 1\n\nb=x=y\n"}
    )

    assert draft == SourceDraft(
        name="iclinic", description="Clinics\nin Brazil", defaults={"a": "1", "b": "x=y"}
    )


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("defaults", "sistema", "one `name=value` a line"),
        ("defaults", "a=", "one `name=value` a line"),
        ("defaults", "a=1\na=2", "has two defaults"),
        ("description", "x" * 501, "at most 500 characters"),
        ("description", "a\0b", "control characters"),
    ],
)
def test_wrong_field_of_a_source_is_told(field: str, text: str, expected: str) -> None:
    """A source's fields are checked like all others."""
    with pytest.raises(InvalidInput) as refused:
        source_draft({"name": "iclinic", field: text})

    assert expected in refused.value.fields[field]


def test_job_needs_only_name_and_script() -> None:
    """It then runs with node, in the script's directory, for the environment's time."""
    assert job_draft(JOB, 4) == JobDraft(
        name="import-patients", source_id=4, script="~/migrations/import.js"
    )


def test_job_with_every_field() -> None:
    """A blank interpreter says that the script itself is executable."""
    draft = job_draft(
        {
            **JOB,
            "interpreter": "",
            "directory": "~",
            "description": "Imports",
            "parameters": "a: integer",
            "timeout_s": "20m",
            "progress_pattern": r"(?P<percent>\d+) percent",
            "concurrency": "2",
            "concurrency_key": "patients/{a}",
            "retry_attempts": "3",
            "retry_delay_s": "1m",
            "retry_categories": "timeout_error, SCRIPT_ERROR",
            "silence_s": "10m",
            "silence_action": "stop",
        },
        4,
    )

    assert (draft.interpreter, draft.directory, draft.timeout_s) == ("", "~", 1200)
    assert [spec.name for spec in draft.parameters] == ["a"]
    assert (draft.concurrency, draft.concurrency_key) == (2, "patients/{a}")
    listed = (Category.TIMEOUT_ERROR, Category.SCRIPT_ERROR)
    assert draft.retry == RetryPolicy(attempts=3, delay_s=60, categories=listed)
    assert (draft.silence_s, draft.silence_action) == (600, SilenceAction.STOP)


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("script", "import.js", "is not a usable path"),
        ("script", "~/../x.js", "without `..`"),
        ("script", "~", "names a directory"),
        ("interpreter", "node --x", "one word without options"),
        ("interpreter", "./node", "one word without options"),
        ("interpreter", "-c", "one word without options"),
        ("directory", "srv", "is not a usable path"),
        ("timeout_s", "4", "between 5 s and 7 d"),
        ("progress_pattern", "x", "the groups `done` and `total`, or `percent`"),
        ("progress_pattern", "(", "is not a regular expression"),
        ("concurrency", "0", "from 1 to 50"),
        ("concurrency_key", "{a}", "is not a parameter of this job. It has none."),
        ("retry_attempts", "0", "from 1 to 10, for example 3"),
        ("retry_attempts", "11", "from 1 to 10"),
        ("retry_delay_s", "0", "between 1 s and 1 h"),
        ("retry_delay_s", "2h", "between 1 s and 1 h"),
        ("silence_s", "30s", "between 1 min and 1 d"),
        ("silence_s", "25h", "between 1 min and 1 d"),
        ("silence_action", "kill", "warn, stop"),
    ],
)
def test_wrong_field_of_a_job_is_told(field: str, text: str, expected: str) -> None:
    """Each field says what it takes, with an example."""
    assert expected in job_refusal(**{field: text})


def test_wrong_category_is_told_at_its_field() -> None:
    """With how many attempts there are: else that would be wrong as well."""
    with pytest.raises(InvalidInput) as refused:
        job_draft({**JOB, "retry_attempts": "2", "retry_categories": "SCRIPT_EROR"}, 1)

    assert refused.value.fields.keys() == {"retry_categories"}


@pytest.mark.parametrize(
    ("given", "field", "expected"),
    [
        ({"retry_categories": "SCRIPT_ERROR"}, "retry_attempts", "nothing is tried again"),
        (
            {"retry_categories": "SCRIPT_ERROR", "retry_attempts": "x"},
            "retry_attempts",
            "from 1 to 10",
        ),
        ({"silence_action": "stop"}, "silence_s", "after how long"),
        ({"silence_action": "stop", "silence_s": "soon"}, "silence_s", "is not a duration"),
        ({"parameters": "a: txt", "concurrency_key": "{a}:{b}"}, "parameters", "Line 1: "),
    ],
)
def test_what_does_not_go_together_is_told_once(
    given: dict[str, str], field: str, expected: str
) -> None:
    """Nothing that a person chose is dropped in silence, and one mistake is not told as two."""
    with pytest.raises(InvalidInput) as refused:
        job_draft({**JOB, **given}, 1)

    assert refused.value.fields.keys() == {field}
    assert expected in refused.value.message


def test_wrong_parameter_line_keeps_its_number() -> None:
    """Blank lines at the top are counted as the person sees them."""
    assert job_refusal(parameters="\n\na: txt").startswith("Line 3: ")


@given(
    st.sampled_from(sorted(EnvironmentDraft.__dataclass_fields__)),
    st.text(alphabet=st.characters(), max_size=60),
)
def test_any_text_in_a_field_is_read_or_refused_there(field: str, text: str) -> None:
    """No field can be broken, and none lets a control character through."""
    try:
        draft = environment_draft({**STAGING, field: text})
    except InvalidInput as refused:
        wrong = set(refused.fields)
    else:
        wrong = {field}
        assert str(getattr(draft, field)).replace("\n", "").isprintable()

    assert wrong == {field}
