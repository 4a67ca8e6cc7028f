import type { Account } from './account.ts';

/** What a person needs to use a deployment that was left up. */
export interface KeptDeployment {
  /** The repository, where npm's scripts run. */
  readonly root: string;
  readonly url: string;
  readonly home: Pick<Account, 'environment'>;
  readonly bucket: string;
  readonly stateMachineArn: string;
  readonly tableName: string;
  /** Where the simulated service listens. */
  readonly service: string;
}

/** Says how a deployment that was left up is used, and how it is ended. */
export function usageOf(kept: KeptDeployment): string {
  const exports = Object.entries(kept.home.environment).map(
    ([name, value]) => `  export ${name}=${quoted(value)}`,
  );
  const input = JSON.stringify({ bucket: kept.bucket, key: 'film.mp4' });
  return [
    `Chunkferry is deployed in a local AWS emulator at ${kept.url}. In another terminal:`,
    '',
    `  cd ${quoted(kept.root)}`,
    '  unset AWS_PROFILE AWS_SESSION_TOKEN HTTPS_PROXY https_proxy',
    ...exports,
    '',
    'Check it, with the permissions of its functions:',
    '  npm run doctor',
    'Put a film into the bucket, and see its execution and its row (with the AWS CLI):',
    `  aws s3 cp film.mp4 s3://${kept.bucket}/`,
    `  aws stepfunctions list-executions --state-machine-arn ${kept.stateMachineArn}`,
    `  aws dynamodb scan --table-name ${kept.tableName}`,
    'Start a transfer by hand:',
    `  aws stepfunctions start-execution --state-machine-arn ${kept.stateMachineArn} --input ${quoted(input)}`,
    '',
    `TwelveLabs is simulated at ${kept.service}.`,
    'Press Ctrl-C here to end the emulator; nothing of it is kept.',
  ].join('\n');
}

/** A word for a POSIX shell. */
function quoted(value: string): string {
  return /^[\w./:@=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
