"""A small catalog to test with: one staging and one production environment, a source, a job."""

import itertools
from typing import Any

from db.model.catalog import (
    ConfirmationPolicy,
    EnvironmentDraft,
    JobDraft,
    Kind,
    ParameterSpec,
    ParameterType,
    SourceDraft,
)
from db.model.people import Person
from executor.services import Services

ANA = Person("U0ANA", "T0FERRY")  # an admin
BRUNO = Person("U0BRUNO", "T0FERRY")
CARLA = Person("U0CARLA", "T0FERRY")
STAGING, PRODUCTION, NOWHERE = "C0STAGING", "C0PROD", "C0RANDOM"
SPECS = (
    ParameterSpec(
        name="sistema", type=ParameterType.CHOICE, choices=("iclinic", "medpro"), target="1"
    ),
    ParameterSpec(name="practitioner-id", type=ParameterType.INTEGER, target="2"),
    ParameterSpec(name="patient-id", type=ParameterType.INTEGER, required=False, target="3"),
)
GOOD = {"sistema": "iclinic", "practitioner-id": "320623"}
_patients = itertools.count(1)


def another() -> dict[str, str]:
    """Return good values that nobody asked for before: the same ones are not queued twice."""
    return GOOD | {"patient-id": str(next(_patients))}


def environment(name: str = "staging", kind: Kind = Kind.STAGING, **other: Any) -> EnvironmentDraft:
    """Return the draft of an environment."""
    values: dict[str, Any] = {
        "ssh_host": "127.0.0.1",
        "ssh_user": "deploy",
        "confirmation": ConfirmationPolicy.REQUESTER
        if kind is Kind.PRODUCTION
        else ConfirmationPolicy.NONE,
        **other,
    }
    return EnvironmentDraft(name=name, kind=kind, **values)


async def furnish(services: Services, **other: Any) -> None:
    """Create both environments, bind their channels, create source and job."""
    await services.catalog.create_environment(environment(**other), ANA)
    await services.catalog.create_environment(
        environment("production", Kind.PRODUCTION, **other), ANA
    )
    await services.bindings.bind(STAGING, "staging", ANA)
    await services.bindings.bind(PRODUCTION, "production", ANA)
    source = await services.catalog.create_source(SourceDraft(name="iclinic"), ANA)
    await services.catalog.create_job(
        JobDraft(
            name="import-patients", source_id=source.id, script="~/import.js", parameters=SPECS
        ),
        ANA,
    )
