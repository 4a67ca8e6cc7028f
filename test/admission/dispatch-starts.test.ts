import { expect, it } from 'vitest';
import { dispatch } from '#src/admission/dispatch.ts';
import { invocationOf } from '../harness/invocation.ts';
import { film, putFilm } from '../harness/port-harness.ts';
import { StepHarness } from '../harness/step-harness.ts';

const machine = 'arn:aws:states:eu-central-1:111111111111:stateMachine:Transfers';

it('a local run starts no transfer of the queue', async () => {
  const harness = await StepHarness.create({}, { maxActiveTransfers: 1 });
  putFilm(harness.doubles, 1024);
  await harness.doubles.queue.setPause({ since: 0, underWay: 'finish' });
  const queued = await harness.open(await harness.inspect(film));
  expect(queued).toMatchObject({ ending: { status: 'queued' } });
  await harness.doubles.queue.setPause(undefined);
  harness.tune({ isLocalRun: true });
  const call = invocationOf(harness.doubles);
  await dispatch(harness.ports, machine, call);
  call.close();
  expect(harness.doubles.starter.starts).toEqual([]);
});

it('starts no transfer for a slot that an execution is about to take', async () => {
  const harness = await StepHarness.create({}, { maxActiveTransfers: 1 });
  const { queue, store, source, starter } = harness.doubles;
  await queue.setPause({ since: 0, underWay: 'finish' });
  for (const key of ['first.mp4', 'second.mp4']) {
    source.put({ ...film, key }, Buffer.alloc(1024, key));
    await harness.open(await harness.inspect({ ...film, key }), { executionId: key });
  }
  await queue.setPause(undefined);
  const [first] = await queue.firstTickets('live', 1);
  const row = await store.transfer(first?.transferId ?? '');
  if (!row) throw new Error('the first transfer is not queued');
  const changedAt = harness.doubles.clock.now();
  await store.takeTransfer({ ...row, state: 'active', fence: row.fence + 1, changedAt }, row);
  const call = invocationOf(harness.doubles);
  await dispatch(harness.ports, machine, call);
  call.close();
  expect(starter.starts).toEqual([]);
});
