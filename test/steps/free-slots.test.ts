import { describe, expect, it } from 'vitest';
import { freeSlots } from '#src/queue/slots.ts';
import { slotOf } from '../aws/dynamodb/queue-stores.ts';

describe('the free slots', () => {
  it.each([
    ['all, where none is held', 3, [], [1, 2, 3]],
    ['those that are not held', 3, [2], [1, 3]],
    ['none, where all are held', 2, [1, 2], []],
    ['fewer by those above a lowered bound', 3, [7, 9], [1]],
    ['none while as many are held above a lowered bound', 2, [7, 9], []],
    ['none while more are held above a lowered bound', 1, [7, 8, 9], []],
    ['all of a raised bound', 4, [1], [2, 3, 4]],
  ] as const)('are %s', (_what, bound, held, free) => {
    const slots = held.map((slot) => slotOf(slot, `t${slot}`));
    expect(freeSlots(bound, slots)).toEqual(free);
  });
});
