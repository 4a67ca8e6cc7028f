import { TransferError } from '#src/core/errors/errors.ts';
import type { EventPublisher } from '#src/core/ports/events.ts';
import type { Sandbox } from '../../harness/sandbox.ts';
import { judgeEvent } from '../invariants/requests-and-ends.ts';
import type { World } from '../load/simulation.ts';

/** EventBridge with at-least-once delivery and transient errors. */
export function faultyBus(world: World, by: Sandbox): EventPublisher {
  const { events, mishaps } = world;
  const notPublished = (what: string) => new TransferError('EventNotPublishedError', what);
  return {
    publish: (event) =>
      by.call(`events.publish ${event.type}`, async () => {
        if (mishaps.strikes('event refused')) throw notPublished('the bus rejected the event');
        judgeEvent(world, event);
        events.push(event);
        if (mishaps.strikes('event duplicated')) events.push(event);
        if (mishaps.strikes('event reply lost')) throw notPublished('no reply arrived');
      }),
  };
}
