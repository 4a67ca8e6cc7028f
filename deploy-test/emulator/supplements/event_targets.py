"""Adds roles, buses of other accounts and dead-letter queues to EventBridge targets.

The emulator starts a state machine with any role, drops events for a bus of another account, and has no
dead-letter queues. This supplement puts an undeliverable event into the target's queue, if the queue's
policy allows EventBridge. As in AWS, it does not retry a missing permission or target.
"""

import logging
import time

from ministack.core.arn import parse_arn
from ministack.core.responses import (
    get_account_id,
    get_region,
    new_uuid,
    set_request_account_id,
    set_request_region,
)
from ministack.services import eventbridge, sqs, stepfunctions

from .permissions import admits, sent_by, session_of, why_not

logger = logging.getLogger("events")
SERVICE = "events.amazonaws.com"
NO_PERMISSIONS, NO_RESOURCE = "NO_PERMISSIONS", "NO_RESOURCE"


class Undeliverable(Exception):
    """An event that its target rejected, with EventBridge's error code."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def check_machine(target: dict, rule: dict) -> None:
    role = target.get("RoleArn", "")
    missing = why_not(role, SERVICE, rule["Arn"], "states:StartExecution", target["Arn"])
    if missing:
        raise Undeliverable(NO_PERMISSIONS, missing)
    if stepfunctions._resolve_state_machine_arn(target["Arn"]) is None:
        raise Undeliverable(NO_RESOURCE, f"{target['Arn']} does not exist")


def put_on_far_bus(target: dict, rule: dict, event: dict) -> None:
    """Puts an event on the bus of another account or Region, if its policy and the target's role allow it."""
    bus, role = target["Arn"], target.get("RoleArn", "")
    missing = why_not(role, SERVICE, rule["Arn"], "events:PutEvents", bus)
    if missing:
        raise Undeliverable(NO_PERMISSIONS, missing)
    far = parse_arn(bus)
    home = get_account_id(), get_region()
    set_request_account_id(far.account_id)
    set_request_region(far.region)
    try:
        accept_on_bus(bus, far.resource.split("/", 1)[1], session_of(role)[2], event)
    finally:
        set_request_account_id(home[0])
        set_request_region(home[1])


def accept_on_bus(bus: str, name: str, sender: str, event: dict) -> None:
    """Accepts an event as the bus's own account. The event keeps its original account and Region."""
    if name not in eventbridge._event_buses:
        raise Undeliverable(NO_RESOURCE, f"{bus} does not exist")
    policy = eventbridge._event_bus_policies.get(name)
    keys = {"events:source": event["Source"], "events:detail-type": event["DetailType"]}
    if not admits(policy, sender, "events:PutEvents", bus, **keys):
        raise Undeliverable(NO_PERMISSIONS, f"the policy of {bus} does not allow {sender}")
    eventbridge._dispatch_event({**event, "EventBusName": name})


def keep_dead_letter(target: dict, rule: dict, body: str, failure: Undeliverable) -> None:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    queue = sqs._queue_by_arn(queue_arn) if queue_arn else None
    policy = queue and queue["attributes"].get("Policy")
    source = sent_by(rule["Arn"])
    # EventBridge is not a principal of the account, so a statement must name it.
    if not queue or not admits(policy, rule["Arn"], "sqs:SendMessage", queue_arn, SERVICE, **source):
        logger.error("event lost: no dead-letter queue accepts it (%s)", failure)
        return
    about = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": str(failure),
    }
    now = time.time()
    message = {
        "id": new_uuid(),
        "body": body,
        "sent_at": now,
        "visible_at": now,
        "message_attributes": {k: {"DataType": "String", "StringValue": v} for k, v in about.items()},
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)


def is_far_bus(arn: str) -> bool:
    spec = parse_arn(arn)
    here = (get_account_id(), get_region())
    return spec.service == "events" and spec.resource.startswith("event-bus/") and (spec.account_id, spec.region) != here


def add() -> None:
    invoke = eventbridge._invoke_target

    def invoked(target, event, rule, view=None):
        try:
            if is_far_bus(target["Arn"]):
                return put_on_far_bus(target, rule, event)
            if parse_arn(target["Arn"]).service == "states":
                check_machine(target, rule)
        except Undeliverable as failure:
            view = view or eventbridge._pattern_event_view(event)
            return keep_dead_letter(target, rule, eventbridge.json.dumps(view.event_with_detail()), failure)
        return invoke(target, event, rule, view)

    eventbridge._invoke_target = invoked
