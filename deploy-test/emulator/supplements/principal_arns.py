"""Sets `aws:PrincipalArn` of a role session to the ARN of the role, as IAM does, not of the session."""

from ministack.core import iam_evaluator as iam
from ministack.core.arn import parse_arn
from ministack.services import iam as iam_service


def role_of(principal_arn: str) -> str:
    if ":assumed-role/" not in principal_arn:
        return principal_arn
    name = iam._role_name_from_assumed_arn(principal_arn)
    role = iam_service._roles.get_scoped(parse_arn(principal_arn).account_id, None, name)
    return role["Arn"] if role else principal_arn


def add() -> None:
    resolve = iam._resolve_condition_key

    def resolved(key, context):
        value = resolve(key, context)
        return role_of(value) if key.lower() == "aws:principalarn" and value else value

    iam._resolve_condition_key = resolved
