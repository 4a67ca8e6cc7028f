import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import { around, canariesIn } from '../security/canaries.ts';
import { addCounts, canarySearch, type Told } from '../security/canary-search.ts';
import type { World } from './world.ts';

/** What a run has told while it went on; rows, events and endings are there at its end. */
export interface Tellings {
  /** Log lines of every level, with their fields. */
  readonly logged: string[];
  /** Of all executions. */
  readonly history: StateMachineEvent[];
}

/** No run tells anybody a secret: the service's key and every part of its URLs are canaries. */
export function judgeSecrets(world: World, transfers: number): void {
  const { tellings, tables, events, executions } = world;
  const endings = [...executions.all.values()].map(({ result }) => result);
  judgeText(world, 'log lines', tellings.logged.join('\n'), tellings.logged.length);
  judgeText(world, 'history', JSON.stringify(tellings.history), tellings.history.length);
  judgeText(world, 'rows', tables.store.dump(), transfers);
  judgeText(world, 'events', JSON.stringify(events), events.length);
  judgeText(world, 'outcomes', JSON.stringify(endings), endings.length);
}

function judgeText({ judge }: World, kind: Told, text: string, items: number): void {
  addCounts(canarySearch.counts, { [kind]: { items, characters: text.length } });
  const shown = canariesIn(text);
  if (shown.length > 0)
    judge.broken('no secret is shown', `${kind} show ${shown.join(' and ')}: ${around(text)}`);
}
