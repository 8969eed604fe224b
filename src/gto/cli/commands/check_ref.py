"""`gto check-ref`: what a tag says."""

import click

from gto.cli import options, proof_options, render
from gto.cli.proof_options import Proof
from gto.registry import version_reader


@click.command(
    "check-ref",
    cls=options.Command,
    short_help="Find out the artifact version registered/assigned with ref.",
    examples="""
    gto check-ref churn@v1.2.0
    gto check-ref refs/tags/churn#prod#3 --version
    """,
)
@options.repo
@options.argument("ref", "Git reference to analyze")
@options.as_json
@click.option("--name", "show_name", is_flag=True, help="Show artifact name")
@click.option("--version", "show_version", is_flag=True, help="Output artifact version")
@click.option("--event", "show_event", is_flag=True, help="Show event")
@click.option("--stage", "show_stage", is_flag=True, help="Show artifact stage")
@proof_options.checked()
def command(
    repo: str,
    ref: str,
    as_json: bool,
    show_name: bool,
    show_version: bool,
    show_event: bool,
    show_stage: bool,
    proof: Proof,
) -> None:
    """Find out the artifact version registered/assigned with ref.

    A tag that is no event, or that does not exist, prints nothing.
    """
    options.only_one(json=as_json, name=show_name, version=show_version, event=show_event, stage=show_stage)
    registry = options.open_registry(repo)
    signatures = proof.begin(registry)
    event = version_reader.check_ref(registry, ref)
    if event is None:
        short = ref.removeprefix("refs/tags/")
        left_out = signatures.left_out.get(short) if signatures is not None else None
        if short in registry.ignored:
            reason: str | None = f"refused: {registry.ignored[short]}"
        elif left_out is not None:
            reason = f"{left_out.trust.value}, {left_out.reason}"
        else:
            reason = version_reader.why_no_event(registry, ref)
        if reason is not None:
            render.note(f"note: '{ref}' is no event: {reason}")
        return
    if signatures is not None and proof.shown:
        event = signatures.on([event])[0]
    fields = (
        (event.artifact, show_name),
        (event.version, show_version),
        (event.stage, show_stage),
        (event.event, show_event),
    )
    if as_json:
        render.as_json(event.dict_state({"priority", "addition"}))
    elif any(asked for _, asked in fields):
        render.lines(value for value, asked in fields if asked and value)
    else:
        render.say(f"{render.emoji('✅ ')} {event}")
        if event.signature is not None:
            told = (event.signature.trust.value, event.signature.signer, event.signature.reason)
            render.say(f"   signature: {', '.join(word for word in told if word)}")
