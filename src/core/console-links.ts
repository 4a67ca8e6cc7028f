/** Hosts of the AWS console by partition (AWS General Reference, 2026). */
const consoleHosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
};

const executionArn = /^arn:(aws[\w-]*):states:([a-z0-9-]+):\d{12}:execution:[\w-]+:.+$/s;

/** A partition and a Region of AWS. */
export interface AwsLocation {
  readonly partition: string;
  readonly region: string;
}

/** Returns the location in an execution's ARN; undefined for the id of a local run. */
export function locationOf(arn: string | undefined): AwsLocation | undefined {
  const [, partition, region] = executionArn.exec(arn ?? '') ?? [];
  return partition && region ? { partition, region } : undefined;
}

/** Returns the console page of an execution; undefined for a local run or an unknown partition. */
export function executionLink(arn: string | undefined): string | undefined {
  const location = locationOf(arn);
  return location && link(location, 'states', `#/v2/executions/details/${encodeURI(arn ?? '')}`);
}

/** Returns the console page of a CloudWatch dashboard; undefined for an unknown partition. */
export function dashboardLink(location: AwsLocation, name: string): string | undefined {
  return link(location, 'cloudwatch', `#dashboards/dashboard/${encodeURIComponent(name)}`);
}

function link(
  { partition, region }: AwsLocation,
  service: string,
  page: string,
): string | undefined {
  const host = consoleHosts[partition];
  return host && `https://${region}.${host}/${service}/home?region=${region}${page}`;
}
