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

it('N26: prints the exports, commands to try, and how to end the emulator', () => {
  for (const line of [
    '  export AWS_ENDPOINT_URL=https://127.0.0.1:4566',
    '  npm run doctor',
    '  aws s3 cp film.mp4 s3://films-at-home/',
    'Press Ctrl-C here to end the emulator. All its data is deleted.',
  ]) {
    expect(usage.split('\n')).toContain(line);
  }
});

it('prints only valid shell commands', async () => {
  const commands = usage.split('\n').filter((line) => line.startsWith('  '));
  const checked = promisify(execFile)('sh', ['-n', '-c', commands.join('\n')]);
  await expect(checked).resolves.toMatchObject({ stderr: '' });
});

it('quotes special characters for the shell', async () => {
  const [folder = ''] = usage.split('\n').filter((line) => line.startsWith('  cd '));
  const { stdout } = await promisify(execFile)('sh', ['-c', folder.replace('cd', 'printf %s')]);
  expect(stdout).toBe("/home/o'hara/my ferry");
});

it('accepts --keep and rejects any other argument', () => {
  expect([readOptions([]), readOptions(['--keep'])]).toEqual([{ keep: false }, { keep: true }]);
  expect(() => readOptions(['--kept'])).toThrow('Unknown argument "--kept": must be --keep');
});
