import { describe, expect, it } from 'vitest';
import { events, plainInputs } from './inputs/starts.ts';
import { fuzz } from './support/fuzz.ts';
import { openHandlerHarness } from './support/handler-harness.ts';
import { start } from './support/start.ts';

/** Maximum length of a log line, in characters: far below CloudWatch's 1 MiB. */
const maxLineLength = 8_000;

/** Returns the error name of a rejected start, or `ignored` for an ignored event. */
async function outcomeOf(input: unknown): Promise<string | undefined> {
  const harness = await openHandlerHarness();
  const started = await start(harness, input);
  expect(harness.longestLine).toBeLessThan(maxLineLength);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  if (started.how === 'rejected') return started.name;
  if (started.how === 'opened') expect(harness.creates()).toBe(1);
  return started.how === 'ignored' ? 'ignored' : undefined;
}

describe('a damaged start', () => {
  it('by an event becomes a transfer or is rejected by name without effects', async () => {
    await fuzz('events', events, outcomeOf);
  });

  it('by a manual input becomes a transfer or is rejected by name without effects', async () => {
    await fuzz('plain inputs', plainInputs, outcomeOf);
  });
});
