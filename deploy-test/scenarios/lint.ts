import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../cdk.ts';
import type { Check } from '../checks.ts';
import { type Harness, homeContext, sourceContext } from '../deployment.ts';
import { bareEnvironment } from '../paths.ts';

const lintMs = 120_000;

/**
 * The ignored rules, each with its reason.
 * W3005: a resource that depends on a role's policies also depends on the role. The CDK writes this for
 * every function. It is redundant and harmless.
 */
const ignoredRules = ['W3005'];

/** Arbitrary values for the source stack's template. */
const someBusArn = 'arn:aws:events:eu-central-1:111111111111:event-bus/intake';
const someRoleArn = 'arn:aws:iam::111111111111:role/send';

/** Checks the synthesized templates before the deployment. */
export function lintScenario(harness: Harness): Check {
  return {
    name: 'cfn-lint finds nothing in the synthesized templates',
    run: async () => {
      const templates = [
        ...(await templatesOf(harness, homeContext(harness))),
        ...(await templatesOf(harness, sourceContext(someBusArn, someRoleArn))),
      ];
      const options = ['--regions', harness.home.region, '--ignore-checks', ...ignoredRules, '--'];
      const args = [...options, ...templates];
      const start = { cwd: harness.paths.scratch, env: bareEnvironment(harness.paths) };
      await harness.processes.run(join(harness.bin, 'cfn-lint'), args, start, lintMs);
    },
  };
}

async function templatesOf(harness: Harness, context: Context): Promise<string[]> {
  const folder = await harness.cdk.synth(context);
  const templates = (await readdir(folder)).filter((name) => name.endsWith('.template.json'));
  if (templates.length === 0) throw new Error(`Missing templates in ${folder} after cdk synth`);
  return templates.map((name) => join(folder, name));
}
