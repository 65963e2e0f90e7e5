"""What the demo starts with, so that ``/migrate run`` works at once."""

from dataclasses import replace

from db.model.catalog import ConfirmationPolicy, EnvironmentDraft, JobDraft, Kind, SourceDraft
from db.model.people import Person
from executor.rules import spec_text
from executor.services import Services
from playground.host import SampleHost
from playground.sample import Installed

OPERATOR = Person("cli:demo")
STAGING_CHANNEL, PRODUCTION_CHANNEL, OTHER_CHANNEL = "C0STAGING", "C0PROD", "C0RANDOM"
PARAMETERS = """\
sistema: choice(iclinic, medpro) default=iclinic label="Sistema"
usuario: text label="Usuário" pattern=[a-z]+ example=drleandro
practitioner-id: integer label="Practitioner id" min=1 example=320623
medpro-pract-id: text label="Medpro practitioner" example=fabiangc@example.com
patient-id: integer label="Patient id" optional min=1 example=44320
"""


async def furnish(services: Services, host: SampleHost, sample: Installed) -> None:
    """Create environments, bindings, a source and jobs for the sample host."""
    staging = EnvironmentDraft(
        name="staging",
        kind=Kind.STAGING,
        ssh_host=host.address,
        ssh_port=host.port,
        ssh_user=host.user,
        ssh_key_path=str(host.key_path),
        host_key=host.host_key,
        concurrency=2,
    )
    production = replace(
        staging,
        name="production",
        kind=Kind.PRODUCTION,
        concurrency=1,
        confirmation=ConfirmationPolicy.REQUESTER,
    )
    for draft, channel in ((staging, STAGING_CHANNEL), (production, PRODUCTION_CHANNEL)):
        await services.catalog.create_environment(draft, OPERATOR)
        await services.bindings.bind(channel, draft.name, OPERATOR)
    source = await services.catalog.create_source(
        SourceDraft(
            name="iclinic",
            description="Medical records, exported as lines of JSON",
            defaults={"usuario": "drleandro", "medpro-pract-id": "fabiangc@example.com"},
        ),
        OPERATOR,
    )
    job = JobDraft(
        name="import-patients",
        source_id=source.id,
        script=sample.script,
        interpreter=sample.interpreter,
        description="Import a practitioner's patients into medpro",
        parameters=spec_text.parse(PARAMETERS),
        timeout_s=300,
    )
    await services.catalog.create_job(job, OPERATOR)
    broken = replace(job, name="import-with-missing-node", interpreter="node-that-is-not-there")
    await services.catalog.create_job(broken, OPERATOR)
