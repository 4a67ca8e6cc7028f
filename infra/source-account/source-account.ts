import { Arn, ArnFormat } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { EventForwarding } from './event-forwarding.ts';
import { ForwardingAlarm } from './forwarding-alarm.ts';
import { checkSourceAccount, type SourceAccountProps } from './source-account-props.ts';
import { SourceReader } from './source-reader.ts';

/** Sends the events of an account's source buckets in one Region, and allows their objects to be read. */
export class SourceAccount extends Construct {
  readonly forwarding: EventForwarding;
  readonly alarm: ForwardingAlarm;
  /** Undefined if the stack of another Region created it. */
  readonly reader: SourceReader | undefined;

  /** @throws ConfigurationError - names the prop, its value and what must hold */
  constructor(scope: Construct, id: string, props: SourceAccountProps) {
    super(scope, id);
    const checked = checkSourceAccount(props);
    this.forwarding = new EventForwarding(this, 'Forwarding', checked);
    this.alarm = new ForwardingAlarm(this, 'Monitoring', this.forwarding, checked.alarmEmail);
    if (!checked.readerRole) return;
    const account = checked.transferAccount ?? accountOf(checked.busArn);
    this.reader = new SourceReader(this, 'Reader', account, checked);
  }
}

function accountOf(busArn: string): string {
  return Arn.split(busArn, ArnFormat.SLASH_RESOURCE_NAME).account ?? '';
}
