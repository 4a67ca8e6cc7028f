import { expect, it } from 'vitest';
import { executionLink } from '#src/core/console-links.ts';

const machine = 'arn:aws:states:eu-west-1:123456789012:execution:Transfers';

it.each(['film', 'film.mp4', 'a=b', 'Final match (2)'])(
  'links to an execution named %s',
  (name) => {
    const link = executionLink(`${machine}:${name}`);
    expect(link).toContain(encodeURI(`${machine}:${name}`));
    expect(() => new URL(link ?? '')).not.toThrow();
  },
);

it('returns no link if the execution is not an ARN', () => {
  expect(executionLink('local-1')).toBeUndefined();
});
