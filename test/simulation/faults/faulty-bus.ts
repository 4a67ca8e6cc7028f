import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { EventPublisher } from '#src/core/ports/events.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import { checkEvent } from '../invariants/requests-and-ends.ts';
import type { Simulation } from '../load/simulation.ts';

/** EventBridge with at-least-once delivery and transient errors. */
export function faultyBus(simulation: Simulation, sandbox: Sandbox): EventPublisher {
  const { events, faults } = simulation;
  const notPublished = (what: string) => new TransferError('EventNotPublishedError', what);
  return {
    publish: (event) =>
      sandbox.call(`events.publish ${event.type}`, async () => {
        if (faults.strikes('event rejected')) throw notPublished('the bus rejected the event');
        checkEvent(simulation, event);
        events.push(event);
        if (faults.strikes('event duplicated')) events.push(event);
        if (faults.strikes('event reply lost')) throw notPublished('no reply arrived');
      }),
  };
}
