import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../cdk.ts';
import type { Check } from '../checks.ts';
import { homeContext, type Stage, sourceContext } from '../deployment.ts';
import { bareEnvironment } from '../places.ts';

const lintMs = 120_000;

/**
 * Rules that are not asked, each with its reason.
 * W3005: a resource that waits for a role's policies waits for the role by name too. The CDK writes it
 * so for every function; it says the same twice and does no harm.
 */
const ignoredRules = ['W3005'];

/** The source stack's template names a bus and a function's role, whichever. */
const someBusArn = 'arn:aws:events:eu-central-1:111111111111:event-bus/intake';
const someRoleArn = 'arn:aws:iam::111111111111:role/send';

/** The synthesized templates, before anything is deployed. */
export function lintScenario(stage: Stage): Check {
  return {
    name: 'cfn-lint finds nothing in the synthesized templates',
    show: async () => {
      const templates = [
        ...(await templatesOf(stage, homeContext(stage))),
        ...(await templatesOf(stage, sourceContext(someBusArn, someRoleArn))),
      ];
      const options = ['--regions', stage.home.region, '--ignore-checks', ...ignoredRules, '--'];
      const args = [...options, ...templates];
      const start = { cwd: stage.places.scratch, env: bareEnvironment(stage.places) };
      await stage.processes.run(join(stage.bin, 'cfn-lint'), args, start, lintMs);
    },
  };
}

async function templatesOf(stage: Stage, context: Context): Promise<string[]> {
  const folder = await stage.cdk.synth(context);
  const templates = (await readdir(folder)).filter((name) => name.endsWith('.template.json'));
  if (templates.length === 0) throw new Error('cdk synth wrote no template');
  return templates.map((name) => join(folder, name));
}
