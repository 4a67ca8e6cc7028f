import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import { around, canariesIn } from '../../security/canaries/canaries.ts';
import { addCounts, canarySearch, type Told } from '../../security/canaries/search.ts';
import type { World } from '../load/simulation.ts';

/** Output of a run that is only visible while it runs. */
export interface CapturedOutput {
  /** Log lines of every level, with their fields. */
  readonly logged: string[];
  /** The events of all executions. */
  readonly history: StateMachineEvent[];
}

/** Checks that no output shows a secret. The API key and all parts of presigned URLs are canaries. */
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
