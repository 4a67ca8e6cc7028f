import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readOptions } from '../../deploy-test/options.ts';
import { usageOf } from '../../deploy-test/usage.ts';

const usage = usageOf({
  root: "/home/o'hara/my ferry",
  url: 'https://127.0.0.1:4566',
  home: { environment: { AWS_ENDPOINT_URL: 'https://127.0.0.1:4566', AWS_REGION: 'eu-central-1' } },
  bucket: 'films-at-home',
  stateMachineArn: 'arn:aws:states:eu-central-1:111111111111:stateMachine:Transfers',
  tableName: 'Proofs',
  service: 'http://127.0.0.1:9000/v1.3',
});

it('N26: says what to export, what to try and how to end it', () => {
  for (const line of [
    '  export AWS_ENDPOINT_URL=https://127.0.0.1:4566',
    '  npm run doctor',
    '  aws s3 cp film.mp4 s3://films-at-home/',
    'Press Ctrl-C here to end the emulator; nothing of it is kept.',
  ]) {
    expect(usage.split('\n')).toContain(line);
  }
});

it('prints only lines that a shell can read', async () => {
  const commands = usage.split('\n').filter((line) => line.startsWith('  '));
  const checked = promisify(execFile)('sh', ['-n', '-c', commands.join('\n')]);
  await expect(checked).resolves.toMatchObject({ stderr: '' });
});

it('quotes what a shell would take apart', async () => {
  const [folder = ''] = usage.split('\n').filter((line) => line.startsWith('  cd '));
  const { stdout } = await promisify(execFile)('sh', ['-c', folder.replace('cd', 'printf %s')]);
  expect(stdout).toBe("/home/o'hara/my ferry");
});

it('knows one argument, and names any other', () => {
  expect([readOptions([]), readOptions(['--keep'])]).toEqual([{ keep: false }, { keep: true }]);
  expect(() => readOptions(['--kept'])).toThrow(
    'Unknown argument "--kept". The only one is --keep',
  );
});
