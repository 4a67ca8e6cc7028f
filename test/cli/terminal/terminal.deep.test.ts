import { spawn } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { screenOf } from '../../terminal/screen.ts';
import { stateMachineArn, useFakeAccount } from '../fake-account.ts';
import { putSession, putTransfers, transferOf } from '../transfer-records.ts';
import { endOf, inShell, onTerminal, program } from './program-process.ts';

const account = useFakeAccount();

const today = Date.now();
const moving = transferOf('reel/a film with a rather long name.mp4', {
  sessionNumber: 1,
  changedAt: today,
  createdAt: today,
});

beforeAll(async () => {
  await putTransfers(account.table, moving);
  await putSession(account.table, moving.transferId);
});

describe('on a real terminal, chunkferry watch', () => {
  it.each([40, 80, 200])('redraws %i columns until Ctrl-C, without color', async (columns) => {
    const call = ['watch', '--interval', '1'];
    const { code, output } = await onTerminal(columns, '\x1b[3A', [...program, ...call], {
      ...account.env,
      NO_COLOR: '1',
    });
    expect(code).toBe(exitCodes.interrupted);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of a terminal
    expect(output).not.toMatch(/\x1b\[[0-9;]*m|\x1b\[\?/);
    const screen = screenOf(output, columns);
    expect(screen.filter((line) => line.includes('1 active'))).toHaveLength(1);
    expect(screen.filter((line) => line.includes('name.mp4'))).toHaveLength(1);
    expect(screen.join('\n')).toContain('50 %');
    expect(screen.join('')).toContain('Interrupted. The stack continues; nothing was changed.');
  });
});

describe('on a real terminal, chunkferry ingest', () => {
  it('says after Ctrl-C what continues', async () => {
    account.replies.DescribeExecution = () => ({ status: 'RUNNING' });
    const call = ['ingest', 's3://films/a.mp4'];
    const { code, output } = await onTerminal(80, 'started', [...program, ...call], account.env);
    expect(code).toBe(exitCodes.interrupted);
    expect(screenOf(output, 80).join('')).toContain('1 transfer continues in the stack, 0 ended.');
  });
});

describe('chunkferry ingest --detach', () => {
  it.each([[[]], [['--json']]])('prints at SIGINT what it started %j', async (more) => {
    const call = ['ingest', 's3://films/a.mp4', 's3://films/b.mp4', '--detach', ...more];
    const child = spawn(program[0] ?? '', [...program.slice(1), ...call], {
      env: { ...process.env, ...account.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const arn = stateMachineArn.replace('stateMachine', 'execution');
    // The reply to the second start never comes.
    account.replies.StartExecution = ({ name, input }: { name: string; input: string }) => {
      if (!input.includes('b.mp4')) return { executionArn: `${arn}:${name}`, startDate: 1 };
      setTimeout(() => child.kill('SIGINT'), 500);
      return new Promise(() => {});
    };
    const { code, output } = await endOf(child);
    expect(code).toBe(exitCodes.interrupted);
    const isJson = more.length > 0;
    const executions = isJson
      ? JSON.parse(output).sources.map(({ execution }: { execution: string }) => execution)
      : output.trim().split('\n');
    const names = account.requests.filter(({ operation }) => operation === 'StartExecution');
    expect(executions.toSorted()).toEqual(
      names.map(({ input }) => `${arn}:${input.name}`).toSorted(),
    );
    expect(executions).toHaveLength(2);
  });
});

describe('on a pipe', () => {
  it.each(['', '2>&1'])(
    'a closed reader does not end chunkferry ingest --detach %s',
    async (both) => {
      const urls = Array.from({ length: 12 }, (_, index) => `s3://films/${index}.mp4`);
      const call = `"$@" ingest ${urls.join(' ')} --detach ${both} | head -n 1; echo "ended with \${PIPESTATUS[0]}"`;
      const { output } = await inShell(call, account.env);
      expect(output).toMatch(/ended with 0\n$/);
      const starts = account.requests.filter(({ operation }) => operation === 'StartExecution');
      expect(starts).toHaveLength(12);
    },
  );

  it('a reader that closes it early does not make chunkferry list fail', async () => {
    // More than a pipe holds.
    const records = Array.from({ length: 300 }, (_, n) =>
      transferOf(`${n}/${'x'.repeat(300)}`, { changedAt: today }),
    );
    await putTransfers(account.table, ...records);
    const call = `"$@" list --limit 1000 | head -n 1; echo "ended with \${PIPESTATUS[0]}"`;
    const { output } = await inShell(call, account.env);
    expect(output).toMatch(/^ID .*\nended with 0\n$/);
  });

  it('ends with 0 when the other program closes it', async () => {
    // Each read is a line of JSON; unchanged lines for people come once a minute.
    const call = `"$@" watch --json --interval 1 | head -n 1; echo "ended with \${PIPESTATUS[0]}"`;
    const { output } = await inShell(call, account.env);
    expect(output).toMatch(/^\{.*\}\nended with 0\n$/);
  });
});
