"""Features that the stacks need and the pinned MiniStack lacks. Each is a row of docs/deploy-test.md.

No supplement changes a template or the product's code. Each fails if the code that it replaces is
missing: a newer emulator needs a review of its supplements.
"""

from . import (
    event_bus_policies,
    event_targets,
    execution_names,
    metric_math_alarms,
    nested_executions,
    node_errors,
    object_versions,
    principal_arns,
    secret_references,
    task_roles,
)


def add() -> None:
    """Adds all supplements to the emulator in this process."""
    for supplement in (
        secret_references,
        event_bus_policies,
        metric_math_alarms,
        object_versions,
        node_errors,
        principal_arns,
        task_roles,
        nested_executions,
        event_targets,
        execution_names,
    ):
        supplement.add()
