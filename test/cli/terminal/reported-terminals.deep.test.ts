import { beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { screenOf } from '../../terminal/screen.ts';
import { useFakeAccount } from '../fake-account.ts';
import { runProgram, testClock } from '../program-harness.ts';
import { putSession, putTransfers, transferOf } from '../transfer-records.ts';
import { inShell, onTerminal, program } from './program-process.ts';

/* Terminals, pipes and environments that broke other tools. */

const account = useFakeAccount();

const today = Date.now();
/** Programs in this process have the day of those in their own. */
const clock = { ...testClock(), now: () => today };

const moving = transferOf('影片/ü.mp4', { sessionNumber: 1, changedAt: today, createdAt: today });

beforeAll(async () => {
  await putTransfers(account.table, moving);
  await putSession(account.table, moving.transferId);
});

const startedKeys = () =>
  account.requests
    .filter(({ operation }) => operation === 'StartExecution')
    .map(({ input }) => JSON.parse(String(input.input)).key);

const watch = [...program, 'watch', '--interval', '1'];

describe('a terminal', () => {
  // cli/cli#9069, a8m/pb#82, console-rs/indicatif#763
  it('that is dumb gets lines without escape sequences', async () => {
    const env = { ...account.env, TERM: 'dumb' };
    const { code, output } = await onTerminal(80, 'sends chunks', watch, env);
    expect([code, output]).toEqual([exitCodes.interrupted, expect.not.stringContaining('\u001b')]);
  });

  // pulumi/pulumi#5957, moby/moby#30785: a container's terminal has no columns at first.
  it('of no columns is taken for one of 80', async () => {
    const { code, output } = await onTerminal(0, '1 active', watch, account.env);
    expect(code).toBe(exitCodes.interrupted);
    expect(screenOf(output, 80).join('\n')).toContain('ü.mp4');
    const help = [...program, 'ingest', '--help'];
    const shown = await onTerminal(0, '', help, account.env);
    expect([shown.code, shown.output]).toEqual([0, expect.stringContaining('--dry-run')]);
  });

  // rclone/rclone#8358, rclone/rclone#3743
  it('shows the progress also if the result goes to a file', async () => {
    account.replies.DescribeExecution = () => ({ status: 'RUNNING' });
    const line = '"$@" > /dev/null';
    const call = ['bash', '-c', line, 'bash', ...program, 'ingest', 's3://films/a.mp4'];
    const { code, output } = await onTerminal(80, 'started', call, account.env);
    expect(code).toBe(exitCodes.interrupted);
    expect(screenOf(output, 80).join('')).toContain('1 transfer continues in the stack');
  });
});

describe('a locale without UTF-8', () => {
  // aws/aws-cli#1437, aws/aws-cli#3458, s3tools/s3cmd#248
  it('changes no character of a key, in arguments and in results', async () => {
    const env = { ...account.env, LANG: 'C', LC_ALL: 'C' };
    const { output } = await inShell(
      '"$@" ingest "s3://films/影片/ü.mp4" --detach; "$@" list',
      env,
    );
    expect(startedKeys()).toEqual(['影片/ü.mp4']);
    expect(output).toContain('s3://films/影片/ü.mp4');
  });
});

describe('a pipe', () => {
  // kubernetes/kubectl#1449: the watch ended after its first line.
  it('does not end chunkferry watch after its first line', async () => {
    const line = `"$@" watch --json --interval 1 | head -n 3; echo "ended with \${PIPESTATUS[0]}"`;
    const { output } = await inShell(line, account.env);
    expect(output).toMatch(/^(\{.*\}\n){3}ended with 0\n$/);
  });

  // aws/aws-cli#5899: 255 with pipefail, and an error message.
  it('that grep -q closes does not fail a script with pipefail', async () => {
    const line = 'set -o pipefail; "$@" list 2>&1 | grep -q films; echo "ended with $?"';
    expect((await inShell(line, account.env)).output).toBe('ended with 0\n');
  });

  it('that was closed before the start does not fail a command', async () => {
    const line = '"$@" list >&-; echo "ended with $?"';
    expect((await inShell(line, account.env)).output).toBe('ended with 0\n');
  });
});

describe('an empty variable', () => {
  // techservicesillinois/awscli-login#35, aws/aws-ec2-instance-connect-cli#36
  it.each(['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN'])(
    'is one that is not set: %s',
    async (name) => {
      process.env[name] = '';
      const { code, stdout } = await runProgram(['list'], { env: { [name]: '' }, clock });
      expect([code, stdout]).toEqual([0, expect.stringContaining('ü.mp4')]);
    },
  );

  it('of the Region leaves it to AWS_DEFAULT_REGION', async () => {
    process.env.AWS_REGION = '';
    const env = { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' };
    const { code, stderr } = await runProgram(['list'], { env, clock });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('No AWS Region')]);
  });
});
