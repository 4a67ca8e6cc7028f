import type { Fault } from '#local/simulators/twelvelabs/faults/faults.ts';
import type { Service } from '../../simulation/load/service.ts';

/** The faults that the service itself causes, once in a run. */
export const serviceFaults = [
  'expired URL',
  '429 of the upload host',
  '429 of the API',
  'lost session',
] as const;

export type ServiceFault = (typeof serviceFaults)[number];

/** In seconds. Longer than a function waits, so the range waits in the state machine. */
const retryAfter = 45;

/** The requests that each fault applies to, and its effect. Each applies once, to any process. */
const plans: Readonly<Record<ServiceFault, (service: Service) => Fault>> = {
  'expired URL': () => ({ kind: 'expired-url', on: 'put', chunk: 2 }),
  '429 of the upload host': () => ({ kind: 'throttle', on: 'put', chunk: 2, retryAfter }),
  '429 of the API': () => ({ kind: 'throttle', on: 'report', retryAfter }),
  'lost session': (service) => ({
    kind: 'callback',
    on: 'put',
    chunk: 2,
    act: ({ uploadId = '' }) => service.dropSession(uploadId),
  }),
};

/** Plans a fault at the service. Does nothing for a fault of another kind. */
export function addServiceFault(service: Service, fault: string | undefined): void {
  const known = serviceFaults.find((one) => one === fault);
  if (known) service.context.faults.add(plans[known](service));
}
