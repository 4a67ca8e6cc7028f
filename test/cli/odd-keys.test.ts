import { beforeAll, describe, expect, it } from 'vitest';
import { useFakeAccount } from './fake-account.ts';
import { runProgram } from './program-harness.ts';
import { failedTransferOf, putTransfers } from './transfer-records.ts';

const account = useFakeAccount();

/** A key with a line break, a cleared screen, a C1 control, a tab and text that runs backwards. */
const key = 'a\nb\u001b[2J\u009b31m\tc\r\u202efilm.mp4';
const hidden = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

const failed = failedTransferOf(key, 'SourceNotFoundError', `s3://films/${key} does not exist.`);

beforeAll(() => putTransfers(account.table, failed));

// Reports: control characters in keys and names (Backblaze/B2_Command_Line_Tool#1001, aws/aws-cli#675).
describe('a key with control characters', () => {
  it.each([['list'], ['status', failed.transferId], ['why', failed.transferId]])(
    'cannot change the terminal: %s',
    async (...argv) => {
      const { code, stdout, stderr } = await runProgram(argv, { columns: 200 });
      expect(code).toBe(0);
      expect(`${stdout}${stderr}`).not.toMatch(hidden);
      expect(stdout).toContain(String.raw`a\u000ab\u001b[2J\u009b31m\u0009c\u000d\u202efilm.mp4`);
    },
  );

  it('cannot change the terminal in what a command says before it asks, or in an error', async () => {
    const retry = await runProgram(['retry', failed.transferId, '--yes']);
    expect([retry.code, retry.stderr]).toEqual([0, expect.not.stringMatching(hidden)]);
    const unknown = await runProgram(['status', `s3://films/${key}x`]);
    expect([unknown.code, unknown.stderr]).toEqual([3, expect.not.stringMatching(hidden)]);
  });

  it('is whole in JSON without a control character, and found by its URL', async () => {
    const { stdout } = await runProgram(['status', `s3://films/${key}`, '--json']);
    expect(JSON.parse(stdout).key).toBe(key);
    expect(stdout.trimEnd()).not.toMatch(/\p{Cc}/u);
  });
});
