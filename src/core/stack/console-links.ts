/** Addresses of the AWS console's pages, by the partition of an ARN (AWS General Reference, 2026). */
const consoleHosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
};

const executionArn = /^arn:(aws[\w-]*):states:([a-z0-9-]+):\d{12}:execution:[\w-]+:.+$/s;

/** Where something runs. */
export interface AwsLocation {
  readonly partition: string;
  readonly region: string;
}

/** The place in an execution's ARN; undefined where it is no ARN, as that of a local run. */
export function locationOf(arn: string | undefined): AwsLocation | undefined {
  const [, partition, region] = executionArn.exec(arn ?? '') ?? [];
  return partition && region ? { partition, region } : undefined;
}

/** The page of an execution; undefined where its ARN is none or its partition has no known console. */
export function executionLink(arn: string | undefined): string | undefined {
  const place = locationOf(arn);
  return place && link(place, 'states', `#/v2/executions/details/${encodeURI(arn ?? '')}`);
}

/** The page of a CloudWatch dashboard; undefined where the partition has no known console. */
export function dashboardLink(place: AwsLocation, name: string): string | undefined {
  return link(place, 'cloudwatch', `#dashboards/dashboard/${encodeURIComponent(name)}`);
}

function link({ partition, region }: AwsLocation, service: string, page: string): string | undefined {
  const host = consoleHosts[partition];
  return host && `https://${region}.${host}/${service}/home?region=${region}${page}`;
}
