import { equal } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Account } from '../account.ts';
import type { Harness } from '../deployment.ts';
import { makeBucket } from '../films.ts';
import { commandLines } from '../pages/command-lines.ts';
import { waitFor } from '../waiting.ts';

/** The bucket that the README of an export names for templates and code. */
const artifactBucket = 'my-artifacts';

const removalSeconds = 60;

/** Runs the commands of an export's README for the AWS CLI, as written. */
export async function deployExport({ terminal, home }: Harness, folder: string): Promise<void> {
  await makeBucket(home, artifactBucket);
  const lines = commandLines(await readFile(join(folder, 'README.md'), 'utf8'));
  const commands = lines.filter((line) => line.startsWith('aws '));
  equal(commands.length, 2);
  for (const line of commands) await terminal.typeText(line, home, { folder });
}

/** Deletes a stack, and waits until it is gone. */
export async function removeStack({ cloudFormation }: Account, name: string): Promise<void> {
  await cloudFormation.send(new DeleteStackCommand({ StackName: name }));
  await waitFor(`the end of the stack ${name}`, removalSeconds, async () => {
    const found = await cloudFormation
      .send(new DescribeStacksCommand({ StackName: name }))
      .catch(() => undefined);
    const status = found?.Stacks?.[0]?.StackStatus ?? 'DELETE_COMPLETE';
    return status === 'DELETE_COMPLETE' || undefined;
  });
}
