import { deepEqual } from 'node:assert/strict';
import type { Check } from '../checks.ts';
import type { Stage } from '../deployment.ts';
import { exposedListeners } from '../listeners.ts';

/** Run last too: functions and services start as they are asked for. */
export function loopbackScenario({ emulator }: Stage): Check {
  return {
    name: 'the emulator and its functions listen on loopback only',
    show: async () => deepEqual(await exposedListeners(emulator.pid), []),
  };
}
