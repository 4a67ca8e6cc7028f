import { TransferError } from '#src/core/errors/errors.ts';
import type { EventPublisher } from '#src/core/ports/events.ts';
import type { Sandbox } from './sandbox.ts';
import { judgeEvent } from './watch-service.ts';
import type { World } from './world.ts';

/** EventBridge: at least once, and not always the first time. */
export function faultyBus(world: World, by: Sandbox): EventPublisher {
  const { events, mishaps } = world;
  const refused = (what: string) => new TransferError('EventNotPublishedError', what);
  return {
    publish: (event) =>
      by.call(`events.publish ${event.type}`, async () => {
        if (mishaps.strikes('event refused')) throw refused('the bus refused it');
        judgeEvent(world, event);
        events.push(event);
        if (mishaps.strikes('event duplicated')) events.push(event);
        if (mishaps.strikes('event reply lost')) throw refused('no answer came');
      }),
  };
}
