"""Adds `AWS::Events::EventBusPolicy`, which the emulator's CloudFormation does not support."""

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

TYPE = "AWS::Events::EventBusPolicy"


def put(props: dict) -> tuple[str, dict]:
    bus = props.get("EventBusName", "default").rsplit("/", 1)[-1]
    statement_id = props["StatementId"]
    if "Statement" not in props:
        raise ValueError(f"Unsupported {TYPE} {statement_id}: it must have a Statement")
    policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    others = [one for one in policy["Statement"] if one.get("Sid") != statement_id]
    policy["Statement"] = [*others, {**props["Statement"], "Sid": statement_id}]
    eventbridge._event_bus_policies[bus] = policy
    return statement_id, {}


def remove(physical_id: str, props: dict) -> None:
    policy = eventbridge._event_bus_policies.get(props.get("EventBusName", "default").rsplit("/", 1)[-1])
    if policy:
        policy["Statement"] = [one for one in policy["Statement"] if one.get("Sid") != physical_id]


def add() -> None:
    if TYPE in provisioners._RESOURCE_HANDLERS:
        raise RuntimeError(f"The emulator supports {TYPE}: remove this supplement")
    provisioners._RESOURCE_HANDLERS[TYPE] = {
        "create": lambda logical_id, props, stack_name: put(props),
        "update": lambda physical_id, old_props, new_props, stack_name: put(new_props),
        "delete": remove,
    }
