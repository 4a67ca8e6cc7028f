import type { Account } from './account.ts';

/** The deployment that `--keep` leaves running. */
export interface KeptDeployment {
  /** The repository, where npm's scripts run. */
  readonly root: string;
  readonly url: string;
  readonly home: Pick<Account, 'environment'>;
  readonly bucket: string;
  readonly stateMachineArn: string;
  readonly tableName: string;
  /** Base URL of the simulated service. */
  readonly service: string;
}

/** Returns the instructions for using and ending a kept deployment. */
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
    'Put a film into the bucket, then list its execution and its row (with the AWS CLI):',
    `  aws s3 cp film.mp4 s3://${kept.bucket}/`,
    `  aws stepfunctions list-executions --state-machine-arn ${kept.stateMachineArn}`,
    `  aws dynamodb scan --table-name ${kept.tableName}`,
    'Start a transfer manually:',
    `  aws stepfunctions start-execution --state-machine-arn ${kept.stateMachineArn} --input ${quoted(input)}`,
    '',
    `TwelveLabs is simulated at ${kept.service}.`,
    'Press Ctrl-C here to end the emulator. All its data is deleted.',
  ].join('\n');
}

/** Quotes a word for a POSIX shell. */
function quoted(value: string): string {
  return /^[\w./:@=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
