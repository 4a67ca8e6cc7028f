import { describe, expect, it } from 'vitest';
import { events, plainInputs } from './inputs/starts.ts';
import { fuzz } from './support/fuzz.ts';
import { openStand } from './support/handler-harness.ts';
import { start } from './support/start.ts';

/** Far more than the longest line of a transfer, and far less than CloudWatch takes (1 MiB). */
const maxLineLength = 8_000;

/** The name by which an input is refused; `ignored` where an event is nobody's business. */
async function outcomeOf(input: unknown): Promise<string | undefined> {
  const stand = await openStand();
  const started = await start(stand, input);
  expect(stand.longestLine).toBeLessThan(maxLineLength);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  if (started.how === 'refused') return started.name;
  if (started.how === 'opened') expect(stand.creates()).toBe(1);
  return started.how === 'ignored' ? 'ignored' : undefined;
}

describe('a start that is not what it should be', () => {
  it('as an event is a transfer, or is refused by name with nothing created', async () => {
    await fuzz('events', events, outcomeOf);
  });

  it('by hand is a transfer, or is refused by name with nothing created', async () => {
    await fuzz('plain inputs', plainInputs, outcomeOf);
  });
});
