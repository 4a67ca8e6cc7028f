import { describe, it } from 'vitest';
import { inputOf } from '../../harness/wire-harness.ts';
import { useKeyRuns } from './key-runs.ts';
import { oddKeys } from './odd-keys.ts';

/** As `odd-keys.test.ts`, over the table's own wire. */
describe('an object whose key', () => {
  const runs = useKeyRuns('dynamodb');

  it.each(Object.entries(oddKeys))(
    '%s arrives complete and is reported by its key after a manual start',
    async (_, key) => {
      const film = runs.harness.put(2, { key });
      await runs.expectArrived(film, inputOf(film));
    },
  );
});
