import { Arn, ArnFormat } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { EventForwarding } from './event-forwarding.ts';
import { ForwardingAlarm } from './forwarding-alarm.ts';
import { checkSourceAccount, type SourceAccountProps } from './source-account-props.ts';
import { SourceReader } from './source-reader.ts';

/** What a source account needs, in each Region with source buckets: it sends their events, and lets them be read. */
export class SourceAccount extends Construct {
  readonly forwarding: EventForwarding;
  readonly alarm: ForwardingAlarm;
  /** Absent where another Region's has it. */
  readonly reader: SourceReader | undefined;

  /** @throws ConfigurationError - a prop is wrong; the message names it */
  constructor(scope: Construct, id: string, props: SourceAccountProps) {
    super(scope, id);
    checkSourceAccount(props);
    this.forwarding = new EventForwarding(this, 'Forwarding', props);
    this.alarm = new ForwardingAlarm(this, 'Monitoring', this.forwarding, props.alarmEmail);
    if (props.readerRole === false) return;
    const account = props.transferAccount ?? accountOf(props.busArn);
    this.reader = new SourceReader(this, 'Reader', account, props);
  }
}

function accountOf(busArn: string): string {
  return Arn.split(busArn, ArnFormat.SLASH_RESOURCE_NAME).account ?? '';
}
