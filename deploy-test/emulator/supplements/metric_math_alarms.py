"""Accepts alarms on metric math, which the emulator's CloudFormation rejects. Does not evaluate them."""

from ministack.services.cloudformation import provisioners

record = provisioners._cw_metric_alarm_record


def recorded(name: str, props: dict) -> dict:
    if not props.get("Metrics"):
        return record(name, props)
    plain = {key: value for key, value in props.items() if key != "Metrics"}
    return {**record(name, {**plain, "MetricName": "math", "Namespace": "math"}), "Metrics": props["Metrics"]}


def add() -> None:
    provisioners._cw_metric_alarm_record = recorded
