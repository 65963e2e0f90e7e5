"""Values that several tests of the rules start from."""

import datetime as dt

from db.model.catalog import (
    Environment,
    Job,
    Kind,
    ParameterSpec,
    ParameterType,
    Passing,
)
from db.model.execution import Execution, Status
from executor.rules.plan import plan_hash, plan_of

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)

SPECS = (
    ParameterSpec(
        name="sistema",
        label="Sistema",
        type=ParameterType.CHOICE,
        choices=("iclinic", "medpro"),
        default="iclinic",
        target="1",
    ),
    ParameterSpec(name="usuario", pattern="[a-z]+", example="drleandro", target="2"),
    ParameterSpec(
        name="practitioner-id",
        type=ParameterType.INTEGER,
        minimum=1,
        example="320623",
        target="3",
    ),
    ParameterSpec(name="patient-id", type=ParameterType.INTEGER, required=False, target="4"),
    ParameterSpec(
        name="dry-run",
        type=ParameterType.BOOLEAN,
        required=False,
        passing=Passing.FLAG,
        target="--dry-run",
    ),
    ParameterSpec(
        name="since",
        type=ParameterType.DATE,
        required=False,
        passing=Passing.FLAG_EQUALS,
        target="--since",
    ),
    ParameterSpec(
        name="api-token", secret_ref="env:ICLINIC_TOKEN", passing=Passing.ENV, target="API_TOKEN"
    ),
)

STAGING = Environment(
    id=1,
    name="staging",
    kind=Kind.STAGING,
    ssh_host="staging.example.com",
    ssh_user="deploy",
    created_at=NOON,
    updated_at=NOON,
)

IMPORT = Job(
    id=7,
    name="import-patients",
    source_id=1,
    source_name="iclinic",
    script="~/migrations/import.js",
    parameters=SPECS,
    version=3,
    created_by="UANN",
    edited_by="U0ANA",
    created_at=NOON,
    updated_at=NOON,
)

VALUES = {"sistema": "iclinic", "usuario": "drleandro", "practitioner-id": "320623"}
PLAN = plan_of(STAGING, IMPORT, VALUES)

RUN = Execution(
    id=128,
    key="0" * 32,
    job_id=IMPORT.id,
    job_name=IMPORT.name,
    job_version=IMPORT.version,
    environment_id=STAGING.id,
    environment_name=STAGING.name,
    environment_kind=STAGING.kind,
    status=Status.RUNNING,
    team_id="T1",
    channel_id="COPS",
    requested_by="UANN",
    plan=PLAN,
    plan_hash=plan_hash(PLAN),
    created_at=NOON,
)
