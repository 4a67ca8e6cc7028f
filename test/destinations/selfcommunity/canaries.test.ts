import { expect, it, onTestFinished } from 'vitest';
import { canaryMark } from '#local/simulators/canaries.ts';
import { openCommunity, runPaper } from './community.ts';

it.each([
  ['a transfer whose token ends', []],
  ['a transfer whose refresh is rejected', [{ on: 'token', kind: 'status', status: 400 }]],
  ['a transfer whose completion is unknown', [{ on: 'complete', kind: 'lost-reply' }]],
] as const)('%s shows no token in its rows, log lines, events and output', async (_, faults) => {
  const community = await openCommunity({ rotatesRefreshToken: true });
  onTestFinished(community.close);
  const { service, harness } = community;
  service.faults.add({ on: 'chunk', nth: 2, kind: 'expire-token' });
  for (const fault of faults) service.faults.add(fault);
  const secret = JSON.parse(service.secret());
  const end = await runPaper(community);
  const shown = [
    harness.store.dump(),
    ...[end, harness.logged, harness.events.all].map((one) => JSON.stringify(one)),
  ].join('\n');
  expect(Object.values(secret).filter((one) => String(one).includes(canaryMark))).toHaveLength(3);
  expect(shown).not.toContain(canaryMark);
});
