import { isOver } from '#src/core/transfer/transfer.ts';
import { allTransfers } from '../invariants/final-state.ts';
import { dispatcher } from '../../harness/sandbox.ts';
import { later } from './starts.ts';
import type { World } from './simulation.ts';

const minuteMs = 60_000;

/** The maximum number of cancel commands in a run. */
const maxCancels = 3;

/** The retries of a failed command. */
const patience = { times: 100, pauseMs: 10_000 };

/** Plans the commands of operators: pause and resume, cancel, and a second deploy. */
export function planOperators(world: World): void {
  const { mishaps, queueChance: chance } = world;
  if (mishaps.strikes('stack paused')) planPause(world, 'finish');
  if (mishaps.strikes('stack paused with stop')) planPause(world, 'stop');
  for (let n = 0; n < maxCancels; n++) {
    if (!mishaps.strikes('transfer cancelled')) continue;
    const withinMs = chance.pick([5_000, minuteMs, 20 * minuteMs]);
    later(world, chance.between(1, withinMs), () => void cancelOne(world));
  }
  if (mishaps.strikes('second deploy'))
    later(world, chance.between(1, 10 * minuteMs), () => deploy(world));
}

function planPause(world: World, underWay: 'finish' | 'stop'): void {
  const { queueChance: chance } = world;
  const fromMs = chance.between(0, chance.pick([10_000, 5 * minuteMs]));
  const forMs = chance.pick([minuteMs, 20 * minuteMs, 180 * minuteMs]);
  later(world, fromMs, () => void command(world, { command: 'pause', underWay }));
  later(world, fromMs + forMs, () => void command(world, { command: 'resume' }));
}

/** Cancels any transfer. A cancel of an ended transfer changes nothing. */
async function cancelOne(world: World): Promise<void> {
  const rows = (await allTransfers(world)).filter(({ ingestNumber }) => ingestNumber > 0);
  if (rows.length === 0) return;
  const { transferId } = world.queueChance.pick(rows);
  const done = (await command(world, { command: 'cancel', transferId })) as { state?: string };
  const row = await world.tables.store.transfer(transferId);
  if (!row || !isOver(done?.state as typeof row.state))
    world.judge.broken('a cancel ends the transfer', `${transferId}: ${JSON.stringify(done)}`);
}

/** Deploys again with another number of slots. */
function deploy(world: World): void {
  const maxActiveTransfers = world.queueChance.between(1, 4);
  world.trace.note('operator', `deploys with ${maxActiveTransfers} slots`);
  world.deploy({ maxActiveTransfers });
}

/** Sends a command until it succeeds, as an operator does. */
async function command(world: World, event: object): Promise<unknown> {
  const { executions, trace, dispatcher: dispatcherCalls } = world;
  executions.pending++;
  try {
    for (let time = 1; time <= patience.times; time++) {
      trace.note('operator', JSON.stringify(event));
      const done = await dispatcherCalls.call(event).catch((error: Error) => {
        trace.note(dispatcher, `command failed: ${error.name} ${error.message}`);
      });
      if (done) return done;
      await new Promise((resolve) => setTimeout(resolve, patience.pauseMs));
    }
    world.judge.broken('a command is done', JSON.stringify(event));
    return undefined;
  } finally {
    executions.pending--;
  }
}
