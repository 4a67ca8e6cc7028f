import { describe, expect, it } from 'vitest';
import { transferProps } from '#infra/context/transfers.ts';
import type { ChunkferryProps } from '#infra/stacks/documented-props.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readSettings } from '#src/config/environment.ts';
import { functionOf, plain } from '../deployed.ts';

/** Returns sameContent of each source in the settings of InspectSource. */
function sameContentIn(props: ChunkferryProps) {
  const { SOURCES } = functionOf('InspectSource', synthesizeTemplate(props)).Environment.Variables;
  const { list } = readSettings({ SOURCES: plain(SOURCES) }).sources;
  return list.map(({ sameContent }) => sameContent);
}

describe('sameContent', () => {
  it('is in the settings of a source with reuse', () => {
    const sources = [{ bucket: 'films', sameContent: 'reuse' as const }, { bucket: 'matches' }];
    expect(sameContentIn({ sources })).toEqual(['reuse', undefined]);
  });

  it('of the construct applies to sources without their own', () => {
    const sources = [{ bucket: 'films' }, { bucket: 'matches', sameContent: 'transfer' as const }];
    expect(sameContentIn({ sameContent: 'reuse', sources })).toEqual(['reuse', undefined]);
  });

  it('comes from the context, for the stack and for a source', () => {
    const sources = '[{"bucket":"films","sameContent":"reuse"}]';
    const props = transferProps({ sameContent: 'transfer', sources });
    expect(props).toMatchObject({ sameContent: 'transfer', sources: [{ sameContent: 'reuse' }] });
  });

  it.each([
    ['the construct', { sameContent: 'again' }, 'Invalid sameContent "again"'],
    [
      'a source',
      { sources: [{ bucket: 'films', sameContent: 'yes' }] },
      'Invalid sources[0].sameContent "yes"',
    ],
  ])('of %s with another value fails on one line', (_, props, says) => {
    const synthesized = () => synthesizeTemplate(props as unknown as ChunkferryProps);
    expect(synthesized).toThrow(`${says}: must be "transfer" or "reuse"`);
  });
});
