import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import { canariesIn, contextOf } from '../../security/canaries/canaries.ts';
import { addCounts, canarySearch, type OutputKind } from '../../security/canaries/search.ts';
import type { Simulation } from '../load/simulation.ts';

/** Output of a run that is only visible while it runs. */
export interface CapturedOutput {
  /** Log lines of every level, with their fields. */
  readonly logged: string[];
  /** The events of all executions. */
  readonly history: StateMachineEvent[];
}

/** Checks that no output shows a secret. The API key and all parts of presigned URLs are canaries. */
export function checkSecrets(simulation: Simulation, transfers: number): void {
  const { captured, tables, events, executions } = simulation;
  const endings = [...executions.all.values()].map(({ result }) => result);
  checkText(simulation, 'log lines', captured.logged.join('\n'), captured.logged.length);
  checkText(simulation, 'history', JSON.stringify(captured.history), captured.history.length);
  checkText(simulation, 'rows', tables.store.dump(), transfers);
  checkText(simulation, 'events', JSON.stringify(events), events.length);
  checkText(simulation, 'outcomes', JSON.stringify(endings), endings.length);
}

function checkText(
  { violations }: Simulation,
  kind: OutputKind,
  text: string,
  items: number,
): void {
  addCounts(canarySearch.counts, { [kind]: { items, characters: text.length } });
  const shown = canariesIn(text);
  if (shown.length > 0)
    violations.report(
      'no secret is shown',
      `${kind} show ${shown.join(' and ')}: ${contextOf(text)}`,
    );
}
