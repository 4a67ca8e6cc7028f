import { describe, expect, it } from 'vitest';
import { planRange, sentIndexes } from './send-harness.ts';

describe('SendChunks in an execution that has sent for half of its time limit', () => {
  async function sendAt(endsInMs: number | undefined) {
    const { harness, item } = await planRange(3);
    const now = harness.doubles.clock.now();
    const sendUntil = endsInMs === undefined ? undefined : now + endsInMs;
    const answer = await harness.send({ ...item, range: { ...item.range, sendUntil } });
    return { answer, sent: sentIndexes(harness) };
  }

  it('stops without sending: the next plan continues in another execution', async () => {
    const { answer, sent } = await sendAt(0);
    expect(answer).toMatchObject({ next: 'stop' });
    expect(sent).toEqual([]);
  });

  it.each([
    ['before that', 60_000],
    ['in a local run, which has no time limit', undefined],
  ])('sends %s', async (_, endsInMs) => {
    const { answer, sent } = await sendAt(endsInMs);
    expect(answer).toMatchObject({ next: 'sent' });
    expect(sent).toEqual([1, 2, 3]);
  });
});
