"""`kitty-conformance signoff`: three disturbed runs of everything, a report, a decision."""

from __future__ import annotations

from pathlib import Path

import click

from kitty_conformance.cli import options
from kitty_conformance.cli.evaluation import Evaluation, evaluate, go_on
from kitty_conformance.cli.folder import RESULTS
from kitty_conformance.cli.telling import Telling, telling_options
from kitty_conformance.cli.verdict import conclude
from kitty_conformance.running.disturbance import SAMPLE
from kitty_conformance.running.shard import Shard
from kitty_conformance.signoff.attestation import Papers, demand_own_name
from kitty_conformance.signoff.decision import SIGNOFF_RUNS
from kitty_conformance.signoff.deferral import load
from kitty_conformance.signoff.envelope import signing_key
from kitty_conformance.target.adapters import NONE


@click.command()
@click.argument("target", default="")
@options.adapting
@options.running_cases
@options.durations
@options.reuse
@options.shard
@telling_options
@click.option(
    "--deferrals",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="TOML file of deferrals: known violations that do not block, each with owner and expiry.",
)
@options.sign
@click.option(
    "--resume",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="RESULTS",
    help="Continue a results file that was cut short.",
)
def signoff(
    target: str,
    deferrals: Path | None,
    resume: Path | None,
    durations: int | None,
    how: options.How,
    shard: Shard | None,
    telling: Telling,
    sign: Path | None,
    *,
    reuse: bool,
) -> int:
    """Sign off a release: TARGET is 3.2.0a8, pypi:3.2.0a8, path:DIR or wheel:FILE; default the newest final.

    Exit code 0: releasable; 1: blocked; 3: inconclusive. With adapters on no release is decided on:
    nothing is attested, and 0 says that every promise is kept with them.
    """
    if resume is not None and target:
        raise click.UsageError("--resume continues with the target of the results file; name no other")
    if resume is not None and reuse:
        raise click.UsageError("--resume continues one run; --reuse takes results of others: choose one")
    if resume is not None and shard:
        raise click.UsageError("--resume continues with the cases of the results file; drop --shard")
    if sign is not None and how.adapters.strip().lower() != NONE:
        raise click.UsageError("--sign attests the wheel alone, which --adapters changes: choose one")
    if resume is not None:
        demand_own_name(resume)
    deferred = load(deferrals) if deferrals else ()
    signer = signing_key(sign) if sign else None
    if resume is not None:
        evaluated = go_on(resume, how=how, console=telling.aside, verbose=telling.verbose)
    else:
        asked = Evaluation(
            selection=(), target=target, runs=SIGNOFF_RUNS, how=how, several=SAMPLE, reuse=reuse, shard=shard
        )
        evaluated = evaluate(asked, telling.aside, verbose=telling.verbose)
    stream = resume or evaluated.folder / RESULTS
    return conclude(
        evaluated.results,
        evaluated.folder,
        telling=telling,
        needed_runs=SIGNOFF_RUNS,
        deferrals=deferred,
        papers=Papers(results=stream, deferrals=deferrals, signer=signer),
        durations=durations,
    )
