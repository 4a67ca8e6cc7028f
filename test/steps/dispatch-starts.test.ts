import { expect, it } from 'vitest';
import { dispatch } from '#src/queue/dispatch.ts';
import { film, putFilm } from '../conformance/bench.ts';
import { invocationOf } from '../conformance/walk.ts';
import { Stage } from './stage.ts';

const machine = 'arn:aws:states:eu-central-1:111111111111:stateMachine:Transfers';

it('a local run starts no transfer of the queue that its table holds', async () => {
  const stage = await Stage.set({}, { maxActiveTransfers: 1 });
  putFilm(stage.bench, 1024);
  await stage.bench.queue.setPause({ since: 0, underWay: 'finish' });
  const queued = await stage.open(await stage.inspect(film));
  expect(queued).toMatchObject({ ending: { status: 'queued' } });
  await stage.bench.queue.setPause(undefined);
  stage.tune({ isLocalRun: true });
  const call = invocationOf(stage.bench);
  await dispatch(stage.ports, machine, call);
  call.close();
  expect(stage.bench.starter.starts).toEqual([]);
});

it('a slot that an execution is about to take starts no other transfer', async () => {
  const stage = await Stage.set({}, { maxActiveTransfers: 1 });
  const { queue, store, source, starter } = stage.bench;
  await queue.setPause({ since: 0, underWay: 'finish' });
  for (const key of ['first.mp4', 'second.mp4']) {
    source.put({ ...film, key }, Buffer.alloc(1024, key));
    await stage.open(await stage.inspect({ ...film, key }), { executionId: key });
  }
  await queue.setPause(undefined);
  const [first] = await queue.firstTickets('live', 1);
  const row = await store.transfer(first?.transferId ?? '');
  if (!row) throw new Error('the first transfer is not queued');
  const changedAt = stage.bench.clock.now();
  await store.takeTransfer({ ...row, state: 'active', fence: row.fence + 1, changedAt }, row);
  const call = invocationOf(stage.bench);
  await dispatch(stage.ports, machine, call);
  call.close();
  expect(starter.starts).toEqual([]);
});
