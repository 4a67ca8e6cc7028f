"""Makes `Ref` of a secret its ARN, as in CloudFormation. The emulator returns its name."""

from ministack.services.cloudformation import provisioners

handler = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]


def name_of(physical_id: str) -> str:
    """Returns the emulator's key of a secret: the ARN without its prefix and its random suffix."""
    return physical_id.split(":secret:")[1].rpartition("-")[0] if ":secret:" in physical_id else physical_id


def add() -> None:
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def created(logical_id, props, stack_name):
        _, attributes = create(logical_id, props, stack_name)
        return attributes["Arn"], attributes

    def updated(physical_id, old_props, new_props, stack_name, logical_id=None):
        answer = update(name_of(physical_id), old_props, new_props, stack_name, logical_id)
        return answer[1]["Arn"], *answer[1:]

    handler["create"], handler["update"] = created, updated
    handler["delete"] = lambda physical_id, props: delete(name_of(physical_id), props)
