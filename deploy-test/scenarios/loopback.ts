import { deepEqual } from 'node:assert/strict';
import type { Check } from '../checks.ts';
import type { Harness } from '../deployment.ts';
import { exposedListeners } from '../listeners.ts';

/** Also runs at the end: functions and services start on demand. */
export function loopbackScenario({ emulator }: Harness): Check {
  return {
    name: 'the emulator and its functions listen on loopback only',
    run: async () => deepEqual(await exposedListeners(emulator.pid), []),
  };
}
