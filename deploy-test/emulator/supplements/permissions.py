"""Checks with the emulator's IAM whether a service may act with a role or on a resource."""

import json

from ministack.core import iam_evaluator as iam
from ministack.core.arn import parse_arn
from ministack.services import iam as iam_service


def context(principal: str, account: str, action: str, resource: str, region: str, **keys) -> iam.EvalContext:
    return iam.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        secure_transport=True,
        service_context=keys,
    )


def session_of(role_arn: str) -> tuple[str, str, str]:
    """Returns role name, account and session ARN of a role that a service assumed."""
    account, name = parse_arn(role_arn).account_id, role_arn.rsplit("/", 1)[-1]
    return name, account, f"arn:aws:sts::{account}:assumed-role/{name}/service"


def sent_by(source: str) -> dict[str, str]:
    """Returns the condition keys of a service's call on behalf of a resource."""
    return {"aws:sourcearn": source, "aws:sourceaccount": parse_arn(source).account_id}


def trusts(role_arn: str, service: str, source: str) -> bool:
    """Returns whether the role's trust policy allows the service to assume it on behalf of the source."""
    name, account, _ = session_of(role_arn)
    role = iam_service._roles.get_scoped(account, None, name)
    if role is None:
        return False
    document = role["AssumeRolePolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    # A trust policy has no resource: it applies to its own role.
    document = {**document, "Statement": [{**one, "Resource": "*"} for one in document["Statement"]]}
    caller = context(f"service:{service}", account, "sts:AssumeRole", role_arn, "", **sent_by(source))
    return iam.evaluate_resource_policy(document, caller, service=service).decision == "Allow"


def why_not(role_arn: str, service: str, source: str, action: str, resource: str) -> str:
    """Returns the missing permission; empty if the service may assume the role and the role may act."""
    if not role_arn or not trusts(role_arn, service, source):
        return f"{service} may not assume {role_arn or 'a role: the target has none'}"
    name, account, session = session_of(role_arn)
    asked = context(session, account, action, resource, parse_arn(resource).region)
    allowed = iam.evaluate(asked, iam._gather_role_policies(name, account)).decision == "Allow"
    return "" if allowed else f"{session} is not authorized to perform {action} on {resource}"


def admits(policy, principal: str, action: str, resource: str, service: str | None = None, **keys) -> bool:
    """Returns whether a resource's policy allows a principal, or a service on behalf of a source."""
    account = parse_arn(principal).account_id
    asked = context(principal, account, action, resource, parse_arn(resource).region, **keys)
    return iam.evaluate_resource_policy(policy, asked, service=service).decision == "Allow"
