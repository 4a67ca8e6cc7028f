import { isOver } from '#src/core/transfer/transfer-row.ts';
import { dispatcher } from '../harness/sandbox.ts';
import { allTransfers } from '../invariants/final-state.ts';
import type { Simulation } from './simulation.ts';
import { later } from './starts.ts';

const minuteMs = 60_000;

/** The maximum number of cancel commands in a run. */
const maxCancels = 3;

/** The retries of a failed command. */
const patience = { times: 100, pauseMs: 10_000 };

/** Plans the commands of operators: pause and resume, cancel, and a second deploy. */
export function planOperators(simulation: Simulation): void {
  const { faults, queueChance: chance } = simulation;
  if (faults.strikes('stack paused')) planPause(simulation, 'finish');
  if (faults.strikes('stack paused with stop')) planPause(simulation, 'stop');
  for (let n = 0; n < maxCancels; n++) {
    if (!faults.strikes('transfer cancelled')) continue;
    const withinMs = chance.pick([5_000, minuteMs, 20 * minuteMs]);
    later(simulation, chance.between(1, withinMs), () => void cancelOne(simulation));
  }
  if (faults.strikes('second deploy'))
    later(simulation, chance.between(1, 10 * minuteMs), () => deploy(simulation));
}

function planPause(simulation: Simulation, underWay: 'finish' | 'stop'): void {
  const { queueChance: chance } = simulation;
  const fromMs = chance.between(0, chance.pick([10_000, 5 * minuteMs]));
  const forMs = chance.pick([minuteMs, 20 * minuteMs, 180 * minuteMs]);
  later(simulation, fromMs, () => void command(simulation, { command: 'pause', underWay }));
  later(simulation, fromMs + forMs, () => void command(simulation, { command: 'resume' }));
}

/** Cancels any transfer. A cancel of an ended transfer changes nothing. */
async function cancelOne(simulation: Simulation): Promise<void> {
  const rows = (await allTransfers(simulation)).filter(({ ingestNumber }) => ingestNumber > 0);
  if (rows.length === 0) return;
  const { transferId } = simulation.queueChance.pick(rows);
  const done = (await command(simulation, { command: 'cancel', transferId })) as { state?: string };
  const row = await simulation.tables.store.transfer(transferId);
  if (!row || !isOver(done?.state as typeof row.state))
    simulation.violations.report(
      'a cancel ends the transfer',
      `${transferId}: ${JSON.stringify(done)}`,
    );
}

/** Deploys again with another number of slots. */
function deploy(simulation: Simulation): void {
  const maxActiveTransfers = simulation.queueChance.between(1, 4);
  simulation.trace.record('operator', `deploys with ${maxActiveTransfers} slots`);
  simulation.deploy({ maxActiveTransfers });
}

/** Sends a command until it succeeds, as an operator does. */
async function command(simulation: Simulation, event: object): Promise<unknown> {
  const { executions, trace, dispatcher: dispatcherCalls } = simulation;
  executions.pending++;
  try {
    for (let time = 1; time <= patience.times; time++) {
      trace.record('operator', JSON.stringify(event));
      const done = await dispatcherCalls.call(event).catch((error: Error) => {
        trace.record(dispatcher, `command failed: ${error.name} ${error.message}`);
      });
      if (done) return done;
      await new Promise((resolve) => setTimeout(resolve, patience.pauseMs));
    }
    simulation.violations.report('a command completes', JSON.stringify(event));
    return undefined;
  } finally {
    executions.pending--;
  }
}
