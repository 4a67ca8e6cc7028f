import { writeFileSync } from 'node:fs';
import { instance } from '@viz-js/viz';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readDefinition } from '#local/state-machine/definition/definition.ts';
import { graphOf } from './graph.ts';

/** The picture in the documentation. */
export const pictureFile = new URL('../../docs/state-machine.svg', import.meta.url);

/** Draws the deployed state machine as an SVG. The same definition gives the same bytes. */
export async function drawStateMachine(): Promise<string> {
  const { definition } = readDefinition(synthesizeTemplate());
  const viz = await instance();
  return viz.renderString(graphOf(definition), { format: 'svg' });
}

if (import.meta.main) writeFileSync(pictureFile, await drawStateMachine());
