"""What the pinned MiniStack lacks and the stacks need. Each is a row of docs/deploy-test.md.

None of them touches a template or the product's code. Each checks that what it replaces is there and
fails loudly otherwise, so that a newer emulator is looked at again rather than half replaced.
"""

from . import (
    event_bus_policies,
    event_targets,
    execution_names,
    metric_math_alarms,
    node_errors,
    object_versions,
    principal_arns,
    secret_references,
    task_roles,
)


def add() -> None:
    """Adds all of them to the emulator that is loaded in this process."""
    for supplement in (
        secret_references,
        event_bus_policies,
        metric_math_alarms,
        object_versions,
        node_errors,
        principal_arns,
        task_roles,
        event_targets,
        execution_names,
    ):
        supplement.add()
