import { describe, expect, it } from 'vitest';
import { freeSlotNumbers } from '#src/admission/slots.ts';
import { slotOf } from '../aws/dynamodb/queue-stores.ts';

describe('the free slot numbers', () => {
  it.each([
    ['all, if no slot is live', 3, [], [1, 2, 3]],
    ['the slots without a row', 3, [2], [1, 3]],
    ['none, if all slots are live', 2, [1, 2], []],
    ['fewer, by the live slots above a lowered bound', 3, [7, 9], [1]],
    ['none, while the live slots above a lowered bound reach it', 2, [7, 9], []],
    ['none, while the live slots above a lowered bound exceed it', 1, [7, 8, 9], []],
    ['all numbers of a raised bound', 4, [1], [2, 3, 4]],
  ] as const)('are %s', (_what, bound, live, free) => {
    const slots = live.map((slot) => slotOf(slot, `t${slot}`));
    expect(freeSlotNumbers(bound, slots)).toEqual(free);
  });
});
