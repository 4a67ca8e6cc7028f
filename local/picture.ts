import { writeFileSync } from 'node:fs';
import { instance } from '@viz-js/viz';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { graphOf } from './picture/graph.ts';
import { readDefinition } from './state-machine/definition.ts';

/** Where the README finds it. */
export const pictureFile = new URL('../docs/state-machine.svg', import.meta.url);

/** The state machine that deploys as an SVG: the same definition gives the same bytes. */
export async function drawStateMachine(): Promise<string> {
  const { definition } = readDefinition(synthesizeTemplate());
  const viz = await instance();
  return viz.renderString(graphOf(definition), { format: 'svg' });
}

if (import.meta.main) writeFileSync(pictureFile, await drawStateMachine());
